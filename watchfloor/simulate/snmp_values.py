"""What a recording's rows look like on the wire at a given moment: counters and clocks move on."""

from collections.abc import Callable

from watchfloor.simulate import ber
from watchfloor.simulate.ber import Oid
from watchfloor.simulate.recording import Recording
from watchfloor.simulate.snmprec import COUNTER32, COUNTER64, NULL, OBJECT_IDENTIFIER, Row

SYS_UP_TIME: Oid = (1, 3, 6, 1, 2, 1, 1, 3, 0)
"""SNMPv2-MIB sysUpTime.0, in hundredths of a second."""
_HR_SYSTEM_UPTIME: Oid = (1, 3, 6, 1, 2, 1, 25, 1, 1, 0)
_ENGINE_BOOTS: Oid = (1, 3, 6, 1, 6, 3, 10, 2, 1, 2, 0)
_ENGINE_TIME: Oid = (1, 3, 6, 1, 6, 3, 10, 2, 1, 3, 0)

_MODULUS = {COUNTER32: 1 << 32, COUNTER64: 1 << 64}
_TICKS_MODULUS = 1 << 32
_SHORTEST_HISTORY_TICKS = 8_640_000
"""A day. A recording made minutes after a boot must not make its counters race."""


class LiveValues:
    """Encodes rows as variable bindings, each counter at its own average rate so far.

    A counter that stands at zero stays there: devices that have seen no error go on seeing none.
    """

    def __init__(
        self, recording: Recording, clock: Callable[[], float], *, advance: bool = True
    ) -> None:
        self._clock = clock
        self._advance = advance
        self._started_s = clock()
        uptime = recording.get(SYS_UP_TIME)
        recorded = uptime.value if uptime is not None else 0
        self._uptime_ticks = recorded if isinstance(recorded, int) else 0
        self._history_ticks = max(self._uptime_ticks, _SHORTEST_HISTORY_TICKS)
        self._counted_ticks = self._history_ticks
        self._still: dict[Row, bytes] = {}
        self.boots = 1
        """snmpEngineBoots."""

    def reboot(self) -> None:
        """Starts the clocks and the counters from zero."""
        self._started_s = self._clock()
        self._uptime_ticks = 0
        self._counted_ticks = 0
        self.boots += 1

    @property
    def engine_time_s(self) -> int:
        """snmpEngineTime: seconds since the agent (re)started."""
        return int(self._clock() - self._started_s)

    @property
    def uptime_ticks(self) -> int:
        """sysUpTime now, in hundredths of a second."""
        return (self._uptime_ticks + self._elapsed_ticks()) % _TICKS_MODULUS

    def varbind(self, row: Row) -> bytes:
        """One VarBind: the row's name and its value now."""
        still = self._still.get(row)
        if still is not None:
            return still
        moved = self._moving_number(row)
        if moved is not None:
            return _varbind(row, moved)
        encoded = self._still[row] = _varbind(row, None)
        return encoded

    def _moving_number(self, row: Row) -> int | None:
        """The number now, or None when the row stands still."""
        if not isinstance(row.value, int):
            return None
        if row.drift is not None:
            moved = row.drift.rate_per_s * (self._clock() - row.drift.since_s)
            return max(0, row.value + int(moved))
        if row.pinned or not self._advance:
            return None
        if row.name in (SYS_UP_TIME, _HR_SYSTEM_UPTIME):
            return self.uptime_ticks
        if row.name == _ENGINE_TIME:
            return self.engine_time_s
        if row.name == _ENGINE_BOOTS:
            return self.boots
        if row.tag in _MODULUS and row.value:
            counted = self._counted_ticks + self._elapsed_ticks()
            return row.value * counted // self._history_ticks % _MODULUS[row.tag]
        return None

    def _elapsed_ticks(self) -> int:
        return int((self._clock() - self._started_s) * 100)


def _varbind(row: Row, number: int | None) -> bytes:
    value = row.value if number is None else number
    name = ber.tlv(ber.OBJECT_IDENTIFIER, ber.encode_oid(row.name))
    return ber.tlv(ber.SEQUENCE, name + ber.tlv(row.tag, _content(row.tag, value)))


def _content(tag: int, value: int | bytes | Oid | None) -> bytes:
    if isinstance(value, int):
        return ber.integer_content(value)
    if isinstance(value, bytes):
        return value
    if tag == NULL or value is None:
        return b""
    assert tag == OBJECT_IDENTIFIER
    return ber.encode_oid(value)

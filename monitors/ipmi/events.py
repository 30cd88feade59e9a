"""The system event log (SEL) of a BMC: how full it is, and what is new in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pyghmi.ipmi.private import constants as tables

from monitors.ipmi.connection import Connection
from monitors.ipmi.discrete import state_of_health
from monitors.ipmi.errors import CommandError
from monitors.ipmi.messages import NOT_PRESENT, OK, Request, Response
from monitors.ipmi.records import SensorRecord
from monitors.ipmi.repository import STORAGE
from monitors.ipmi.sensors import PROFILE
from monitors.reading import UNITS, Reading, SensorClass, State

LOG_INFO = Request(STORAGE, 0x40)
FIRST_ENTRY = 0x0000
LAST_ENTRY = 0xFFFF
MOST_AT_ONCE = 64
"""Entries read in one poll; the next poll goes on."""
_STANDARD = 0x02
_ENTRY_BYTES = 16
_NO_TIME = 0xFFFFFFFF
_SINCE_START = 0x20000000
"""Times below count from the BMC's start (section 37.1)."""
_SENSOR_SPECIFIC = 0x6F


@dataclass(frozen=True, slots=True)
class LogInfo:
    """Get SEL Info (table 31-2)."""

    entries: int
    free_bytes: int
    stamp: bytes
    """When an entry was last added and erased; changes with every new entry."""
    overflow: bool


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One entry of the log."""

    record_id: int
    at: datetime | None
    """By the BMC's clock; None where it did not know the time."""
    sensor: str
    text: str
    state: State
    """How bad it is; ok for what says that something bad has ended."""
    asserted: bool
    raw: bytes


def parse_log_info(response: Response) -> LogInfo | None:
    """None where the BMC has no log."""
    data = response.data
    if response.code != OK or len(data) < 14:
        return None
    return LogInfo(
        entries=int.from_bytes(data[1:3], "little"),
        free_bytes=int.from_bytes(data[3:5], "little"),
        stamp=data[1:3] + data[5:13],
        overflow=bool(data[13] & 0x80),
    )


def log_readings(info: LogInfo) -> list[Reading]:
    """How many entries there are, and whether any were lost."""
    full = info.overflow or info.free_bytes < _ENTRY_BYTES
    return [
        Reading(
            sensor_class=SensorClass.COUNT,
            name="Event log entries",
            value=float(info.entries),
            unit=UNITS[SensorClass.COUNT],
            state=State.WARNING if full else State.OK,
            component="",
            oid="ipmi:sel",
            profile=PROFILE,
            text="full" if full else "",
        )
    ]


class EventLog:
    """Reads what is new. The first look remembers the end of the log and brings nothing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._stamp: bytes | None = None
        self._last_id: int | None = None

    async def read_new(
        self, info: LogInfo, sensors: Mapping[int, SensorRecord]
    ) -> tuple[LogEvent, ...]:
        """The entries since the last call, oldest first, at most MOST_AT_ONCE.

        `sensors` gives names by sensor number. Raises IpmiError.
        """
        if info.stamp == self._stamp:
            return ()
        if self._stamp is None:
            self._last_id = await self._newest_id() if info.entries else None
            self._stamp = info.stamp
            return ()
        entries = await self._entries_after(self._last_id)
        if len(entries) < MOST_AT_ONCE:
            self._stamp = info.stamp
        if entries:
            self._last_id = int.from_bytes(entries[-1][:2], "little")
        return tuple(decode_entry(entry, sensors) for entry in entries)

    async def _newest_id(self) -> int | None:
        found = await self._read(LAST_ENTRY)
        return None if found is None else int.from_bytes(found[1][:2], "little")

    async def _entries_after(self, last_id: int | None) -> list[bytes]:
        position = FIRST_ENTRY
        if last_id is not None:
            known = await self._read(last_id)
            # An entry that is gone means that the log was cleared: all of it is new.
            position = FIRST_ENTRY if known is None else known[0]
        entries: list[bytes] = []
        while position != LAST_ENTRY and len(entries) < MOST_AT_ONCE:
            found = await self._read(position)
            if found is None:
                break
            position = found[0]
            entries.append(found[1])
        return entries

    async def _read(self, entry_id: int) -> tuple[int, bytes] | None:
        """The next entry's id, and this entry; None where there is none."""
        place = entry_id.to_bytes(2, "little")
        response = await self._connection.ask(Request(STORAGE, 0x43, b"\0\0" + place + b"\x00\xff"))
        if response.code == NOT_PRESENT:
            return None
        if response.code != OK or len(response.data) != 2 + _ENTRY_BYTES:
            raise CommandError(
                f"{self._connection.link.where} does not give its event log:"
                " check the user's privilege and the firmware",
                response.code,
            )
        return int.from_bytes(response.data[:2], "little"), response.data[2:]


def decode_entry(entry: bytes, sensors: Mapping[int, SensorRecord]) -> LogEvent:
    """One entry of 16 bytes (table 32-1); other types than the standard one keep their bytes."""
    record_id = int.from_bytes(entry[:2], "little")
    if entry[2] != _STANDARD:
        at = _time(entry[3:7]) if entry[2] < 0xE0 else None
        text = f"vendor entry type {entry[2]:#04x}"
        return LogEvent(record_id, at, "", text, State.UNKNOWN, True, entry)
    sensor_type, number, kind, detail = entry[10], entry[11], entry[12] & 0x7F, entry[13]
    asserted = not entry[12] & 0x80
    text, state = event_meaning(kind, sensor_type, detail & 0x0F, asserted)
    record = sensors.get(number)
    name = record.name if record else f"Sensor {number:#04x}"
    return LogEvent(record_id, _time(entry[3:7]), name, text, state, asserted, entry)


def event_meaning(kind: int, sensor_type: int, offset: int, asserted: bool) -> tuple[str, State]:
    """An event in words, and how bad it is; `kind` is its event/reading type (table 42-1)."""
    if kind == _SENSOR_SPECIFIC:
        meaning = tables.sensor_type_offsets.get(sensor_type, {}).get(offset)
    else:
        meaning = tables.generic_type_offsets.get(kind, {}).get(offset)
    if meaning is None:
        return f"event {offset} of type {kind:#04x}", State.UNKNOWN
    prefix = "" if asserted else "deassertion_"
    text = str(meaning.get(prefix + "desc", meaning["desc"]))
    return text.lower(), state_of_health(meaning.get(prefix + "severity", 0))


def type_name(sensor_type: int) -> str:
    """What a sensor of that type watches (table 42-3): `power supply`."""
    known = tables.sensor_type_codes.get(sensor_type)
    return f"type {sensor_type:#04x}" if known is None else str(known).lower()


def _time(stamp: bytes) -> datetime | None:
    seconds = int.from_bytes(stamp, "little")
    if seconds < _SINCE_START or seconds == _NO_TIME:
        return None
    return datetime.fromtimestamp(seconds, UTC)

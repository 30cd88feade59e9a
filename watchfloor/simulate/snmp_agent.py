"""An SNMP agent on a UDP port that plays a recording, and misbehaves when told to."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from watchfloor.simulate import ber
from watchfloor.simulate.ber import BerError
from watchfloor.simulate.recording import Recording
from watchfloor.simulate.snmp_pdu import (
    PduFaults,
    Responder,
    TrapValue,
    read_request,
    trap_pdu,
)
from watchfloor.simulate.snmp_v3 import VERSION_3, V3Engine
from watchfloor.simulate.snmp_values import LiveValues
from watchfloor.simulate.snmprec import Drift, Row, dotted, parse_oid
from watchfloor.simulate.udp_service import UdpFaults, UdpService
from watchfloor.simulate.usm import SimulatedUser

VERSION_2C = 1
MAX_MESSAGE_OCTETS = 65_507
"""The most that fits in one UDP datagram over IPv4."""
GARBAGE = b"\x16\x03\x01\x00\x2aHTTP/1.1 400 Bad Request\r\n"
"""What a port that is not SNMP might send."""
_V2C_OVERHEAD = 16
_NET_SNMP_ENTERPRISE = 8072
_ENTERPRISES = (1, 3, 6, 1, 4, 1)


@dataclass(slots=True)
class SnmpFaults(UdpFaults, PduFaults):
    """How the agent misbehaves. Each can be set and cleared while it runs."""

    truncate: bool = False
    """Send only the first half of each answer."""
    lost_above_octets: int = MAX_MESSAGE_OCTETS
    """Larger answers get lost, as where fragments do not come through."""


class SnmpAgent(UdpService):
    """Serves one recording over v2c, v3 (authPriv) or both.

    `community=None` answers no v2c at all; a wrong community is met with silence, as real agents
    do. Counters and clocks advance from their recorded values unless `advance` is false.
    """

    faults: SnmpFaults

    def __init__(
        self,
        recording: Recording,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        community: str | None = "public",
        users: Sequence[SimulatedUser] = (),
        engine_id: bytes | None = None,
        max_message_octets: int = MAX_MESSAGE_OCTETS,
        advance: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(host=host, port=port)
        self.recording = recording
        self.faults = SnmpFaults()
        self._clock = clock
        self._community = community.encode() if community is not None else None
        self._max = max_message_octets
        self._values = LiveValues(recording, clock, advance=advance)
        self._responder = Responder(recording, self._values, self.faults)
        self.engine_id = engine_id or _new_engine_id(recording)
        self._engine = V3Engine(users, self.engine_id, self._values, self._max) if users else None
        self._before_edits: dict[ber.Oid, Row | None] = {}

    def edit(self, oid: str, value: int | bytes | str, rate_per_s: float = 0.0) -> None:
        """Sets a value at once; with a rate, the number moves on from there (never below 0)."""
        self._remember(oid)
        drift = Drift(rate_per_s, self._clock()) if rate_per_s else None
        self.recording.edit(oid, value, drift=drift)

    def add(self, oid: str, tag: int, value: int | bytes | str) -> None:
        """Adds a row that the recording does not have."""
        self._remember(oid)
        self.recording.add(oid, tag, value)

    def remove(self, oid: str) -> None:
        """Takes a row away, as when a module is pulled out."""
        self._remember(oid)
        self.recording.remove(oid)

    def restore(self) -> None:
        """Undoes every edit, addition and removal that was made through this agent."""
        for name, row in self._before_edits.items():
            if row is not None:
                self.recording.put(row)
            elif self.recording.get(name) is not None:
                self.recording.remove(dotted(name))
        self._before_edits.clear()

    def reboot(self) -> None:
        """Starts sysUpTime, the counters and snmpEngineTime from zero; snmpEngineBoots counts."""
        self._values.reboot()

    def send_trap(self, to: tuple[str, int], oid: str, values: Sequence[TrapValue] = ()) -> None:
        """Sends an SNMPv2-Trap from the agent's own address, as v3 if it has users."""
        pdu = trap_pdu(self._values.uptime_ticks, parse_oid(oid), values)
        if self._engine is not None:
            message = self._engine.trap(pdu)
        else:
            head = ber.integer(VERSION_2C) + ber.tlv(ber.OCTET_STRING, self._community or b"")
            message = ber.tlv(ber.SEQUENCE, head + pdu)
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(message, to)

    def _remember(self, oid: str) -> None:
        name = parse_oid(oid)
        self._before_edits.setdefault(name, self.recording.get(name))

    def answer(self, datagram: bytes) -> bytes | None:
        """The answer to one datagram, before transport faults; None means silence."""
        try:
            whole = ber.expect(datagram, 0, len(datagram), ber.SEQUENCE)
            version, at = ber.read_integer(datagram, whole.start, whole.stop)
            if version == VERSION_2C:
                return self._answer_v2c(datagram, at, whole.stop)
            if version == VERSION_3 and self._engine is not None:
                exact = datagram[: whole.stop]
                return self._engine.answer(exact, at, whole.stop, self._responder)
        except BerError:
            return None
        return None

    def _answer_v2c(self, datagram: bytes, at: int, end: int) -> bytes | None:
        community, at = ber.read_octets(datagram, at, end)
        if self._community is None or community != self._community:
            return None
        request = read_request(datagram, at, end)
        pdu = self._responder.answer(request, self._max - _V2C_OVERHEAD - len(community))
        header = ber.integer(VERSION_2C) + ber.tlv(ber.OCTET_STRING, community)
        return ber.tlv(ber.SEQUENCE, header + pdu)

    def send(self, reply: bytes, addr: tuple[str, int]) -> None:
        """Sends what the faults leave of an answer."""
        if len(reply) <= self.faults.lost_above_octets:
            super().send(reply[: len(reply) // 2] if self.faults.truncate else reply, addr)


def _new_engine_id(recording: Recording) -> bytes:
    """RFC 3411 SnmpEngineID: the vendor's enterprise number, format 5 (octets), 8 random octets."""
    enterprise = _NET_SNMP_ENTERPRISE
    row = recording.get((1, 3, 6, 1, 2, 1, 1, 2, 0))
    if row is not None and isinstance(row.value, tuple) and row.value[:6] == _ENTERPRISES:
        enterprise = row.value[6] if len(row.value) > 6 else enterprise
    head = (0x80000000 | enterprise & 0x7FFFFFFF).to_bytes(4, "big")
    return head + b"\x05" + secrets.token_bytes(8)

"""A server's management controller on a UDP port: IPMI 2.0 over RMCP+, with settable sensors."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from watchfloor.simulate import rmcp
from watchfloor.simulate.bmc_sensors import (
    THRESHOLD,
    AnalogSensor,
    DiscreteSensor,
    Sensor,
    with_states,
    with_value,
)
from watchfloor.simulate.bmc_session import Session, Sessions, answer_login
from watchfloor.simulate.bmc_state import BmcState, Caller, SimulatedBmcUser
from watchfloor.simulate.errors import FaultError, GearError
from watchfloor.simulate.fru import Fru
from watchfloor.simulate.ipmi_commands import IpmiCommands
from watchfloor.simulate.rmcp import CIPHER_SUITES, Packet, RmcpError
from watchfloor.simulate.server_sensors import server_sensors
from watchfloor.simulate.udp_service import UdpFaults, UdpService

_BMC_ADDRESS = 0x20
_SMALLEST_MESSAGE = 7
_UPPER_BITS = range(3, 6)
_DEASSERTED = 0x80


@dataclass(slots=True)
class BmcFaults(UdpFaults):
    """How the BMC misbehaves on the wire. Each can be set and cleared while it runs."""

    no_new_sessions: bool = False
    """Every slot is taken, as after a console that never logs out."""


class SimulatedBmc(UdpService):
    """One BMC. Wrong names, passwords and cipher suites are refused as the specification says.

    `cipher_suites` may hold 0, to play the hole that an audit must find.
    """

    faults: BmcFaults

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        user: str = "admin",
        password: str = "",
        cipher_suites: Sequence[int] = (3, 17),
        sensors: Iterable[Sensor] | None = None,
        users: Sequence[SimulatedBmcUser] = (),
        fru: Fru | None = None,
        slots: int = 16,
        session_timeout_s: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        unknown = set(cipher_suites) - set(CIPHER_SUITES)
        if unknown:
            raise GearError(f"cipher suites {sorted(unknown)} are not simulated")
        super().__init__(host=host, port=port)
        self._healthy = {each.name: each for each in sensors or server_sensors()}
        self.state = BmcState(
            users=(SimulatedBmcUser(user, password), *users),
            cipher_suites=tuple(cipher_suites),
            sensors=dict(self._healthy),
            fru=fru or Fru(),
        )
        self.faults = BmcFaults()
        self.commands = IpmiCommands(self.state)
        self.sessions = Sessions(self.state, clock, slots=slots, timeout_s=session_timeout_s)

    def set_value(self, name: str, value: float) -> None:
        """Sets an analog sensor, in its own unit. A crossed threshold is logged."""
        before = self._sensor(name)
        after = with_value(before, value)
        self.state.sensors[name] = after
        assert isinstance(before, AnalogSensor)
        self._log_thresholds(before, after)

    def set_states(self, name: str, *states: int) -> None:
        """Sets which states of a discrete sensor hold. Each change is logged."""
        before = self._sensor(name)
        after = with_states(before, frozenset(states))
        self.state.sensors[name] = after
        assert isinstance(before, DiscreteSensor)
        for state in sorted(before.states ^ after.states):
            gone = _DEASSERTED * (state not in after.states)
            self._log(after, after.reading_type | gone, bytes((state, 0xFF, 0xFF)))

    def lose_sensor(self, name: str) -> None:
        """The sensor still has a record, but its reading is unavailable."""
        self.state.sensors[name] = replace(self._sensor(name), available=False)

    def restore(self) -> None:
        """Every sensor as it was at the start; the log keeps what happened."""
        for name, healthy in self._healthy.items():
            now = self.state.sensors[name]
            if isinstance(healthy, DiscreteSensor) and now.available:
                self.set_states(name, *healthy.states)
            elif isinstance(healthy, AnalogSensor) and now.available:
                self.set_value(name, healthy.value)
            self.state.sensors[name] = healthy
        self.state.powered = True

    def _sensor(self, name: str) -> Sensor:
        sensor = self.state.sensors.get(name)
        if sensor is None:
            known = ", ".join(self.state.sensors)
            raise FaultError(f"the BMC has no sensor {name!r}: choose of {known}")
        return sensor

    def _log_thresholds(self, before: AnalogSensor, after: AnalogSensor) -> None:
        limits = after.thresholds.in_bit_order()
        changed = before.crossed() ^ after.crossed()
        for bit, limit in enumerate(limits):
            if limit is None or not changed >> bit & 1:
                continue
            gone = _DEASSERTED * (not after.crossed() >> bit & 1)
            offset = 0x50 | 2 * bit + (bit in _UPPER_BITS)
            event = bytes((offset, after.raw(after.value), after.raw(limit)))
            self._log(after, THRESHOLD | gone, event)

    def _log(self, sensor: Sensor, event: int, data: bytes) -> None:
        self.state.log.add(sensor.sensor_type, sensor.number, event, data)

    def answer(self, datagram: bytes) -> bytes | None:
        """The answer to one datagram; None where a BMC drops it without a word."""
        if datagram[:4] == rmcp.ASF_HEADER:
            return _pong(datagram)
        try:
            packet = rmcp.read_packet(datagram)
            payload = datagram[packet.start : packet.stop]
            if packet.session_id:
                return self._answer_in_session(datagram, packet)
            if packet.payload_type == rmcp.IPMI_MESSAGE:
                answer = self._answer_message(payload, Caller())
                return rmcp.wrap_plain(rmcp.IPMI_MESSAGE, answer, rmcp_plus=packet.rmcp_plus)
        except RmcpError:
            return None
        if self.faults.no_new_sessions and packet.payload_type == rmcp.OPEN_REQUEST:
            refusal = payload[:1] + b"\x01\x00\x00" + payload[4:8]
            return rmcp.wrap_plain(rmcp.OPEN_RESPONSE, refusal, rmcp_plus=True)
        login = answer_login(self.sessions, packet.payload_type, payload)
        return None if login is None else rmcp.wrap_plain(*login, rmcp_plus=True)

    def _answer_in_session(self, datagram: bytes, packet: Packet) -> bytes | None:
        session = self.sessions.active(packet.session_id)
        if session is None or session.protection is None or not packet.rmcp_plus:
            return None
        payload = session.protection.unwrap(datagram, packet)
        if packet.payload_type != rmcp.IPMI_MESSAGE or not session.is_fresh(packet.sequence):
            return None
        return self._answered(session, session.protection, payload)

    def _answered(self, session: Session, protection: rmcp.Protection, payload: bytes) -> bytes:
        session.seen_at = self.sessions.now()
        answer = self._answer_message(payload, session.caller)
        if session.caller.closed:
            self.sessions.close(session.caller.session_id)
        return protection.wrap(answer)

    def _answer_message(self, message: bytes, caller: Caller) -> bytes:
        """One IPMI message (section 13.8): addresses, function, checksums, command and data."""
        if len(message) < _SMALLEST_MESSAGE or message[0] != _BMC_ADDRESS:
            raise RmcpError("no message for the BMC")
        if sum(message[:3]) & 0xFF or sum(message[3:]) & 0xFF:
            raise RmcpError("wrong checksum")
        function, asker, number, command = message[1], message[3], message[4], message[5]
        data = self.commands.run(function >> 2, command, message[6:-1], caller)
        head = bytes((asker, (function | 0x04) & 0xFC | number & 0x03))
        body = bytes((_BMC_ADDRESS, number & 0xFC | function & 0x03, command)) + data
        return head + _checksum(head) + body + _checksum(body)


def _pong(ping: bytes) -> bytes | None:
    """RMCP presence: ASF 2.0 section 3.2.4. Says that IPMI is served here."""
    if len(ping) < 12 or ping[8] != 0x80:
        return None
    head = rmcp.ASF_HEADER + ping[4:8] + bytes((0x40, ping[9], 0, 16))
    return head + ping[4:8] + bytes(4) + b"\x81" + bytes(7)


def _checksum(octets: bytes) -> bytes:
    return bytes((-sum(octets) & 0xFF,))

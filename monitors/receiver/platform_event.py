"""Platform event traps: what a BMC tells by itself, in the only SNMP that it speaks, v1. Pure.

The trap and its one value are laid out by the IPMI Platform Event Trap Format Specification 1.0
(tables 2 and 3). No community makes it credible; its sender's address alone does, as with syslog.
"""

from dataclasses import dataclass

from monitors.ipmi.events import event_meaning, type_name
from monitors.reading import State
from monitors.snmp import ber
from monitors.snmp.errors import DecodeError
from monitors.snmp.message import split_varbinds
from monitors.snmp.oid import encode_oid
from monitors.snmp.values import IP_ADDRESS, TIME_TICKS, content_of

TRAP_V1 = 0xA4
ENTERPRISE = encode_oid("1.3.6.1.4.1.3183.1.1")
"""wired for management, PET."""
_ENTERPRISE_SPECIFIC = 6
_VALUE = encode_oid("1.3.6.1.4.1.3183.1.1.1")
_SEVERITY_AT, _SENSOR_AT = 26, 28
_SHORTEST = 31
"""Octets up to the entity's instance; what follows is the maker's."""
_NO_SENSOR = frozenset({0x00, 0xFF})
_BAD = {0x08: State.WARNING, 0x10: State.CRITICAL, 0x20: State.CRITICAL}
_GOOD = frozenset({0x01, 0x02, 0x04})
"""Monitor, information, OK."""


@dataclass(frozen=True, slots=True)
class PlatformEvent:
    """What a sensor of the machine has found."""

    summary: str
    state: State
    """By the severity that the BMC gives it; by the event's meaning where it gives none."""
    sensor: int | None
    """The sensor's number in the BMC's repository; None where the event names none."""
    asserted: bool
    """False for the end of what was told before."""


def read_platform_event(packet: bytes, at: int, end: int) -> PlatformEvent | None:
    """Reads the PDU of an SNMPv1 trap; None for any other trap. Raises `DecodeError`."""
    tag, at, end = ber.read_header(packet, at, end)
    if tag != TRAP_V1:
        raise DecodeError(f"a PDU with tag 0x{tag:02x} is no trap of SNMPv1")
    start, at = ber.expect(packet, at, end, ber.OBJECT_IDENTIFIER)
    enterprise = packet[start:at]
    _, at = ber.expect(packet, at, end, IP_ADDRESS)
    generic, at = ber.read_integer(packet, at, end)
    specific, at = ber.read_integer(packet, at, end)
    if enterprise != ENTERPRISE or generic != _ENTERPRISE_SPECIFIC:
        return None
    _, at = ber.expect(packet, at, end, TIME_TICKS)
    start, stop = ber.expect(packet, at, end, ber.SEQUENCE)
    names: list[bytes] = []
    values: list[bytes] = []
    split_varbinds(packet, start, stop, names, values)
    found = dict(zip(names, values, strict=True)).get(_VALUE, b"\x04\x00")
    return _told(specific, content_of(found) if found[0] == ber.OCTET_STRING else b"")


def _told(specific: int, data: bytes) -> PlatformEvent:
    """The specific trap holds sensor type, event type, and the event's offset and direction."""
    kind, sensor_type = specific >> 8 & 0x7F, specific >> 16 & 0xFF
    asserted = not specific & 0x80
    text, state = event_meaning(kind, sensor_type, specific & 0x0F, asserted)
    sensor = None
    if len(data) >= _SHORTEST:
        state = _graded(data[_SEVERITY_AT], state, asserted=asserted)
        sensor = None if data[_SENSOR_AT] in _NO_SENSOR else data[_SENSOR_AT]
    which = "" if sensor is None else f" sensor {sensor:#04x}"
    return PlatformEvent(f"{type_name(sensor_type)}{which}: {text}", state, sensor, asserted)


def _graded(severity: int, meant: State, *, asserted: bool) -> State:
    if severity in _GOOD:
        return State.OK
    return _BAD.get(severity, meant) if asserted else meant

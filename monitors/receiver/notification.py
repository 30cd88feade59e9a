"""Traps and informs as bytes and as values (RFC 3416 section 4.2.6 and 4.2.7). Pure."""

from dataclasses import dataclass

from monitors.snmp import ber
from monitors.snmp.errors import DecodeError
from monitors.snmp.message import RESPONSE, split_varbinds
from monitors.snmp.oid import encode_oid, oid_text
from monitors.snmp.values import Value, decode_or_none

TRAP = 0xA7
INFORM = 0xA6
UP_TIME = encode_oid("1.3.6.1.2.1.1.3.0")
TRAP_OID = encode_oid("1.3.6.1.6.3.1.1.4.1.0")
MOST_VALUES = 32
"""Further varbinds of a notification are not kept."""


@dataclass(frozen=True, slots=True)
class Notification:
    """One trap or inform."""

    confirmed: bool
    """An inform: its sender wants an answer, and sends again until it has one."""
    oid: str
    """snmpTrapOID.0: what it is about."""
    values: tuple[tuple[str, Value], ...]
    """Dotted OID and value, without sysUpTime.0 and snmpTrapOID.0."""
    request_id: int
    varbinds: bytes
    """As they came, for the answer."""

    def response(self) -> bytes:
        """The PDU that tells the sender of an inform that it was taken in."""
        head = ber.write_integer(self.request_id) + ber.write_integer(0) * 2
        return ber.write(RESPONSE, head + ber.write(ber.SEQUENCE, self.varbinds))


def read_notification(packet: bytes, at: int, end: int) -> Notification:
    """Reads one PDU. Raises `DecodeError` for all that is neither trap nor inform."""
    tag, at, end = ber.read_header(packet, at, end)
    if tag not in (TRAP, INFORM):
        raise DecodeError(f"a PDU with tag 0x{tag:02x} is no notification")
    request_id, at = ber.read_integer(packet, at, end)
    _, at = ber.read_integer(packet, at, end)
    _, at = ber.read_integer(packet, at, end)
    start, stop = ber.expect(packet, at, end, ber.SEQUENCE)
    names: list[bytes] = []
    tlvs: list[bytes] = []
    split_varbinds(packet, start, stop, names, tlvs)
    pairs = list(zip(names, tlvs, strict=True))
    oid = next((decode_or_none(tlv) for name, tlv in pairs[:3] if name == TRAP_OID), None)
    if not isinstance(oid, str):
        raise DecodeError("a notification without snmpTrapOID.0")
    said = [(name, tlv) for name, tlv in pairs if name not in (UP_TIME, TRAP_OID)]
    values = tuple((oid_text(name), decode_or_none(tlv)) for name, tlv in said[:MOST_VALUES])
    return Notification(tag == INFORM, oid, values, request_id, packet[start:stop])

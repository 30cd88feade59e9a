"""What a varbind's value is: decoded only when someone wants it, from the bytes of the poll."""

import struct
from ipaddress import IPv4Address

from monitors.snmp import ber
from monitors.snmp.errors import DecodeError
from monitors.snmp.oid import oid_text

IP_ADDRESS = 0x40
COUNTER32 = 0x41
GAUGE32 = 0x42
TIME_TICKS = 0x43
OPAQUE = 0x44
COUNTER64 = 0x46
UINTEGER32 = 0x47
NO_SUCH_OBJECT = 0x80
NO_SUCH_INSTANCE = 0x81
END_OF_MIB_VIEW = 0x82

EXCEPTIONS = frozenset((NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW))
"""RFC 3416: what stands in a varbind when there is no value."""
_UNSIGNED = frozenset((COUNTER32, GAUGE32, TIME_TICKS, COUNTER64, UINTEGER32))
_MAX_INTEGER_BYTES = 9
_OPAQUE_FLOAT = b"\x9f\x78\x04"
_OPAQUE_DOUBLE = b"\x9f\x79\x08"

Value = int | float | bytes | str | None
"""INTEGER and counters: int. OCTET STRING: bytes. OID and IpAddress: text. Opaque: float or bytes.
NULL and the exceptions: None."""


def content_of(tlv: bytes) -> bytes:
    """The content of a value that `message.split_varbinds` has already checked."""
    length = tlv[1]
    return tlv[2:] if length < 0x80 else tlv[2 + (length & 0x7F) :]


def decode_value(tlv: bytes) -> Value:
    """A tag-length-value that `message.split_varbinds` has already checked, as a Python value.

    Raises:
        DecodeError: The content does not fit its tag.
    """
    tag, content = tlv[0], content_of(tlv)
    if tag == ber.INTEGER:
        return _integer(content, signed=True)
    if tag in _UNSIGNED:
        return _integer(content, signed=False)
    if tag == ber.OCTET_STRING:
        return content
    if tag == ber.OBJECT_IDENTIFIER:
        return oid_text(content)
    if tag == IP_ADDRESS:
        return str(IPv4Address(content)) if len(content) == 4 else content
    if tag == OPAQUE:
        return _opaque(content)
    if tag == ber.NULL or tag in EXCEPTIONS:
        return None
    raise DecodeError(f"no SNMP value has tag 0x{tag:02x}")


def decode_or_none(tlv: bytes | None) -> Value:
    """As `decode_value`; None where there is nothing, or nothing that decodes."""
    if tlv is None:
        return None
    try:
        return decode_value(tlv)
    except DecodeError:
        return None


def _integer(content: bytes, *, signed: bool) -> int:
    if not 1 <= len(content) <= _MAX_INTEGER_BYTES:
        raise DecodeError("an integer is empty or too long")
    return int.from_bytes(content, signed=signed)


def _opaque(content: bytes) -> float | bytes:
    """net-snmp puts a float into Opaque as BER of its own (NET-SNMP-TC, Float)."""
    if content.startswith(_OPAQUE_FLOAT) and len(content) == 7:
        return float(struct.unpack(">f", content[3:])[0])
    if content.startswith(_OPAQUE_DOUBLE) and len(content) == 11:
        return float(struct.unpack(">d", content[3:])[0])
    return content


def text_of(value: Value) -> str:
    """A value as people read it: octets as UTF-8 (or Latin-1), without trailing NULs and spaces."""
    if isinstance(value, bytes):
        try:
            text = value.decode("utf-8")
        except UnicodeDecodeError:
            text = value.decode("latin-1")
        text = text.split("\0", 1)[0].strip()
        return "".join(char if char.isprintable() else " " for char in text)
    return "" if value is None else str(value)

"""The simulators' own BER: just the ASN.1 that SNMP uses (RFC 3417 section 8, X.690)."""

from typing import NamedTuple

INTEGER = 0x02
OCTET_STRING = 0x04
NULL = 0x05
OBJECT_IDENTIFIER = 0x06
SEQUENCE = 0x30

MAX_SUBIDS = 128
"""RFC 3416 section 4.1: a name has at most 128 sub-identifiers."""

Oid = tuple[int, ...]


class BerError(ValueError):
    """Bytes that are not the BER which SNMP allows."""


class Tlv(NamedTuple):
    """Where one element lies: its content is `data[start:stop]`."""

    tag: int
    start: int
    stop: int


def read_tlv(data: bytes, at: int, end: int) -> Tlv:
    """The element that begins at `at` and must not pass `end`."""
    if at + 2 > end:
        raise BerError("the element is cut off")
    tag, length, start = data[at], data[at + 1], at + 2
    if length >= 0x80:
        octets = length & 0x7F
        if not 1 <= octets <= 4 or start + octets > end:
            raise BerError("the length is indefinite, too long or cut off")
        length = int.from_bytes(data[start : start + octets], "big")
        start += octets
    if start + length > end:
        raise BerError("the content is cut off")
    return Tlv(tag, start, start + length)


def expect(data: bytes, at: int, end: int, tag: int) -> Tlv:
    """Like `read_tlv`, and the tag must be `tag`."""
    found = read_tlv(data, at, end)
    if found.tag != tag:
        raise BerError(f"tag {found.tag:#04x} where {tag:#04x} belongs")
    return found


def read_integer(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A signed 32-bit INTEGER and the position after it."""
    found = expect(data, at, end, INTEGER)
    size = found.stop - found.start
    if not 1 <= size <= 5:
        raise BerError("the INTEGER has no or too many octets")
    value = int.from_bytes(data[found.start : found.stop], "big", signed=True)
    if not -(1 << 31) <= value < 1 << 31:
        raise BerError("the INTEGER does not fit in 32 bits")
    return value, found.stop


def read_octets(data: bytes, at: int, end: int) -> tuple[bytes, int]:
    """An OCTET STRING and the position after it."""
    found = expect(data, at, end, OCTET_STRING)
    return data[found.start : found.stop], found.stop


def decode_oid(content: bytes) -> Oid:
    """The sub-identifiers of an OBJECT IDENTIFIER's content octets."""
    if not content or content[-1] & 0x80:
        raise BerError("the OBJECT IDENTIFIER is empty or cut off")
    subids: list[int] = []
    value = 0
    for octet in content:
        value = value << 7 | octet & 0x7F
        if octet & 0x80:
            continue
        if value > 0xFFFFFFFF:
            raise BerError("a sub-identifier does not fit in 32 bits")
        subids.append(value)
        value = 0
    if len(subids) >= MAX_SUBIDS:
        raise BerError("the OBJECT IDENTIFIER has more than 128 sub-identifiers")
    first = min(subids[0] // 40, 2)
    return (first, subids[0] - 40 * first, *subids[1:])


def encode_oid(oid: Oid) -> bytes:
    """The content octets of an OBJECT IDENTIFIER of at least two sub-identifiers."""
    encoded = bytearray()
    for subid in (oid[0] * 40 + oid[1], *oid[2:]):
        if subid < 0x80:
            encoded.append(subid)
            continue
        shift = (subid.bit_length() - 1) // 7 * 7
        while shift:
            encoded.append(0x80 | subid >> shift & 0x7F)
            shift -= 7
        encoded.append(subid & 0x7F)
    return bytes(encoded)


def tlv(tag: int, content: bytes) -> bytes:
    """One element with a definite length in as few octets as possible."""
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    if length < 0x100:
        return bytes((tag, 0x81, length)) + content
    octets = (length.bit_length() + 7) // 8
    return bytes((tag, 0x80 | octets)) + length.to_bytes(octets, "big") + content


def integer_content(value: int) -> bytes:
    """The content octets of an INTEGER or of an unsigned type; both are two's complement."""
    bits = value.bit_length() if value >= 0 else (value + 1).bit_length()
    return value.to_bytes(bits // 8 + 1, "big", signed=True)


def integer(value: int) -> bytes:
    """One INTEGER element."""
    return tlv(INTEGER, integer_content(value))

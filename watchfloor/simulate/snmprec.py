"""One line of an `.snmprec` file: its object's name, its type and its value."""

import ipaddress
import struct
from dataclasses import dataclass

from watchfloor.simulate.ber import MAX_SUBIDS, Oid
from watchfloor.simulate.errors import RecordingError

Value = int | bytes | Oid | None
"""int for INTEGER and the unsigned types, bytes for strings, Oid for OBJECT IDENTIFIER, None."""

INTEGER, OCTET_STRING, NULL, OBJECT_IDENTIFIER = 2, 4, 5, 6
IP_ADDRESS, COUNTER32, GAUGE32, TIMETICKS, OPAQUE, COUNTER64 = 64, 65, 66, 67, 68, 70

_RANGES = {
    INTEGER: (-(1 << 31), (1 << 31) - 1),
    COUNTER32: (0, (1 << 32) - 1),
    GAUGE32: (0, (1 << 32) - 1),
    TIMETICKS: (0, (1 << 32) - 1),
    COUNTER64: (0, (1 << 64) - 1),
}
_STRINGS = (OCTET_STRING, IP_ADDRESS, OPAQUE)
# Some recorders write the application tags in hex: 40 is 0x40, the IpAddress. No decimal tag
# of SNMP collides with these.
_TAGS = {str(tag): tag for tag in (*_RANGES, *_STRINGS, NULL, OBJECT_IDENTIFIER)} | {
    f"{tag:x}": tag for tag in (IP_ADDRESS, COUNTER32, GAUGE32, TIMETICKS, OPAQUE, COUNTER64)
}
_REDACTED_SUBID, _REDACTED_ADDRESS = "xx", b"<private>"
"""What takes the place of a sub-identifier, or of an address, that the owner kept back."""


@dataclass(frozen=True, slots=True)
class Drift:
    """How an edited number moves on: by `rate_per_s` from `since_s` of the agent's clock."""

    rate_per_s: float
    since_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One object instance. Compared by identity, so that an agent can keep its encoding by row."""

    name: Oid
    tag: int
    value: Value
    pinned: bool = False
    """Whether an edit set the value; a pinned counter no longer advances by itself."""
    drift: Drift | None = None


def parse_oid(text: str) -> Oid:
    """The sub-identifiers of a dotted name; a dot before or after it is allowed.

    Raises RecordingError for anything else.
    """
    parts = text.strip().removeprefix(".").removesuffix(".").split(".")
    try:
        oid = tuple(map(int, parts))
    except ValueError:
        raise RecordingError(
            f"{text!r} is no OID: write numbers with dots, like 1.3.6.1.2.1.1.1.0"
        ) from None
    if not 2 <= len(oid) <= MAX_SUBIDS or max(oid) > 0xFFFFFFFF or min(oid) < 0:
        raise RecordingError(f"{text!r} is no OID: 2 to 128 numbers below 2^32 are")
    if oid[0] > 2 or (oid[0] < 2 and oid[1] > 39):
        raise RecordingError(f"{text!r} is no OID: it must begin with 0, 1 or 2 (X.690 8.19)")
    return oid


def dotted(oid: Oid) -> str:
    """The name as people write it."""
    return ".".join(map(str, oid))


def parse_line(line: bytes) -> Row | None:
    """One row; None when its OID or address was redacted, so that no device could send it."""
    fields = line.split(b"|", 2)
    if len(fields) != 3:
        raise RecordingError("a row has three fields: OID|TAG|VALUE")
    oid, tag_text = (field.decode("ascii", "replace") for field in fields[:2])
    kind = tag_text.rstrip("xe")
    tag = _TAGS.get(kind)
    if tag is None:
        known = ", ".join(sorted(_TAGS))
        raise RecordingError(f"tag {tag_text!r} is not one of {known}, with x or e")
    if _REDACTED_SUBID in oid.split(".") or (tag == IP_ADDRESS and fields[2] == _REDACTED_ADDRESS):
        return None
    return Row(parse_oid(oid), tag, _recorded(tag, tag_text[len(kind) :], fields[2]))


def _recorded(tag: int, coding: str, raw: bytes) -> Value:
    """A recorded value; `coding` is empty, x (hex) or e (escapes)."""
    if coding.startswith("x"):
        return _checked_octets(tag, _from_hex(raw))
    if coding:
        return _checked_octets(tag, _from_escapes(raw))
    if tag == OCTET_STRING:
        return raw
    if tag == NULL:
        return None
    if tag == OPAQUE and raw.startswith(b"Float:"):
        return _opaque_float(raw.removeprefix(b"Float:").strip())
    if tag == OPAQUE:
        return raw
    text = raw.decode("ascii", "replace").strip()
    return typed_value(tag, text) if tag in (IP_ADDRESS, OBJECT_IDENTIFIER) else _number(tag, text)


def typed_value(tag: int, value: int | bytes | str) -> Value:
    """The value as a row of this tag holds it."""
    if tag == NULL:
        return None
    if tag in _RANGES:
        if not isinstance(value, int):
            raise RecordingError(f"{value!r} is no number, which tag {tag} needs")
        return _in_range(tag, value)
    if isinstance(value, int):
        raise RecordingError(f"{value} is a number, which tag {tag} cannot hold")
    if isinstance(value, bytes):
        return _checked_octets(tag, value)
    if tag == OBJECT_IDENTIFIER:
        return parse_oid(value)
    if tag == IP_ADDRESS:
        return _from_address(value)
    return _checked_octets(tag, value.encode())


def _number(tag: int, text: str) -> int:
    try:
        return _in_range(tag, int(text))
    except ValueError:
        raise RecordingError(f"{text!r} is no number, which tag {tag} needs") from None


def _in_range(tag: int, value: int) -> int:
    low, high = _RANGES[tag]
    if not low <= value <= high:
        raise RecordingError(f"{value} is outside {low} to {high}, the range of tag {tag}")
    return value


def _checked_octets(tag: int, octets: bytes) -> bytes:
    if tag not in _STRINGS:
        raise RecordingError(f"tag {tag} holds no octets: write its value without x or e")
    if tag == IP_ADDRESS and len(octets) != 4:
        raise RecordingError(f"an IpAddress has 4 octets, not {len(octets)}")
    return octets


def _from_hex(raw: bytes) -> bytes:
    try:
        return bytes.fromhex(raw.decode("ascii", "replace"))
    except ValueError:
        raise RecordingError("the value of an x tag must be pairs of hex digits") from None


def _from_escapes(raw: bytes) -> bytes:
    try:
        return raw.decode("unicode_escape").encode("latin-1")
    except UnicodeError:
        raise RecordingError(
            r"the value of an e tag must use escapes of octets, like \xc0"
        ) from None


def _from_address(text: str) -> bytes:
    try:
        return ipaddress.IPv4Address(text).packed
    except ValueError:
        raise RecordingError(f"{text!r} is no IPv4 address") from None


def _opaque_float(raw: bytes) -> bytes:
    """A float as net-snmp wraps it: tag 9f78, length 4, IEEE 754 single precision."""
    try:
        return b"\x9f\x78\x04" + struct.pack(">f", float(raw))
    except (ValueError, OverflowError):
        raise RecordingError(f"{raw.decode('ascii', 'replace')!r} is no float") from None

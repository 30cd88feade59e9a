"""Object identifiers as the wire writes them: BER content bytes, which compare and hash fast."""

import operator
import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice

from monitors.snmp.errors import DecodeError, OidError

MAX_SUBIDS = 128
"""RFC 3416 section 4.1: a name has at most 128 sub-identifiers."""
MAX_SUBID = 2**32 - 1

_MULTI_BYTE = re.compile(rb"[\x80-\xff]+.", re.DOTALL)
_TEXT = re.compile(r"\.?\d{1,10}(?:\.\d{1,10})+")


@lru_cache(maxsize=16384)
def encode_oid(text: str) -> bytes:
    """`1.3.6.1` (a leading dot is allowed) as BER content bytes, without tag and length.

    Raises:
        OidError: The text is not an OID, or breaks the limits of RFC 3416.
    """
    if len(text) > MAX_SUBIDS * 11 or _TEXT.fullmatch(text) is None:
        raise OidError(f"{text[:80]!r} is not an object identifier such as 1.3.6.1.2.1.1.3.0")
    first, second, *rest = (int(part) for part in text.lstrip(".").split("."))
    if first > 2 or (first < 2 and second > 39) or len(rest) + 2 > MAX_SUBIDS:
        raise OidError(f"{text[:80]!r} is not a possible object identifier")
    if max(second, *rest, 0) > MAX_SUBID:
        raise OidError(f"{text[:80]!r} has a sub-identifier above {MAX_SUBID}")
    return b"".join(map(_encode_subid, (first * 40 + second, *rest)))


def encode_index(parts: Sequence[int]) -> bytes:
    """Index sub-identifiers as they follow a column's OID."""
    return b"".join(map(_encode_subid, parts))


@lru_cache(maxsize=4096)
def _encode_subid(number: int) -> bytes:
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(0x80 | (number & 0x7F))
    return bytes(reversed(groups))


def decode_subids(content: bytes) -> tuple[int, ...]:
    """The sub-identifiers of BER content bytes, as they stand: the first two are still one.

    Raises:
        DecodeError: A sub-identifier is unfinished or above 32 bits.
    """
    if content.isascii():
        return tuple(content)
    subids: list[int] = []
    number = 0
    for byte in content:
        number = number << 7 | byte & 0x7F
        if number > MAX_SUBID + 80:
            raise DecodeError("an OID holds a sub-identifier above 32 bits")
        if byte < 0x80:
            subids.append(number)
            number = 0
    if content[-1] >= 0x80:
        raise DecodeError("an OID ends inside a sub-identifier")
    return tuple(subids)


@lru_cache(maxsize=65536)
def oid_text(content: bytes) -> str:
    """BER content bytes as dotted text without a leading dot.

    Raises:
        DecodeError: The bytes are not an OID.
    """
    if not content:
        raise DecodeError("an OID is empty")
    first, *rest = decode_subids(content)
    top = min(first // 40, 2)
    return ".".join(map(str, (top, first - 40 * top, *rest)))


def increasing_count(previous: bytes, oids: Sequence[bytes], shared: int) -> int:
    """How many of the OIDs, from the first, are each above the one before it.

    Args:
        previous: The OID that the first one must exceed.
        oids: In the order of the answer.
        shared: Bytes that the first and the last of them have in common at the start. Where the
            order holds, all between have them, too.
    """
    ordered = [previous, *oids]
    if previous[:shared].isascii():
        simple = b"".join(ordered).isascii()
    else:
        simple = b"".join([oid[shared:] for oid in ordered]).isascii()
    if not simple:
        ordered = [sort_key(oid) for oid in ordered]
    if all(map(operator.lt, ordered, islice(ordered, 1, None))):
        return len(oids)
    return next(at for at in range(len(oids)) if not ordered[at] < ordered[at + 1])


def sort_key(content: bytes) -> bytes:
    """Bytes that sort as the OID's numbers do.

    BER's own bytes do not: 16383 is `ff 7f`, 16384 is `81 80 00`. A sub-identifier of several bytes
    therefore gets its byte count in front.
    """
    return _MULTI_BYTE.sub(_with_length, content)


def _with_length(match: re.Match[bytes]) -> bytes:
    group = match.group()
    return bytes((0x80 + min(len(group), 0x7F),)) + group

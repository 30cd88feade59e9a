"""The few rules of BER that SNMP uses, with a bound on every length."""

from monitors.snmp.errors import DecodeError

INTEGER = 0x02
OCTET_STRING = 0x04
NULL = 0x05
OBJECT_IDENTIFIER = 0x06
SEQUENCE = 0x30

_MAX_LENGTH_BYTES = 4
_MAX_INTEGER_BYTES = 9  # Counter64 with its leading zero


def read_header(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Reads a tag and a length: (tag, where the content starts, where it ends).

    Raises:
        DecodeError: The header or its content would pass `end`.
    """
    start = at + 2
    if start > end:
        raise DecodeError("the packet ends inside a header")
    length = data[at + 1]
    if length & 0x80:
        size = length & 0x7F
        start += size
        if not 1 <= size <= _MAX_LENGTH_BYTES or start > end:
            raise DecodeError("a length is indefinite, oversized or cut off")
        length = int.from_bytes(data[at + 2 : start])
    stop = start + length
    if stop > end:
        raise DecodeError("a value is longer than the packet")
    return data[at], start, stop


def expect(data: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Like `read_header`, for a value whose tag is known: (content start, content end)."""
    found, start, stop = read_header(data, at, end)
    if found != tag:
        raise DecodeError(f"tag 0x{found:02x} where 0x{tag:02x} belongs")
    return start, stop


def read_integer(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A signed INTEGER: (value, where the next value starts)."""
    start, stop = expect(data, at, end, INTEGER)
    if not 1 <= stop - start <= _MAX_INTEGER_BYTES:
        raise DecodeError("an INTEGER is empty or too long")
    return int.from_bytes(data[start:stop], signed=True), stop


def read_octets(data: bytes, at: int, end: int) -> tuple[bytes, int]:
    """An OCTET STRING: (content, where the next value starts)."""
    found, start, stop = read_header(data, at, end)
    if found != OCTET_STRING:
        raise DecodeError(f"tag 0x{found:02x} where 0x04 belongs")
    return data[start:stop], stop


def write(tag: int, content: bytes) -> bytes:
    """Tag, shortest length, content."""
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(size))) + size + content


def write_integer(value: int) -> bytes:
    """A signed INTEGER in the fewest bytes."""
    return write(INTEGER, value.to_bytes((value + (value < 0)).bit_length() // 8 + 1, signed=True))

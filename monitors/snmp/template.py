"""The form of an answer: where each varbind stands, so that the next answer is read in one step.

An agent that is asked the same again sends the same names and types; only numbers differ. Whether
that is so is one masked comparison of all the bytes, and the numbers come out of one `struct`.
"""

import struct
from collections.abc import Callable, Container, Sequence
from weakref import WeakValueDictionary

from monitors.snmp import ber
from monitors.snmp.values import COUNTER32, COUNTER64, GAUGE32, TIME_TICKS, UINTEGER32

_UNSIGNED = frozenset((COUNTER32, GAUGE32, TIME_TICKS, COUNTER64, UINTEGER32))
_SIGNED_CODES = {1: "b", 2: "h", 4: "i", 8: "q"}
_UNSIGNED_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}
_LONGEST_NUMBER = 9  # Counter64 with its leading zero

Span = tuple[int, int]
"""Where a value's tag, length and content start and end."""


class Template:
    """One form of an answer's varbinds. Equal forms are one object: compare with `is`."""

    __slots__ = (
        "__weakref__",
        "_mask",
        "_odd",
        "_read",
        "_size",
        "_skeleton",
        "frame",
        "number_at",
        "oids",
        "spans",
    )

    def __init__(
        self, size: int, mask: int, skeleton: int, oids: tuple[bytes, ...], spans: tuple[Span, ...]
    ) -> None:
        self._size = size
        self._mask = mask
        self._skeleton = skeleton
        self.oids = oids
        """The names, in the order of the answer."""
        self.spans = spans
        self.number_at: dict[int, int] = {}
        """Place of a varbind -> place of its number in `numbers`."""
        self.frame: tuple[bytes, bytes] | None = None
        """What stood before the request-id of the last answer of this form, and what behind it."""
        self._read: Callable[[bytes], tuple[int | bytes, ...]] = struct.Struct("").unpack
        self._odd: list[tuple[int, bool]] = []
        """Numbers of a length that `struct` does not know, and whether they have a sign."""

    def fits(self, varbinds: bytes) -> bool:
        """Whether these have the same names, types, lengths and texts."""
        return (
            len(varbinds) == self._size and int.from_bytes(varbinds) & self._mask == self._skeleton
        )

    @property
    def skeleton(self) -> bytes:
        """An answer of this form with zeros for its numbers."""
        return self._skeleton.to_bytes(self._size)

    def numbers(self, varbinds: bytes) -> Sequence[int]:
        """The numbers of an answer that fits."""
        found = self._read(varbinds)
        if not self._odd:
            return found  # type: ignore[return-value]  # without odd ones, struct gave numbers only
        numbers = list(found)
        for at, signed in self._odd:
            numbers[at] = int.from_bytes(numbers[at], signed=signed)  # type: ignore[arg-type]
        return numbers  # type: ignore[return-value]

    def _lay(self, soft: Sequence[tuple[int, int, int, bool]]) -> None:
        """`soft`: place of the varbind, start and end of its number, whether it has a sign."""
        form, at = [">"], 0
        for number, (place, start, stop, signed) in enumerate(soft):
            size = stop - start
            code = (_SIGNED_CODES if signed else _UNSIGNED_CODES).get(size)
            form.append(f"{start - at}x{code or f'{size}s'}")
            if code is None:
                self._odd.append((number, signed))
            self.number_at[place] = number
            at = stop
        form.append(f"{self._size - at}x")
        self._read = struct.Struct("".join(form)).unpack


_KNOWN: WeakValueDictionary[tuple[int, int, int], Template] = WeakValueDictionary()
"""Devices of one model answer in one form."""


def template_of(
    varbinds: bytes, oids: Sequence[bytes], tlvs: Sequence[bytes], rigid: Container[bytes]
) -> Template:
    """The form of an answer that was taken apart before.

    `rigid` are the names whose values belong to the form: with another value it fits no longer.
    """
    mask = bytearray(b"\xff" * len(varbinds))
    spans: list[Span] = []
    soft: list[tuple[int, int, int, bool]] = []
    at = 0
    for place, (oid, tlv) in enumerate(zip(oids, tlvs, strict=True)):
        _, _, stop = ber.read_header(varbinds, at, len(varbinds))
        spans.append((stop - len(tlv), stop))
        at = stop
        start = stop - len(tlv) + 2
        signed = tlv[0] == ber.INTEGER
        number = (signed or tlv[0] in _UNSIGNED) and 1 <= stop - start <= _LONGEST_NUMBER
        if not number or tlv[1] & 0x80 or oid in rigid:
            continue
        if not signed and stop - start in (5, 9) and varbinds[start] == 0:
            start += 1
        soft.append((place, start, stop, signed))
        mask[start:stop] = bytes(stop - start)
    bits = int.from_bytes(mask)
    key = (len(varbinds), bits, int.from_bytes(varbinds) & bits)
    known = _KNOWN.get(key)
    if known is None:
        known = Template(*key, tuple(oids), tuple(spans))
        known._lay(soft)
        _KNOWN[key] = known
    return known

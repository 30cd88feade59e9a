"""Which number a part has. Pure."""

import re
from collections.abc import Sequence

from monitors.redfish.document import Document

MOST_PARTS = 4096
"""That are remembered of one BMC."""
_LAST_NUMBER = re.compile(r"(\d{1,4})\D{0,2}\Z")
_MAKERS = ("Hpe", "Hp")


class Parts:
    """Numbers parts from 1 on: a part keeps its number while the monitor runs."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self._taken: set[tuple[str, int]] = set()
        self._highest: dict[str, int] = {}
        self._shifts: dict[str, int] = {}

    def components(self, kind: str, members: Sequence[Document]) -> list[str]:
        """`kind:number` for each member of one collection or array."""
        said = [_number_of(member) for member in members]
        if said and kind not in self._shifts:
            self._shifts[kind] = int(0 in said)
        numbers = [None if n is None else n + self._shifts.get(kind, 0) for n in said]
        if None in numbers or len(set(numbers)) < len(numbers):
            numbers = list(range(1, len(members) + 1))
        return [
            f"{kind}:{self._number(kind, member, wanted or 0)}"
            for member, wanted in zip(members, numbers, strict=True)
        ]

    def _number(self, kind: str, member: Document, wanted: int) -> int:
        key = (kind, member.path or member.text("MemberId") or member.text("Name"))
        if key not in self._numbers and len(self._numbers) >= MOST_PARTS:
            self._numbers.clear()  # no server has so many: it makes up names
            self._taken.clear()
            self._highest.clear()
        if key not in self._numbers:
            if (kind, wanted) in self._taken:
                wanted = self._highest[kind] + 1
            self._taken.add((kind, wanted))
            self._highest[kind] = max(wanted, self._highest.get(kind, 0))
            self._numbers[key] = wanted
        return self._numbers[key]


def _number_of(member: Document) -> int | None:
    """The bay's number where a maker says it, else the last one in the id or name."""
    for maker in _MAKERS:
        bay = member.part("Oem").part(maker).number("BayNumber")
        if bay is not None and 0 <= bay <= 256:
            return int(bay)
    for key in ("MemberId", "Id", "Name"):
        found = _LAST_NUMBER.search(member.text(key))
        if found:
            return int(found[1])
    return None


def slug(name: str) -> str:
    """A name as the index of a component."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "unnamed"

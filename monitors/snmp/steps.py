"""The single steps of a poll: a GET, a walk; what an answer adds, and what is left to ask after it.

A step knows nothing of packets and time. Whatever an agent answers, each answer brings its step
nearer to its end, so that no agent can make a walk last for ever.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Protocol

from monitors.snmp.errors import DecodeError
from monitors.snmp.message import Ask, Pdu, ask_bulk, ask_get, ask_next
from monitors.snmp.oid import increasing_count, oid_text, sort_key
from monitors.snmp.plan import WALK_WIDTH, chunks
from monitors.snmp.values import END_OF_MIB_VIEW, EXCEPTIONS

MAX_NOTES = 8


@dataclass(slots=True)
class Findings:
    """What a poll has brought so far."""

    values: dict[bytes, bytes] = field(default_factory=dict)
    """OID (content bytes) to tag-length-value."""
    notes: list[str] = field(default_factory=list)
    """Why something is missing; empty when the agent gave all it has."""
    bulk_fails: bool = False
    """GETNEXT has brought what GETBULK had not."""

    def note(self, text: str) -> None:
        """Remembers why something is missing."""
        if len(self.notes) < MAX_NOTES and text not in self.notes:
            self.notes.append(text)


class Step(Protocol):
    """One thing to ask, answer by answer."""

    @property
    def width(self) -> int:
        """How many names it asks for at once."""

    def ask(self, repetitions: int) -> Ask:
        """The request; with 0 repetitions in the smallest form that there is."""

    def take(self, pdu: Pdu, found: Findings) -> "Sequence[Step]":
        """Digests an answer; returns what is to be done in place of this step.

        Raises:
            DecodeError: The answer cannot belong to the request.
        """

    def halves(self) -> "Sequence[Step]":
        """The same as two steps."""

    def without(self, at: int) -> "tuple[bytes, Sequence[Step]]":
        """The name at a place, and the step without it."""


class Get:
    """One GET; what the agent objects to is left out and the rest asked again."""

    def __init__(self, oids: tuple[bytes, ...], chunk: tuple[bytes, ...] = ()) -> None:
        """`chunk`: what was asked for before it was divided; a late answer may still hold it."""
        self._oids = oids
        self._chunk = frozenset(chunk or oids)

    @property
    def width(self) -> int:
        """How many names it asks for at once."""
        return len(self._oids)

    def ask(self, repetitions: int) -> Ask:
        """The GET, however much a GETBULK would ask for."""
        del repetitions
        return ask_get(self._oids)

    def take(self, pdu: Pdu, found: Findings) -> Sequence[Step]:
        """Keeps what was asked for."""
        if not self._chunk.issuperset(pdu.oids):
            raise DecodeError("the answer holds names that were not asked for")
        if not set(self._oids).issubset(pdu.oids):
            found.note("the agent left names out of its answer")
        for oid, tlv in zip(pdu.oids, pdu.tlvs, strict=True):
            if tlv[0] not in EXCEPTIONS:
                found.values[oid] = tlv
        return ()

    def halves(self) -> Sequence[Step]:
        """The first names, then the others."""
        middle = len(self._oids) // 2
        chunk = tuple(self._chunk)
        return Get(self._oids[:middle], chunk), Get(self._oids[middle:], chunk)

    def pieces(self, size: int) -> Sequence[Step]:
        """The same in GETs of so many names."""
        return [Get(names, tuple(self._chunk)) for names in chunks(self._oids, size)]

    def without(self, at: int) -> tuple[bytes, Sequence[Step]]:
        """The name at a place, and the GET of the others."""
        rest = self._oids[:at] + self._oids[at + 1 :]
        return self._oids[at], (Get(rest, tuple(self._chunk)),) if rest else ()


class Column:
    """How far the walk of one subtree has come."""

    __slots__ = ("last", "prefix")

    def __init__(self, prefix: bytes, last: bytes) -> None:
        self.prefix = prefix
        self.last = last


class Advance(Enum):
    """What an answer did to a column."""

    GOING = auto()
    ENDED = auto()
    STUCK = auto()
    """The agent leads back to where the walk has been."""


class Walk:
    """GETBULKs over one or more subtrees side by side, until each has ended."""

    def __init__(self, columns: Sequence[Column], *, singly: bool = False) -> None:
        """`singly`: GETNEXT instead, because GETBULK did not do."""
        self._columns = list(columns)
        self._singly = singly

    @staticmethod
    def of(prefixes: Iterable[bytes]) -> "Walk":
        """A walk from the start of each subtree."""
        return Walk([Column(prefix, prefix) for prefix in prefixes])

    @property
    def width(self) -> int:
        """How many names it asks for at once."""
        return len(self._columns)

    def rows(self, repetitions: int) -> int:
        """How many rows one GETBULK asks for; 0 with GETNEXT."""
        if self._singly or not repetitions:
            return 0
        return max(1, repetitions // len(self._columns))

    def ask(self, repetitions: int) -> Ask:
        """The next rows of every column."""
        names = [column.last for column in self._columns]
        rows = self.rows(repetitions)
        return ask_bulk(names, rows) if rows else ask_next(names)

    def singly(self) -> Sequence[Step]:
        """The same with GETNEXT."""
        return (Walk(self._columns, singly=True),)

    def take(self, pdu: Pdu, found: Findings) -> Sequence[Step]:
        """Keeps what lies in the subtrees; a column that GETBULK spoils goes on with GETNEXT."""
        oids, tlvs, width = pdu.oids, pdu.tlvs, len(self._columns)
        if not oids:
            return self._after_nothing(found)
        going: list[Column] = []
        stuck: list[Column] = []
        for at, column in enumerate(self._columns):
            if at >= len(oids):
                going.append(column)  # the answer was cut before it
                continue
            advance = _advance(column, oids[at::width], tlvs[at::width], found)
            if advance is Advance.GOING:
                going.append(column)
                found.bulk_fails |= self._singly
            elif advance is Advance.STUCK:
                stuck.append(column)
        self._columns = going
        if self._singly:
            for column in stuck:
                found.note(f"OIDs do not increase after {oid_text(column.last)}; walk cut there")
            stuck = []
        left: list[Step] = [Walk([column], singly=True) for column in stuck]
        return [*left, self] if going else left

    def halves(self) -> Sequence[Step]:
        """The first columns, then the others."""
        middle = len(self._columns) // 2
        first, second = self._columns[:middle], self._columns[middle:]
        return Walk(first, singly=self._singly), Walk(second, singly=self._singly)

    def without(self, at: int) -> tuple[bytes, Sequence[Step]]:
        """Where the column at a place has come to, and the walk of the others."""
        dropped = self._columns.pop(at).last
        return dropped, (self,) if self._columns else ()

    def _after_nothing(self, found: Findings) -> Sequence[Step]:
        """An answer without a varbind leads no further."""
        if not self._singly:
            return self.singly()
        found.note(f"the agent answered nothing after {oid_text(self._columns[0].last)}")
        return ()


class Sweep(Walk):
    """Columns that stand one behind the other, read as they come: every answer is filled up."""

    def __init__(self, columns: tuple[bytes, ...]) -> None:
        super().__init__([Column(columns[0][:-1], columns[0])])
        self._prefixes = columns

    def singly(self) -> Sequence[Step]:
        """What is left of the columns, side by side, with GETNEXT."""
        return [Walk(walk._columns, singly=True) for walk in self.divided()]

    def divided(self) -> Sequence[Walk]:
        """What is left of the columns, each by itself: only one of them may be odd."""
        last = self._columns[0].last
        reached = sort_key(last)
        left = [
            Column(prefix, last if last.startswith(prefix) else prefix)
            for prefix in self._prefixes
            if last.startswith(prefix) or sort_key(prefix) > reached
        ]
        return [Walk(group) for group in chunks(tuple(left), WALK_WIDTH)]

    def take(self, pdu: Pdu, found: Findings) -> Sequence[Step]:
        """Keeps everything up to the end of the last column."""
        oids, tlvs = pdu.oids, pdu.tlvs
        if not oids:
            return self.singly()
        column, end = self._columns[0], self._prefixes[-1]
        count = _inside(column.prefix, oids, tlvs)
        while count and oids[count - 1][: len(end)] > end:
            count -= 1
        ordered = increasing_count(column.last, oids[:count], len(column.prefix))
        found.values.update(zip(oids[:ordered], tlvs[:ordered], strict=True))
        if ordered:
            column.last = oids[ordered - 1]
        if ordered < count or (count < len(oids) and _is_odd_end(column, oids, tlvs, count)):
            return self.divided()
        return (self,) if count == len(oids) else ()


class Probe(Walk):
    """One GETBULK that looks for the first instance of each subtree, and no further."""

    def ask(self, repetitions: int) -> Ask:
        """One row, which is all that matters."""
        return super().ask(min(repetitions, 1))

    @staticmethod
    def of(prefixes: Iterable[bytes]) -> "Probe":
        """A look at the start of each subtree."""
        return Probe([Column(prefix, prefix) for prefix in prefixes])

    def rows(self, repetitions: int) -> int:
        """One at most."""
        return min(1, super().rows(repetitions))

    def singly(self) -> Sequence[Step]:
        """The same with GETNEXT."""
        return (Probe(self._columns, singly=True),)

    def take(self, pdu: Pdu, found: Findings) -> Sequence[Step]:
        """Keeps the first instances."""
        if not pdu.oids:
            return self._after_nothing(found)
        if len(pdu.oids) < len(self._columns):
            found.note("the agent left names out of its answer")
        for column, oid, tlv in zip(self._columns, pdu.oids, pdu.tlvs, strict=False):
            if oid.startswith(column.prefix) and tlv[0] not in EXCEPTIONS:
                found.values[oid] = tlv
        found.bulk_fails |= self._singly
        return ()

    def halves(self) -> Sequence[Step]:
        """The first subtrees, then the others."""
        middle = len(self._columns) // 2
        first, second = self._columns[:middle], self._columns[middle:]
        return Probe(first, singly=self._singly), Probe(second, singly=self._singly)


def _advance(
    column: Column, oids: Sequence[bytes], tlvs: Sequence[bytes], found: Findings
) -> Advance:
    """Keeps what belongs to the column; says whether more may follow."""
    count = _inside(column.prefix, oids, tlvs)
    if count == len(oids) == increasing_count(column.last, oids, len(column.prefix)):
        found.values.update(zip(oids, tlvs, strict=True))
        column.last = oids[-1]
        return Advance.GOING
    return _advance_with_care(column, oids, tlvs, found)


def _advance_with_care(
    column: Column, oids: Sequence[bytes], tlvs: Sequence[bytes], found: Findings
) -> Advance:
    """As `_advance`, one by one: the column ends here, or the agent is odd."""
    for at, (oid, tlv) in enumerate(zip(oids, tlvs, strict=True)):
        if not oid.startswith(column.prefix):
            return Advance.ENDED
        onward = sort_key(oid) > sort_key(column.last)
        if tlv[0] == END_OF_MIB_VIEW or (tlv[0] in EXCEPTIONS and not onward):
            if _goes_on(column, oids[at + 1 :], tlvs[at + 1 :]):
                found.note(f"an end after {oid_text(column.last)} that is none; walk cut there")
            return Advance.ENDED
        if not onward:
            return Advance.STUCK
        column.last = oid
        if tlv[0] not in EXCEPTIONS:
            found.values[oid] = tlv
    return Advance.GOING


def _goes_on(column: Column, oids: Sequence[bytes], tlvs: Sequence[bytes]) -> bool:
    """Whether, behind what the agent called the end, there is more of the column."""
    reached = sort_key(column.last)
    return any(
        oid.startswith(column.prefix) and tlv[0] not in EXCEPTIONS and sort_key(oid) > reached
        for oid, tlv in zip(oids, tlvs, strict=True)
    )


def _inside(prefix: bytes, oids: Sequence[bytes], tlvs: Sequence[bytes]) -> int:
    """How many varbinds, from the first, lie in the subtree and hold a value.

    For names, looking at the last one is enough where it lies inside: `increasing_count` then
    proves that all between are inside as well.
    """
    values = next((at for at, tlv in enumerate(tlvs) if tlv[0] in EXCEPTIONS), len(tlvs))
    if values and oids[values - 1].startswith(prefix):
        return values
    return next((at for at in range(values) if not oids[at].startswith(prefix)), values)


def _is_odd_end(column: Column, oids: Sequence[bytes], tlvs: Sequence[bytes], count: int) -> bool:
    """Whether what follows the table's last value is no ordinary end."""
    if tlvs[count][0] not in EXCEPTIONS:
        return False
    holes = tlvs[count][0] != END_OF_MIB_VIEW and sort_key(oids[count]) > sort_key(column.last)
    return holes or _goes_on(column, oids[count:], tlvs[count:])

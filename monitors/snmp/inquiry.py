"""The course of one poll without any I/O: what to ask next, and what an answer adds."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Protocol

from monitors.snmp.errors import DecodeError
from monitors.snmp.message import (
    NO_SUCH_NAME,
    TOO_BIG,
    Ask,
    Pdu,
    ask_bulk,
    ask_get,
)
from monitors.snmp.oid import increasing_count, oid_text
from monitors.snmp.plan import WALK_WIDTH, PollPlan, chunks, is_dense
from monitors.snmp.template import Template
from monitors.snmp.values import END_OF_MIB_VIEW, EXCEPTIONS

MAX_VALUES = 50_000
"""For one poll: what is beyond is a runaway agent."""
MAX_NOTES = 8


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that was answered, and which varbinds of the answer the poll has kept."""

    ask: Ask
    pdu: Pdu
    kept: tuple[int, ...]


class Course(Protocol):
    """How a conversation goes on: an inquiry, or the replay of one."""

    @property
    def done(self) -> bool:
        """Whether nothing is left to ask."""

    @property
    def repetitions(self) -> int:
        """Varbinds to ask for at once."""

    @property
    def values(self) -> Mapping[bytes, bytes]:
        """What was read: OID (content bytes) to tag-length-value."""

    @property
    def notes(self) -> list[str]:
        """Why something is missing; empty when the agent gave all it has."""

    @property
    def exchanges(self) -> Sequence[Exchange]:
        """What was gone through."""

    @property
    def expected(self) -> Template | None:
        """The form that the next answer should have; None when nobody knows."""

    def ask(self) -> Ask:
        """The request to send now; the same one until `take` or `shrink` moves on."""

    def take(self, pdu: Pdu) -> None:
        """Digests the answer to `ask`. Raises `DecodeError`."""

    def shrink(self) -> None:
        """Asks for less at once."""


class Inquiry:
    """Works through a plan: `ask` is the next request, `take` digests its answer."""

    def __init__(self, plan: PollPlan, repetitions: int) -> None:
        self.values: dict[bytes, bytes] = {}
        """What was read: OID (content bytes) to tag-length-value."""
        self.notes: list[str] = []
        """Why something is missing; empty when the agent gave all it has."""
        self.repetitions = repetitions
        """Varbinds to ask for at once; shrinks when the agent says tooBig."""
        self.exchanges: list[Exchange] = []
        """What was asked and answered without an error, in order."""
        self.expected: Template | None = None
        self._steps: deque[_Get | _Walk] = deque(_Get(chunk) for chunk in plan.get_chunks)
        self._steps.extend(_Probe(chunk) for chunk in chunks(plan.probes, WALK_WIDTH))
        self._steps.extend(
            _Sweep(columns) if is_dense(columns) else _Walk(columns) for columns in plan.walks
        )

    @property
    def done(self) -> bool:
        """Whether nothing is left to ask."""
        return not self._steps

    def ask(self) -> Ask:
        """The request to send now; the same one until `take` or `shrink` moves on."""
        return self._steps[0].ask(self.repetitions)

    def take(self, pdu: Pdu) -> None:
        """Digests the answer to `ask`.

        Raises:
            DecodeError: The answer cannot belong to the request.
        """
        step = self._steps[0]
        if pdu.error_status:
            self._take_error(step, pdu)
        else:
            asked, before = self.ask(), len(self.values)
            step.take(pdu, self)
            self._record(asked, pdu, before)
        if step.done and self._steps and self._steps[0] is step:
            self._steps.popleft()
        if len(self.values) > MAX_VALUES:
            self.note(f"stopped after {MAX_VALUES} values")
            self._steps.clear()

    def shrink(self) -> None:
        """Asks for less at once: large answers may be what gets lost on the way."""
        self.repetitions = max(1, self.repetitions // 2)

    def note(self, text: str) -> None:
        """Remembers why something is missing."""
        if len(self.notes) < MAX_NOTES and text not in self.notes:
            self.notes.append(text)

    def divide(self, sweep: "_Sweep") -> None:
        """Walks the columns of a sweep that met something odd by themselves: only one may be."""
        self._steps.popleft()
        self._steps.extendleft(map(_Walk, reversed([*chunks(sweep.prefixes, WALK_WIDTH)])))

    def _record(self, asked: Ask, pdu: Pdu, before: int) -> None:
        added = set(islice(self.values, before, None))
        kept = tuple(
            at
            for at, (oid, tlv) in enumerate(zip(pdu.oids, pdu.tlvs, strict=True))
            if oid in added and tlv[0] not in EXCEPTIONS  # endOfMibView repeats the last name
        )
        self.exchanges.append(Exchange(asked, pdu, kept))

    def _take_error(self, step: "_Get | _Walk", pdu: Pdu) -> None:
        if pdu.error_status == TOO_BIG and isinstance(step, _Walk) and self.repetitions > 1:
            self.shrink()
        elif pdu.error_status == TOO_BIG and step.width > 1:
            self._steps.popleft()
            self._steps.extendleft(reversed(step.halves()))
        elif isinstance(step, _Sweep):
            self.divide(step)
        else:
            dropped = step.drop(pdu.error_index)
            if pdu.error_status != NO_SUCH_NAME:
                self.note(f"the agent answered {pdu.error_word} for {oid_text(dropped)}")


class _Get:
    """One GET; what the agent objects to is left out and the rest asked again."""

    def __init__(self, oids: tuple[bytes, ...]) -> None:
        self._oids = oids

    @property
    def width(self) -> int:
        return len(self._oids)

    @property
    def done(self) -> bool:
        return not self._oids

    def ask(self, repetitions: int) -> Ask:
        del repetitions
        return ask_get(self._oids)

    def take(self, pdu: Pdu, inquiry: Inquiry) -> None:
        asked = set(self._oids)
        if not asked.issuperset(pdu.oids):
            raise DecodeError("the answer holds names that were not asked for")
        if len(pdu.oids) < len(self._oids):
            inquiry.note("the agent left names out of its answer")
        for oid, tlv in zip(pdu.oids, pdu.tlvs, strict=True):
            if tlv[0] not in EXCEPTIONS:
                inquiry.values[oid] = tlv
        self._oids = ()

    def halves(self) -> "tuple[_Get, _Get]":
        middle = len(self._oids) // 2
        return _Get(self._oids[:middle]), _Get(self._oids[middle:])

    def drop(self, index: int) -> bytes:
        at = index - 1 if 1 <= index <= len(self._oids) else 0
        dropped = self._oids[at]
        self._oids = self._oids[:at] + self._oids[at + 1 :]
        return dropped


class _Column:
    """How far the walk of one subtree has come."""

    __slots__ = ("last", "prefix")

    def __init__(self, prefix: bytes, last: bytes) -> None:
        self.prefix = prefix
        self.last = last


class _Walk:
    """GETBULKs over one or more subtrees side by side, until each has ended."""

    def __init__(self, prefixes: tuple[bytes, ...], columns: "list[_Column] | None" = None) -> None:
        self._columns = columns or [_Column(prefix, prefix) for prefix in prefixes]

    @property
    def width(self) -> int:
        return len(self._columns)

    @property
    def done(self) -> bool:
        return not self._columns

    def ask(self, repetitions: int) -> Ask:
        columns = self._columns
        rows = max(1, repetitions // len(columns))
        return ask_bulk([column.last for column in columns], rows)

    def take(self, pdu: Pdu, inquiry: Inquiry) -> None:
        oids, tlvs, width = pdu.oids, pdu.tlvs, len(self._columns)
        if not oids:
            raise DecodeError("the answer to a GETBULK is empty")
        going: list[_Column] = []
        for at, column in enumerate(self._columns):
            cut_before = at >= len(oids)
            if cut_before or _advance(column, oids[at::width], tlvs[at::width], inquiry):
                going.append(column)
        self._columns = going

    def halves(self) -> "tuple[_Walk, _Walk]":
        middle = len(self._columns) // 2
        return _Walk((), self._columns[:middle]), _Walk((), self._columns[middle:])

    def drop(self, index: int) -> bytes:
        at = index - 1 if 1 <= index <= len(self._columns) else 0
        return self._columns.pop(at).last


class _Sweep(_Walk):
    """Columns that stand one behind the other, read as they come: every answer is filled up."""

    def __init__(self, columns: tuple[bytes, ...]) -> None:
        self.prefixes = columns
        super().__init__((), [_Column(columns[0][:-1], columns[0])])

    def take(self, pdu: Pdu, inquiry: Inquiry) -> None:
        if not pdu.oids:
            raise DecodeError("the answer to a GETBULK is empty")
        column, end = self._columns[0], self.prefixes[-1]
        oids, tlvs = pdu.oids, pdu.tlvs
        count = _inside(column.prefix, oids, tlvs)
        while count and oids[count - 1][: len(end)] > end:
            count -= 1
        ordered = increasing_count(column.last, oids[:count], len(column.prefix))
        if ordered < count:
            inquiry.divide(self)
            return
        inquiry.values.update(zip(oids[:count], tlvs[:count], strict=True))
        if count < len(oids):
            self._columns = []
        else:
            column.last = oids[-1]


class _Probe(_Walk):
    """One GETBULK that looks for the first instance of each subtree, and no further."""

    def ask(self, repetitions: int) -> Ask:
        del repetitions
        return super().ask(1)

    def take(self, pdu: Pdu, inquiry: Inquiry) -> None:
        width = len(self._columns)
        if len(pdu.oids) < width:
            inquiry.note("the agent left names out of its answer")
        for column, oid, tlv in zip(self._columns, pdu.oids, pdu.tlvs, strict=False):
            if oid.startswith(column.prefix) and tlv[0] not in EXCEPTIONS:
                inquiry.values[oid] = tlv
        self._columns = []

    def halves(self) -> "tuple[_Probe, _Probe]":
        middle = len(self._columns) // 2
        return _Probe((), self._columns[:middle]), _Probe((), self._columns[middle:])


def _advance(column: _Column, oids: list[bytes], tlvs: list[bytes], inquiry: Inquiry) -> bool:
    """Keeps what belongs to the column; returns whether more may follow."""
    count = _inside(column.prefix, oids, tlvs)
    ordered = increasing_count(column.last, oids[:count], len(column.prefix))
    inquiry.values.update(zip(oids[:ordered], tlvs[:ordered], strict=True))
    if ordered < count:
        inquiry.note(f"OIDs do not increase after {oid_text(column.last)}; walk cut there")
        return False
    if count:
        column.last = oids[count - 1]
    return count == len(oids)


def _inside(prefix: bytes, oids: list[bytes], tlvs: list[bytes]) -> int:
    """How many varbinds, from the first, lie in the subtree.

    Looking at the last one is enough where it lies inside: `increasing_count` then proves that all
    between are inside as well.
    """
    if oids[-1].startswith(prefix) and tlvs[-1][0] != END_OF_MIB_VIEW:
        return len(oids)

    def belongs(pair: tuple[bytes, bytes]) -> bool:
        return pair[0].startswith(prefix) and pair[1][0] not in EXCEPTIONS

    return sum(1 for _ in takewhile(belongs, zip(oids, tlvs, strict=True)))

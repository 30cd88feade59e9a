"""The course of one poll without any I/O: what to ask next, and what an answer adds."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from monitors.snmp.message import NO_SUCH_NAME, TOO_BIG, Ask, Pdu
from monitors.snmp.oid import oid_text
from monitors.snmp.plan import WALK_WIDTH, PollPlan, chunks, is_dense
from monitors.snmp.steps import Findings, Get, Probe, Step, Sweep, Walk
from monitors.snmp.template import Template
from monitors.snmp.values import EXCEPTIONS

MAX_VALUES = 50_000
"""For one poll: what is beyond is a runaway agent."""
LOST_SHARE = 4
"""After answers that got lost for their size: by how much less is asked for at once."""


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
        """Varbinds to ask for at once, as far as it was found out; 0 where GETBULK fails."""

    @property
    def told(self) -> bool:
        """Whether the agent itself has said how much is too much for it."""

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
    def late(self) -> bool:
        """Whether the last answer was to the request before the one that was shrunk."""

    @property
    def expected(self) -> Template | None:
        """The form that the next answer should have; None when nobody knows."""

    def ask(self) -> Ask:
        """The request to send now; the same one until `take` or `shrink` moves on."""

    def take(self, pdu: Pdu) -> None:
        """Digests the answer to `ask`. Raises `DecodeError`."""

    def shrink(self) -> bool:
        """Asks for as little as possible: what gets lost may be too large.

        Returns whether a late answer to the request before can still be taken.
        """


class Inquiry:
    """Works through a plan: `ask` is the next request, `take` digests its answer."""

    def __init__(self, plan: PollPlan, repetitions: int) -> None:
        """`repetitions`: varbinds to ask for at once; 0 asks with GETNEXT."""
        self.repetitions = repetitions
        """Shrinks when the agent says tooBig or larger answers get lost; 0 when GETBULK fails."""
        self.told = False
        """Whether the agent has said tooBig."""
        self._exchanges: list[Exchange] = []
        self._ended_by_error = False
        self.expected: Template | None = None
        self._found = Findings()
        self._small = False
        """The request is as small as can be, since larger ones were not answered."""
        self._get_size = 0
        """Names in a GET, where larger ones were not answered; 0 as long as they are."""
        self._shrunk = False
        self.late = False
        """Whether the last answer was to the request before the one that was shrunk."""
        self._steps: deque[Step] = deque(Get(chunk) for chunk in plan.get_chunks)
        self._steps.extend(Probe.of(chunk) for chunk in chunks(plan.probes, WALK_WIDTH))
        for columns in plan.walks:
            if is_dense(columns) and repetitions:
                self._steps.append(Sweep(columns))
            else:
                self._steps.extend(map(Walk.of, chunks(columns, WALK_WIDTH)))

    @property
    def done(self) -> bool:
        """Whether nothing is left to ask."""
        return not self._steps

    @property
    def values(self) -> dict[bytes, bytes]:
        """What was read: OID (content bytes) to tag-length-value."""
        return self._found.values

    @property
    def notes(self) -> list[str]:
        """Why something is missing; empty when the agent gave all it has."""
        return self._found.notes

    @property
    def exchanges(self) -> Sequence[Exchange]:
        """What was asked and answered without an error, in order.

        Empty where a table's end is an error, as in SNMPv1: then nothing shows that it has grown.
        """
        return () if self._ended_by_error else self._exchanges

    def ask(self) -> Ask:
        """The request to send now; the same one until `take` or `shrink` moves on."""
        return self._steps[0].ask(0 if self._small else self.repetitions)

    def take(self, pdu: Pdu) -> None:
        """Digests the answer to `ask`.

        Raises:
            DecodeError: The answer cannot belong to the request.
        """
        step = self._steps[0]
        if pdu.error_status:
            self._replace(self._after_error(step, pdu))
        else:
            asked, before = self.ask(), len(self.values)
            width, rows = step.width, self._rows(step)
            left = step.take(pdu, self._found)
            self._record(asked, pdu, before)
            self.late = self._shrunk and len(pdu.oids) > width
            self._judge_size(step, rows)
            self._replace(left)
        self._small = self._shrunk = False
        if self._found.bulk_fails and self.repetitions:
            self._give_up_bulk()
        if len(self.values) > MAX_VALUES:
            self._found.note(f"stopped after {MAX_VALUES} values")
            self._steps.clear()

    def shrink(self) -> bool:
        """Asks for as little as possible: what gets lost may be too large."""
        step = self._steps[0]
        if isinstance(step, Walk):
            self._small = True
        elif isinstance(step, Get) and step.width > 1:
            self._get_size = max(1, step.width // LOST_SHARE)
            self._replace(step.pieces(self._get_size))
        self._shrunk = True
        return True

    def _replace(self, steps: Sequence[Step]) -> None:
        self._steps.popleft()
        self._steps.extendleft(reversed(steps))

    def _record(self, asked: Ask, pdu: Pdu, before: int) -> None:
        added = set(islice(self.values, before, None))
        kept = tuple(
            at
            for at, (oid, tlv) in enumerate(zip(pdu.oids, pdu.tlvs, strict=True))
            if oid in added and tlv[0] not in EXCEPTIONS  # endOfMibView repeats the last name
        )
        self._exchanges.append(Exchange(asked, pdu, kept))

    def _rows(self, step: Step) -> int:
        return step.rows(self.repetitions) if isinstance(step, Walk) else 0

    def _judge_size(self, step: Step, rows: int) -> None:
        """What it means that a small request was answered where larger ones were not.

        An answer that holds more than was asked for belongs to a larger one: it was only late.
        """
        if not self._shrunk or self.late:
            return
        if isinstance(step, Get):
            self._divide_gets()
        elif rows > 1:
            self.repetitions = max(1, self.repetitions // LOST_SHARE)
        elif rows:
            self._found.bulk_fails = True

    def _divide_gets(self) -> None:
        steps, self._steps = self._steps, deque()
        for step in steps:
            if isinstance(step, Get) and step.width > self._get_size > 0:
                self._steps.extend(step.pieces(self._get_size))
            else:
                self._steps.append(step)

    def _give_up_bulk(self) -> None:
        self.repetitions = 0
        steps, self._steps = self._steps, deque()
        for step in steps:
            self._steps.extend(step.divided() if isinstance(step, Sweep) else (step,))

    def _after_error(self, step: Step, pdu: Pdu) -> Sequence[Step]:
        """What to ask after an error. SNMPv1's errors mean what they meant there."""
        rows = 0 if self._small else self._rows(step)
        if pdu.error_status == TOO_BIG:
            self.told = True
            if rows > 1:
                self.repetitions = max(1, self.repetitions // 2)
                return (step,)
            if step.width > 1:
                return step.halves()
        elif rows and isinstance(step, Walk):
            return step.singly()
        elif not 1 <= pdu.error_index <= step.width and step.width > 1:
            return step.halves()  # it does not say which name it means
        at = pdu.error_index - 1 if 1 <= pdu.error_index <= step.width else 0
        dropped, left = step.without(at)
        self._ended_by_error |= isinstance(step, Walk)
        if pdu.error_status != NO_SUCH_NAME:
            self._found.note(f"the agent answered {pdu.error_word} for {oid_text(dropped)}")
        return left

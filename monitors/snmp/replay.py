"""A poll that has been gone through before: the same requests, the answers in the forms they had.

As long as they have, nothing is taken apart but the numbers. As soon as a name or a text that
matters differs, the poll begins anew as an ordinary `Inquiry`.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from monitors.snmp.inquiry import Exchange, Inquiry
from monitors.snmp.message import Ask, Pdu
from monitors.snmp.plan import PollPlan
from monitors.snmp.template import Template, template_of
from monitors.snmp.values import EXCEPTIONS

Place = tuple[int, int]
"""Which beat, and which varbind of its answer."""


@dataclass(slots=True)
class Beat:
    """One request and its last answer."""

    ask: Ask
    template: Template
    varbinds: bytes
    kept: Sequence[int]
    """The varbinds that belong to the poll; others only show that a table has ended."""


class Script:
    """What one device is asked, poll by poll, and what it last answered."""

    def __init__(
        self,
        plan: PollPlan,
        exchanges: Sequence[Exchange],
        rigid: Collection[bytes],
        repetitions: int = 0,
    ) -> None:
        """Remembers the exchanges.

        Args:
            plan: What was asked for.
            exchanges: How it went.
            rigid: The objects whose change means that the device must be looked at anew.
            repetitions: How much was asked for at once.
        """
        self.plan = plan
        self.repetitions = repetitions
        self.rigid = rigid
        self.beats = [_beat(exchange, rigid) for exchange in exchanges]
        self.count = sum(len(beat.kept) for beat in self.beats)
        self._where: dict[bytes, Place | None] = {}

    @property
    def form(self) -> tuple[tuple[tuple[bytes, ...], tuple[int, ...]], ...]:
        """The names that each answer brings and which of them count: alike for alike devices."""
        return tuple((beat.template.oids, tuple(beat.kept)) for beat in self.beats)

    def place_of(self, oid: bytes) -> Place | None:
        """Where a value stands; None when the device has none. Remembered, so ask for few."""
        if oid not in self._where:
            self._where[oid] = next((place for name, place in self.places() if name == oid), None)
        return self._where[oid]

    def places(self) -> Iterator[tuple[bytes, Place]]:
        """Every value's name and place."""
        for number, beat in enumerate(self.beats):
            for at in beat.kept:
                yield beat.template.oids[at], (number, at)


def _beat(exchange: Exchange, rigid: Collection[bytes]) -> Beat:
    pdu, ask = exchange.pdu, exchange.ask
    template = template_of(pdu.varbinds, pdu.oids, pdu.tlvs, rigid)
    kept: Sequence[int] = exchange.kept
    if kept == tuple(range(len(kept))):
        kept = _first(len(kept))
    shared = _ask(ask.pdu_tag, ask.varbinds, ask.non_repeaters, ask.max_repetitions)
    return Beat(shared, template, pdu.varbinds, kept)


@lru_cache(maxsize=4096)
def _ask(pdu_tag: int, varbinds: bytes, non_repeaters: int, max_repetitions: int) -> Ask:
    """One and the same request for all devices that are asked it."""
    return Ask(pdu_tag, varbinds, non_repeaters, max_repetitions)


@lru_cache(maxsize=1024)
def _first(count: int) -> range:
    return range(count)


class Replayed(Mapping[bytes, bytes]):
    """The values of a replayed poll: OID to tag-length-value, cut out only when asked for."""

    __slots__ = ("_answers", "script")

    def __init__(self, script: Script, answers: Sequence[tuple[Template, bytes]]) -> None:
        self.script = script
        self._answers = answers

    def __getitem__(self, oid: bytes) -> bytes:
        place = self.script.place_of(oid)
        if place is None:
            raise KeyError(oid)
        return self.at(place)

    def __iter__(self) -> Iterator[bytes]:
        return (oid for oid, _ in self.script.places())

    def __len__(self) -> int:
        return self.script.count

    @property
    def answers(self) -> Sequence[tuple[Template, bytes]]:
        """The form and the bytes of each beat's answer."""
        return self._answers

    def at(self, place: Place) -> bytes:
        """The value at a place: tag, length and content."""
        template, varbinds = self._answers[place[0]]
        start, stop = template.spans[place[1]]
        return varbinds[start:stop]


class Replay:
    """Works through a script as `Inquiry` works through a plan."""

    def __init__(self, script: Script, repetitions: int) -> None:
        self._script = script
        self._repetitions = repetitions
        self._answers: list[tuple[Template, bytes]] = []
        self._anew: Inquiry | None = None

    @property
    def done(self) -> bool:
        """Whether nothing is left to ask."""
        if self._anew is not None:
            return self._anew.done
        return len(self._answers) == len(self._script.beats)

    @property
    def repetitions(self) -> int:
        """Varbinds to ask for at once, as far as it was found out; 0 where GETBULK fails."""
        return self._repetitions if self._anew is None else self._anew.repetitions

    @property
    def told(self) -> bool:
        """Whether the agent itself has said how much is too much for it."""
        return self._anew is not None and self._anew.told

    @property
    def notes(self) -> list[str]:
        """Why something is missing."""
        return [] if self._anew is None else self._anew.notes

    @property
    def late(self) -> bool:
        """Whether the last answer was to the request before the one that was shrunk."""
        return self._anew is not None and self._anew.late

    @property
    def values(self) -> Mapping[bytes, bytes]:
        """What was read; a plain dictionary when not all was."""
        if self._anew is not None:
            return self._anew.values
        replayed = Replayed(self._script, self._answers)
        if self.done:
            return replayed
        so_far = len(self._answers)
        places = self._script.places()
        return {oid: replayed.at(place) for oid, place in places if place[0] < so_far}

    @property
    def exchanges(self) -> Sequence[Exchange]:
        """What an inquiry has gone through; nothing new in a replay."""
        return () if self._anew is None else self._anew.exchanges

    @property
    def expected(self) -> Template | None:
        """The form that the next answer should have."""
        if self._anew is not None:
            return None
        return self._script.beats[len(self._answers)].template

    def ask(self) -> Ask:
        """The request to send now."""
        if self._anew is not None:
            return self._anew.ask()
        return self._script.beats[len(self._answers)].ask

    def take(self, pdu: Pdu) -> None:
        """Digests the answer; begins anew where it is not what it was."""
        if self._anew is not None:
            self._anew.take(pdu)
            return
        beat = self._script.beats[len(self._answers)]
        if pdu.template is not beat.template and not self._reshape(beat, pdu):
            self._begin_anew()
            return
        beat.varbinds = pdu.varbinds
        self._answers.append((beat.template, pdu.varbinds))

    def shrink(self) -> bool:
        """Begins anew, since no script asks for less; see `Course.shrink`."""
        if self._anew is not None:
            return self._anew.shrink()
        self._begin_anew()
        return False

    def _begin_anew(self) -> None:
        self._anew = self._anew or Inquiry(self._script.plan, self._repetitions)

    def _reshape(self, beat: Beat, pdu: Pdu) -> bool:
        """Takes over the answer's form when only lengths and texts of no weight are different."""
        if pdu.error_status:
            return False
        old, new, kept = beat.template.oids, pdu.oids, beat.kept
        if kept and len(new) <= kept[-1]:
            return False
        if any(new[at] != old[at] or self._is_other(beat, at, pdu) for at in kept):
            return False
        if any(self._is_news(beat, at, pdu) for at in set(range(len(new))).difference(kept)):
            return False
        beat.template = template_of(pdu.varbinds, pdu.oids, pdu.tlvs, self._script.rigid)
        return True

    def _is_news(self, beat: Beat, at: int, pdu: Pdu) -> bool:
        """Whether something that was not kept belongs to the poll now."""
        oid, template = pdu.oids[at], beat.template
        if at >= len(template.oids) or oid != template.oids[at]:
            return self._script.plan.covers(oid)
        was_none = beat.varbinds[template.spans[at][0]] in EXCEPTIONS
        return was_none and pdu.tlvs[at][0] not in EXCEPTIONS

    def _is_other(self, beat: Beat, at: int, pdu: Pdu) -> bool:
        """Whether a value that must not change has, or has lost its type."""
        start, stop = beat.template.spans[at]
        before = beat.varbinds[start:stop]
        if pdu.oids[at] in self._script.rigid:
            return pdu.tlvs[at] != before
        return pdu.tlvs[at][0] != before[0]

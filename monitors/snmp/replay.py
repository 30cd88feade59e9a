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


@dataclass(frozen=True, slots=True, eq=False)
class Beat:
    """One request: one and the same object for all devices that are asked it."""

    ask: Ask
    kept: Sequence[int]
    """The varbinds that belong to the poll; others only show that a table has ended."""


class Script:
    """What one device is asked, poll by poll, and in which forms it last answered."""

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
        self.beats = _shared(tuple(map(_beat, exchanges)))
        self.templates = [_template(exchange, rigid) for exchange in exchanges]
        """The form of each beat's last answer."""
        self.count = sum(len(beat.kept) for beat in self.beats)
        self._where: dict[bytes, Place | None] = {}

    @property
    def form(self) -> tuple[tuple[tuple[bytes, ...], tuple[int, ...]], ...]:
        """The names that each answer brings and which of them count: alike for alike devices."""
        beats = zip(self.templates, self.beats, strict=True)
        return tuple((template.oids, tuple(beat.kept)) for template, beat in beats)

    def place_of(self, oid: bytes) -> Place | None:
        """Where a value stands; None when the device has none. Remembered, so ask for few."""
        if oid not in self._where:
            self._where[oid] = next((place for name, place in self.places() if name == oid), None)
        return self._where[oid]

    def places(self) -> Iterator[tuple[bytes, Place]]:
        """Every value's name and place."""
        for number, (template, beat) in enumerate(zip(self.templates, self.beats, strict=True)):
            for at in beat.kept:
                yield template.oids[at], (number, at)


def _template(exchange: Exchange, rigid: Collection[bytes]) -> Template:
    pdu = exchange.pdu
    return template_of(pdu.varbinds, pdu.oids, pdu.tlvs, rigid)


def _beat(exchange: Exchange) -> Beat:
    kept: Sequence[int] = exchange.kept
    if kept == tuple(range(len(kept))):
        kept = range(len(kept))
    ask = exchange.ask
    return _shared_beat(ask.pdu_tag, ask.varbinds, ask.non_repeaters, ask.max_repetitions, kept)


@lru_cache(maxsize=4096)
def _shared_beat(
    pdu_tag: int,
    varbinds: bytes,
    non_repeaters: int,
    max_repetitions: int,
    kept: Sequence[int],
) -> Beat:
    return Beat(Ask(pdu_tag, varbinds, non_repeaters, max_repetitions), kept)


@lru_cache(maxsize=1024)
def _shared(beats: tuple[Beat, ...]) -> tuple[Beat, ...]:
    return beats


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
        return self._script.templates[len(self._answers)]

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
        number, templates = len(self._answers), self._script.templates
        if pdu.template is not templates[number]:
            if not self._has_only_other_lengths(number, pdu):
                self._begin_anew()
                return
            rigid = self._script.rigid
            templates[number] = template_of(pdu.varbinds, pdu.oids, pdu.tlvs, rigid)
        self._answers.append((templates[number], pdu.varbinds))

    def shrink(self) -> bool:
        """Begins anew, since no script asks for less; see `Course.shrink`."""
        if self._anew is not None:
            return self._anew.shrink()
        self._begin_anew()
        return False

    def _begin_anew(self) -> None:
        self._anew = self._anew or Inquiry(self._script.plan, self._repetitions)

    def _has_only_other_lengths(self, number: int, pdu: Pdu) -> bool:
        """Whether only lengths, and texts of no weight, are different from the form before."""
        if pdu.error_status:
            return False
        template, kept = self._script.templates[number], self._script.beats[number].kept
        old, new, before = template.oids, pdu.oids, template.skeleton
        if kept and len(new) <= kept[-1]:
            return False
        values = [before[start:stop] for start, stop in template.spans]
        if any(new[at] != old[at] or self._is_other(values[at], at, pdu) for at in kept):
            return False
        others = set(range(len(new))).difference(kept)
        return not any(self._is_news(template, values, at, pdu) for at in others)

    def _is_news(self, template: Template, values: Sequence[bytes], at: int, pdu: Pdu) -> bool:
        """Whether something that was not kept belongs to the poll now."""
        oid = pdu.oids[at]
        if at >= len(template.oids) or oid != template.oids[at]:
            return self._script.plan.covers(oid)
        return values[at][0] in EXCEPTIONS and pdu.tlvs[at][0] not in EXCEPTIONS

    def _is_other(self, before: bytes, at: int, pdu: Pdu) -> bool:
        """Whether a value that must not change has, or has lost its type."""
        if pdu.oids[at] in self._script.rigid:
            return pdu.tlvs[at] != before
        return pdu.tlvs[at][0] != before[0]

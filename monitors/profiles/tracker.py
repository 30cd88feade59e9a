"""One device's readings from poll to poll: only what has changed on the wire is worked out anew."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from weakref import WeakKeyDictionary

from monitors.profiles.layout import Layout
from monitors.reading import State
from monitors.readings import Measured, Readings, SensorSet, Verdict
from monitors.snmp.replay import Place, Replayed, Script
from monitors.snmp.template import Template

_ABSENT = Measured(0, State.OK, "")
"""Keeps the place of a slot that has no reading now."""

_NONE: frozenset[int] = frozenset()

T = TypeVar("T")

Run = tuple[int, int, int]
"""First slot, place of its number among those of an answer, how many follow one another in both."""
Numbers = tuple[tuple[Run, ...], tuple[int, ...]]
"""Where numbers go; then the slots whose number is none."""
Mark = bytes | int
"""Of an answer, what shows that the next one is another: its hash, or all of it where that tells
which of the worked slots have changed."""


@dataclass(frozen=True, slots=True)
class _Beat:
    direct: tuple[tuple[int, int], ...]
    """Slot, and the varbind that is its value."""
    worked_places: Mapping[int, tuple[int, ...]]
    """Slots into which varbinds of this answer go otherwise, and which varbinds those are."""


class Routes:
    """Which slot gets its value from where; the same for all devices of one layout and script."""

    def __init__(self, layout: Layout, script: Script) -> None:
        places = dict(script.places())
        self.inputs: dict[int, tuple[Place | None, ...]] = {}
        direct: list[list[tuple[int, int]]] = [[] for _ in script.beats]
        worked: list[dict[int, tuple[int, ...]]] = [{} for _ in script.beats]
        for number, slot in enumerate(layout.slots):
            found = tuple(map(places.get, slot.inputs))
            self.inputs[number] = found
            if slot.is_direct and found[0] is not None:
                beat, at = found[0]
                direct[beat].append((number, at))
            else:
                for beat, at in filter(None, found):
                    worked[beat][number] = (*worked[beat].get(number, ()), at)
        pairs = zip(direct, worked, strict=True)
        self.beats = [_Beat(tuple(one), other) for one, other in pairs]
        self._numbers: WeakKeyDictionary[Template, dict[int, Numbers]] = WeakKeyDictionary()

    def numbers(self, beat: int, template: Template) -> Numbers:
        """Where the direct slots of a beat find their numbers in an answer of this form."""
        known = self._numbers.setdefault(template, {})
        if beat not in known:
            at = template.number_at
            direct = self.beats[beat].direct
            known[beat] = (
                _runs((slot, at[place]) for slot, place in direct if place in at),
                tuple(slot for slot, place in direct if place not in at),
            )
        return known[beat]

    def mark(self, beat: int, varbinds: bytes) -> Mark:
        """What to remember of an answer."""
        return varbinds if self.beats[beat].worked_places else hash(varbinds)

    def changed(
        self, beat: int, then: Mark | None, template: Template, now: bytes
    ) -> Iterable[int]:
        """The worked slots of a beat of which some input is not what it was.

        `then` is the mark of the last answer, if it had the same form.
        """
        places, spans = self.beats[beat].worked_places, template.spans
        if not isinstance(then, bytes):
            return places
        return [
            slot
            for slot, ats in places.items()
            if any(
                then[spans[at][0] : spans[at][1]] != now[spans[at][0] : spans[at][1]] for at in ats
            )
        ]


def _runs(pairs: Iterable[tuple[int, int]]) -> tuple[Run, ...]:
    """Slots and places, with those together that follow one another in both."""
    runs: list[Run] = []
    for slot, at in pairs:
        first, begun, count = runs[-1] if runs else (-1, -1, 0)
        if count and (slot, at) == (first + count, begun + count):
            runs[-1] = first, begun, count + 1
        else:
            runs.append((slot, at, 1))
    return tuple(runs)


_ROUTES: WeakKeyDictionary[Layout, dict[object, Routes]] = WeakKeyDictionary()
MOST_ROUTES = 16
"""Of one layout; agents that cut their answers ever differently shall not fill the memory."""


def _routes(layout: Layout, script: Script) -> Routes:
    known = _ROUTES.setdefault(layout, {})
    form = script.form
    if form not in known:
        if len(known) >= MOST_ROUTES:
            known.clear()
        known[form] = Routes(layout, script)
    return known[form]


class Tracker:
    """The readings of one device that is polled by one script."""

    def __init__(self, layout: Layout, script: Script) -> None:
        self.layout = layout
        self.script = script
        self._routes = _routes(layout, script)
        self._forms: list[Template | None] = [None] * len(script.beats)
        self._marks: list[Mark | None] = [None] * len(script.beats)
        """Forms and marks of the last answers."""
        # Tuples, of which those of the last readings serve where nothing is lacking.
        count = len(layout.slots)
        self._values: tuple[float, ...] = (0,) * count
        self._states: tuple[State, ...] = (State.OK,) * count
        self._texts: tuple[str, ...] = ("",) * count
        self._gone: frozenset[int] = frozenset(range(count))
        """Slots without a reading."""
        self._latest: Readings | None = None

    def readings(self, poll: Replayed) -> Readings:
        """The readings of a poll of the script; the same object where nothing has changed."""
        judged_anew = self._take(poll)
        latest = self._latest
        if judged_anew or latest is None:
            latest = self._collect()
        else:
            values = self._present(self._values)
            if values != latest.values:
                latest = Readings(latest.sensors, values, latest.verdict)
            elif not self._gone:
                self._values = latest.values
        self._latest = latest
        return latest

    def _take(self, poll: Replayed) -> bool:
        """Takes in what has changed; whether a state, a word or the presence of a sensor has."""
        values, forms, marks = list(self._values), self._forms, self._marks
        routes = self._routes
        touched: set[int] = set()
        came = False
        for beat, (template, varbinds) in enumerate(poll.answers):
            mark = routes.mark(beat, varbinds)
            if mark == marks[beat]:
                continue
            before = marks[beat] if forms[beat] is template else None
            forms[beat], marks[beat] = template, mark
            runs, odd = routes.numbers(beat, template)
            if runs:
                numbers = template.numbers(varbinds)
                for slot, at, count in runs:
                    values[slot : slot + count] = numbers[at : at + count]
                if self._gone:
                    came |= self._return(
                        {slot + n for slot, _, count in runs for n in range(count)}
                    )
            touched.update(routes.changed(beat, before, template, varbinds), odd)
        came |= self._work(poll, touched, values)
        self._values = tuple(values)
        return came

    def _return(self, slots: set[int]) -> bool:
        """Notes that these slots have readings; whether one had none."""
        come = self._gone & slots
        self._gone = (self._gone - come) or _NONE
        return bool(come)

    def _work(self, poll: Replayed, slots: Iterable[int], values: list[float]) -> bool:
        turned: set[int] = set()
        said: dict[int, Measured] = {}
        for slot in slots:
            raw = tuple(place and poll.at(place) for place in self._routes.inputs[slot])
            measured = self.layout.slots[slot].measure(raw)
            if (measured is None) is not (slot in self._gone):
                turned.add(slot)
            value, state, text = measured or _ABSENT
            values[slot] = value
            if state is not self._states[slot] or text != self._texts[slot]:
                said[slot] = measured or _ABSENT
        if turned:
            self._gone = (self._gone ^ turned) or _NONE
        if said:
            self._say(said)
        return bool(turned or said)

    def _say(self, said: Mapping[int, Measured]) -> None:
        states, texts = list(self._states), list(self._texts)
        for slot, (_, state, text) in said.items():
            states[slot], texts[slot] = state, text
        self._states, self._texts = tuple(states), tuple(texts)

    def _collect(self) -> Readings:
        sensors = SensorSet.of(self._present(self.layout.sources))
        verdict = Verdict.of(self._present(self._states), self._present(self._texts))
        if not self._gone:
            self._states, self._texts = verdict.states, verdict.texts
        return Readings(sensors, self._present(self._values), verdict)

    def _present(self, items: tuple[T, ...]) -> tuple[T, ...]:
        gone = self._gone
        if not gone:
            return items
        return tuple([item for slot, item in enumerate(items) if slot not in gone])

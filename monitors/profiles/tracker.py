"""One device's readings from poll to poll: only what has changed on the wire is worked out anew."""

from collections.abc import Iterable, Sequence
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

T = TypeVar("T")

Numbers = tuple[tuple[tuple[int, int], ...], tuple[int, ...]]
"""Slot and place of its number among those of an answer; then the slots whose number is none."""


@dataclass(frozen=True, slots=True)
class _Beat:
    direct: tuple[tuple[int, int], ...]
    """Slot, and the varbind that is its value."""
    worked: tuple[int, ...]
    """Slots into which some varbind of this answer goes."""


class Routes:
    """Which slot gets its value from where; the same for all devices of one layout and script."""

    def __init__(self, layout: Layout, script: Script) -> None:
        places = dict(script.places())
        self.inputs: dict[int, tuple[Place | None, ...]] = {}
        direct: list[list[tuple[int, int]]] = [[] for _ in script.beats]
        worked: list[set[int]] = [set() for _ in script.beats]
        for number, slot in enumerate(layout.slots):
            found = tuple(map(places.get, slot.inputs))
            self.inputs[number] = found
            if slot.is_direct and found[0] is not None:
                beat, at = found[0]
                direct[beat].append((number, at))
            else:
                for place in filter(None, found):
                    worked[place[0]].add(number)
        pairs = zip(direct, worked, strict=True)
        self.beats = [_Beat(tuple(one), tuple(sorted(other))) for one, other in pairs]
        self._numbers: WeakKeyDictionary[Template, dict[int, Numbers]] = WeakKeyDictionary()

    def numbers(self, beat: int, template: Template) -> Numbers:
        """Where the direct slots of a beat find their numbers in an answer of this form."""
        known = self._numbers.setdefault(template, {})
        if beat not in known:
            at = template.number_at
            direct = self.beats[beat].direct
            known[beat] = (
                tuple((slot, at[place]) for slot, place in direct if place in at),
                tuple(slot for slot, place in direct if place not in at),
            )
        return known[beat]


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
        self._seen: list[bytes] = [b""] * len(script.beats)
        self._values: list[float] = [0] * len(layout.slots)
        self._states: list[State] = [State.OK] * len(layout.slots)
        self._texts: list[str] = [""] * len(layout.slots)
        self._gone: set[int] = set(range(len(layout.slots)))
        """Slots without a reading."""
        self._latest: Readings | None = None

    def readings(self, poll: Replayed) -> Readings:
        """The readings of a poll of the script."""
        judged_anew = self._take(poll)
        latest = self._latest
        if judged_anew or latest is None:
            latest = self._collect(latest)
        elif not self._gone:
            latest = Readings(latest.sensors, tuple(self._values), latest.verdict)
        else:
            latest = Readings(latest.sensors, self._present(self._values), latest.verdict)
        self._latest = latest
        return latest

    def _take(self, poll: Replayed) -> bool:
        """Takes in what has changed; whether a state, a word or the presence of a sensor has."""
        values, seen, routes = self._values, self._seen, self._routes
        touched: set[int] = set()
        came = False
        for beat, (template, varbinds) in enumerate(poll.answers):
            if varbinds == seen[beat]:
                continue
            seen[beat] = varbinds
            direct, odd = routes.numbers(beat, template)
            if direct:
                numbers = template.numbers(varbinds)
                for slot, at in direct:
                    values[slot] = numbers[at]
                if self._gone and not self._gone.isdisjoint(slot for slot, _ in direct):
                    self._gone.difference_update(slot for slot, _ in direct)
                    came = True
            touched.update(routes.beats[beat].worked, odd)
        return self._work(poll, touched) or came

    def _work(self, poll: Replayed, slots: Iterable[int]) -> bool:
        changed = False
        for slot in slots:
            raw = tuple(place and poll.at(place) for place in self._routes.inputs[slot])
            measured = self.layout.slots[slot].measure(raw)
            if (measured is None) is not (slot in self._gone):
                self._gone ^= {slot}
                changed = True
            value, state, text = measured or _ABSENT
            self._values[slot] = value
            if state is not self._states[slot] or text != self._texts[slot]:
                self._states[slot], self._texts[slot] = state, text
                changed = True
        return changed

    def _collect(self, before: Readings | None) -> Readings:
        sensors = SensorSet.of(self._present(self.layout.sources))
        verdict = Verdict(self._present(self._states), self._present(self._texts))
        if before is not None and before.sensors is sensors and before.verdict == verdict:
            verdict = before.verdict
        return Readings(sensors, self._present(self._values), verdict)

    def _present(self, items: Sequence[T]) -> tuple[T, ...]:
        gone = self._gone
        return tuple(item for slot, item in enumerate(items) if slot not in gone)

"""How the polls over one protocol become settled parts, after hysteresis. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitors.presence import Presence
from monitors.probe import Poll, ProblemKind
from monitors.quantity import quantity
from monitors.reading import Reading, SensorClass, State, worst
from monitors.readings import Readings, SensorSet, Verdict
from monitors.sensors import NOTHING, SensorKey, SensorMemory, Sighting

SILENCE = frozenset({ProblemKind.SILENT, ProblemKind.UNREACHABLE})
"""Problems that say nothing lives there; the others come from something that answers."""


@dataclass(frozen=True, slots=True)
class Damping:
    """How many polls in a row it takes to believe a change."""

    worsen_after: int = 1
    """A worse state: at once, since an alert's own on-delay guards people from blips."""
    recover_after: int = 2
    vanish_after: int = 2
    """Polls without a sensor that was there before."""
    silent_after: int = 2
    """Polls without an answer."""
    stale_after: float = 2.5
    """Intervals after which readings are stale."""


@dataclass(slots=True)
class SeenPart:
    """One component as one protocol sees it."""

    state: State
    since: datetime
    text: str = ""
    name: str = ""
    candidate: State | None = None
    seen: int = 0
    """How many polls in a row have brought the candidate."""
    vanished: bool = False
    missing: tuple[str, ...] = ()
    remembered: bool = False
    """Known from an earlier run only: the first poll settles it at once."""

    @property
    def at_rest(self) -> bool:
        """Whether the same readings once more would change nothing."""
        return self.candidate is None and not (self.remembered or self.missing or self.vanished)


@dataclass(frozen=True, slots=True)
class _Settled:
    """All of a poll that parts depend on: numbers count only where they are said, in bad states."""

    sensors: SensorSet
    verdict: Verdict
    bad_values: tuple[float, ...]

    @classmethod
    def by(cls, readings: Readings) -> "_Settled":
        verdict = readings.verdict
        bad = tuple(readings.values[at] for at in verdict.bad)
        return cls(readings.sensors, verdict, bad)


@dataclass(slots=True)
class ProtocolHealth:
    """What one protocol has told of one device."""

    protocol: str
    interval_s: float
    damping: Damping
    last: Poll | None = None
    succeeded: Poll | None = None
    """The last poll that brought readings, without those of empty places that nobody misses."""
    failures: int = 0
    sensors: SensorMemory = field(init=False)
    presence: Presence = field(init=False)
    parts: dict[str, SeenPart] = field(default_factory=dict)
    judged: int = 0
    """Grows whenever a part may have changed."""
    _settled: "_Settled | None" = None

    def __post_init__(self) -> None:
        self.sensors = SensorMemory(self.damping.vanish_after)
        self.presence = Presence(self.sensors)

    @property
    def failing(self) -> bool:
        """Whether so many polls in a row brought nothing that it is no blip."""
        return self.failures >= self.damping.silent_after

    @property
    def silent(self) -> bool:
        """Whether nothing has answered for so many polls that nothing lives there."""
        problem = self.last.problem if self.last else None
        return self.failing and problem is not None and problem.kind in SILENCE

    @property
    def decided(self) -> bool:
        """Whether it has brought readings, or failed often enough, since the start."""
        return self.succeeded is not None or self.failing

    @property
    def told_all(self) -> bool:
        """Whether its last readings are all that the device has."""
        poll = self.succeeded
        return poll is not None and poll.problem is None and not poll.settling

    @property
    def fresh_until(self) -> datetime | None:
        """When the readings become stale; None before the first ones."""
        if self.succeeded is None:
            return None
        lasting_s = self.damping.stale_after * self.interval_s + self.succeeded.duration_s
        return self.succeeded.started_at + timedelta(seconds=lasting_s)

    def absorb(self, poll: Poll) -> Sighting:
        """Takes in one poll; returns what it taught about the sensors."""
        self.last = poll
        if poll.problem is not None and not poll.readings:
            self.failures += 1
            return NOTHING
        self.failures = 0
        whole = poll.problem is None and not poll.settling
        readings = self.presence.settle(Readings.of(poll.readings), complete=whole)
        if readings is not poll.readings:
            poll = replace(poll, readings=readings)
        self.last = self.succeeded = poll
        settled = _Settled.by(readings)
        # Also of a device that has just restarted: what lacks nothing leaves nothing to be judged.
        if settled == self._settled:
            return NOTHING
        sighting = self._judge(readings, poll)
        at_rest = self.sensors.whole and all(part.at_rest for part in self.parts.values())
        self._settled = settled if at_rest else None
        return sighting

    def _judge(self, readings: Readings, poll: Poll) -> Sighting:
        self.judged += 1
        by_component: dict[str, list[Reading]] = {}
        for reading in readings:
            by_component.setdefault(reading.component, []).append(reading)
        complete, settling = poll.problem is None, poll.settling
        proved = self._proved(readings)
        sighting = self.sensors.sight(proved, complete=complete, settling=settling)
        self._move_parts(sighting)
        # Of a part that is gone, so are its numbers: it is one failure.
        empty = self.presence.missed
        missing = {part: keys for part, keys in sighting.missing.items() if part not in empty}
        for component in {*by_component, *missing}:
            self._settle(component, by_component.get(component, []), missing, poll.started_at)
        if not self.parts.keys() <= by_component.keys():
            self._drop_empty_parts(by_component)
        return sighting

    def _proved(self, readings: Readings) -> frozenset[SensorKey]:
        """The sensors to remember: a state that never was anything but unknown proves no part."""
        at_places = readings.sensors.sensors
        unproved = {
            SensorKey(at_places[at].component, SensorClass.STATE, at_places[at].name)
            for at in readings.verdict.bad
            if readings.verdict.states[at] is State.UNKNOWN
            and at_places[at].sensor_class is SensorClass.STATE
        }
        unproved -= self.sensors.expected
        return readings.sensors.keys - unproved if unproved else readings.sensors.keys

    def expect(self, sensors: Iterable[SensorKey], since: datetime) -> None:
        """Takes up what an earlier run of the monitor has seen."""
        known = tuple(sensors)
        self.sensors.expect(known)
        self.judged += 1
        self._settled = None
        for sensor in known:
            self.parts.setdefault(
                sensor.component,
                SeenPart(State.UNKNOWN, since, "not read yet", sensor.name, remembered=True),
            )

    def retire(self, sensors: Iterable[SensorKey]) -> None:
        """Forgets sensors; a part without any is forgotten, too."""
        self.sensors.retire(sensors)
        self._drop_empty_parts()
        self.judged += 1
        self._settled = None

    @property
    def missing(self) -> frozenset[SensorKey]:
        """The sensors that were seen once: no longer reported, or of a part that is not there."""
        empty = {key.component for key in self.presence.retirable}
        gone = {key for keys in self.sensors.missing.values() for key in keys}
        gone |= {key for key in self.sensors.awaited if key.component in empty}
        kept = self.presence.expected.components | (self.presence.missed - empty)
        return self.presence.retirable.union(key for key in gone if key.component not in kept)

    def follow(self, newer: "ProtocolHealth") -> None:
        """Takes up what a newer inventory says of the same protocol."""
        self.interval_s = newer.interval_s
        self.presence.expect(newer.presence.expected)

    def _move_parts(self, sighting: Sighting) -> None:
        """A part that came back under another index keeps its state and its past."""
        if not sighting.moved:
            return
        for before, after in sighting.moved.items():
            part = self.parts.get(before.component)
            if part is not None:
                self.parts.setdefault(after.component, part)
        self._drop_empty_parts()

    def _drop_empty_parts(self, reported: Iterable[str] = ()) -> None:
        kept = {sensor.component for sensor in self.sensors.expected}.union(reported)
        self.parts = {name: part for name, part in self.parts.items() if name in kept}

    def _settle(
        self,
        component: str,
        readings: list[Reading],
        missing: Mapping[str, tuple[SensorKey, ...]],
        at: datetime,
    ) -> None:
        gone = missing.get(component, ())
        state = worst(*(r.state for r in readings), *([State.UNKNOWN] if gone else []))
        part = self.parts.get(component)
        if part is None:
            part = self.parts[component] = SeenPart(state, at)
        part.name = _name_of(component, readings) or part.name
        part.vanished = bool(gone) and not readings
        part.missing = tuple(sensor.name for sensor in gone)
        self._damp(part, state, at)
        part.text = _why(part, readings, gone) or part.text

    def _damp(self, part: SeenPart, state: State, at: datetime) -> None:
        if state is part.state:
            part.candidate, part.seen = None, 0
            return
        part.seen = part.seen + 1 if state is part.candidate else 1
        part.candidate = state
        worse = worst(state, part.state) is state
        needed = self.damping.worsen_after if worse else self.damping.recover_after
        if part.seen >= needed or part.remembered:
            part.state, part.since = state, at
            part.remembered = False
            part.candidate, part.seen = None, 0


def _name_of(component: str, readings: list[Reading]) -> str:
    """What people call the part: the name of its state reading, else of its first one."""
    stated = (r.name for r in readings if r.sensor_class is SensorClass.STATE)
    return next(stated, readings[0].name if readings and component else "")


def _why(part: SeenPart, readings: list[Reading], gone: Collection[SensorKey]) -> str:
    """The reading behind a state, in one line; its name only where it is not the part's own."""
    state = part.state
    for reading in readings:
        if reading.state is state and state is not State.OK:
            said = reading.text or quantity(reading.value, reading.unit)
            return said if reading.name == part.name else f"{reading.name}: {said}"
    if gone and state is State.UNKNOWN:
        names = ", ".join(sorted(sensor.name for sensor in gone)[:3])
        return f"{names}: no longer reported"
    if state is not State.OK:  # about to recover: what was wrong is still the reason
        return ""
    stated = (r.text for r in readings if r.sensor_class is SensorClass.STATE and r.text)
    return next(stated, "ok" if readings else "")

"""How polls become settled states: what each part of one device is, after hysteresis. Pure.

A `DeviceHealth` remembers one device. It is told of every poll and of nothing else, so that a
recorded history always gives the same states.
"""

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from operator import is_

from monitors.presence import BY_INVENTORY, NOTHING_EXPECTED, Expected, Presence
from monitors.probe import Identity, Poll, ProblemKind
from monitors.quantity import quantity
from monitors.reading import Reading, SensorClass, State, worst
from monitors.readings import JoinedReadings, Readings, SensorSet, Verdict
from monitors.sensors import NOTHING, SensorKey, SensorMemory, Sighting, kind_of

OF_BMC = frozenset({"ipmi", "redfish"})
"""Protocols in which a BMC speaks, which lives when its host is dead."""

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
class _Part:
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
class Part:
    """One component of a device, settled."""

    id: str
    name: str
    state: State
    since: datetime
    text: str
    vanished: bool
    """None of its sensors is reported any more."""
    missing: tuple[str, ...] = ()
    """The names of its sensors that are no longer reported."""

    @property
    def kind(self) -> str:
        """`power_supply` of `power_supply:2`; `device` for the device itself."""
        return kind_of(self.id)

    @property
    def index(self) -> str:
        """`2` of `power_supply:2`."""
        return self.id.partition(":")[2]


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
    parts: dict[str, _Part] = field(default_factory=dict)
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
        self.last = self.succeeded = poll = replace(poll, readings=readings)
        settled = _Settled.by(readings)
        if whole and settled == self._settled:
            return NOTHING
        sighting = self._judge(readings, poll)
        quiet = whole and self.sensors.whole
        at_rest = quiet and all(part.at_rest for part in self.parts.values())
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
                _Part(State.UNKNOWN, since, "not read yet", sensor.name, remembered=True),
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
            part = self.parts[component] = _Part(state, at)
        part.name = _name_of(component, readings) or part.name
        part.vanished = bool(gone) and not readings
        part.missing = tuple(sensor.name for sensor in gone)
        self._damp(part, state, at)
        part.text = _why(part, readings, gone) or part.text

    def _damp(self, part: _Part, state: State, at: datetime) -> None:
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


class UnreportedParts:
    """The parts that the inventory expects and that no protocol has ever told of."""

    def __init__(self, expected: Collection[str]) -> None:
        self._expected = frozenset(expected)
        self._since: dict[str, datetime] = {}
        self.judged = 0
        """Grows whenever a part may have changed."""

    def look(self, protocols: Collection[ProtocolHealth], at: datetime) -> None:
        """After a poll at that moment. A device that has not told all yet may still tell of it."""
        if not self._expected or not all(p.succeeded and not p.failures for p in protocols):
            return
        lacking = self._expected.difference(*(protocol.parts for protocol in protocols))
        if lacking != self._since.keys():
            self._since = {part: self._since.get(part, at) for part in lacking}
            self.judged += 1

    @property
    def parts(self) -> list[Part]:
        """Unknown, not critical: as of all that is not reported, nobody says that it has failed."""
        return [
            Part(part, "", State.UNKNOWN, since, f"not reported: {BY_INVENTORY}", vanished=True)
            for part, since in self._since.items()
        ]


class DeviceHealth:
    """What is known of one device from all the protocols that read it."""

    def __init__(
        self,
        name: str,
        protocols: Mapping[str, float],
        damping: Damping | None = None,
        expected: Expected = NOTHING_EXPECTED,
    ) -> None:
        """`protocols` gives each protocol's polling interval in seconds."""
        self.name = name
        self.version = 0
        """Grows with every poll: what was worked out of an older version is out of date."""
        self._parts: tuple[int, tuple[Part, ...]] = (-1, ())
        self._bad_parts: tuple[int, tuple[Part, ...]] = (-1, ())
        self._classed: list[Readings] = []
        self._of_class: dict[SensorClass, tuple[Reading, ...]] = {}
        self.protocols = {
            protocol: ProtocolHealth(protocol, interval_s, damping or Damping())
            for protocol, interval_s in protocols.items()
        }
        for each in self.protocols.values():
            each.presence.expect(expected)
        self._unreported = UnreportedParts(expected.components)

    def absorb(self, poll: Poll) -> Sighting:
        """Takes in one poll; returns what it taught about the sensors."""
        self.version += 1
        sighting = self.protocols[poll.protocol].absorb(poll)
        self._unreported.look(self.protocols.values(), poll.started_at)
        return sighting

    def retire(self, protocol: str, sensors: Iterable[SensorKey]) -> None:
        """Forgets sensors of one protocol."""
        self.version += 1
        self.protocols[protocol].retire(sensors)

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every component, ordered by id; where two protocols see one, the worse view counts."""
        if self._parts[0] != self.judged:
            self._parts = (self.judged, self._merged())
        return self._parts[1]

    @property
    def judged(self) -> int:
        """Grows whenever a part, a state or a word may have changed."""
        of_protocols = sum(protocol.judged for protocol in self.protocols.values())
        return of_protocols + self._unreported.judged

    def is_expected(self, component: str) -> bool:
        """Whether the inventory wants a part that is not there."""
        return any(part.id == component for part in self._unreported.parts) or any(
            component in protocol.presence.missed - {key.component for key in protocol.missing}
            for protocol in self.protocols.values()
        )

    @property
    def bad_parts(self) -> tuple[Part, ...]:
        """The components that are not ok."""
        if self._bad_parts[0] != self.judged:
            bad = (part for part in self.parts if part.state is not State.OK or part.vanished)
            self._bad_parts = (self.judged, tuple(bad))
        return self._bad_parts[1]

    @property
    def readings(self) -> Sequence[Reading]:
        """The last readings of every protocol."""
        parts = self.readings_of(self.protocols)
        return parts[0] if len(parts) == 1 else JoinedReadings(parts)

    @property
    def bad_readings(self) -> list[Reading]:
        """The last readings whose state is not ok."""
        parts = self.readings_of(self.protocols)
        return [part[at] for part in parts for at in part.verdict.bad]

    def of_class(self, sensor_class: SensorClass) -> tuple[Reading, ...]:
        """The last readings of one class."""
        parts = self.readings_of(self.protocols)
        if len(parts) != len(self._classed) or not all(map(is_, parts, self._classed)):
            self._classed, self._of_class = parts, {}
        known = self._of_class
        if sensor_class not in known:
            known[sensor_class] = tuple(r for part in parts for r in part.of_class(sensor_class))
        return known[sensor_class]

    def _merged(self) -> tuple[Part, ...]:
        merged: dict[str, _Part] = {}
        for protocol in self.protocols.values():
            for component, part in protocol.parts.items():
                other = merged.get(component)
                if other is None or worst(other.state, part.state) is not other.state:
                    merged[component] = part
        found = [
            Part(
                component,
                part.name,
                part.state,
                part.since,
                part.text,
                part.vanished,
                part.missing,
            )
            for component, part in merged.items()
        ]
        return tuple(sorted([*found, *self._unreported.parts], key=lambda part: _natural(part.id)))

    def readings_of(self, protocols: Container[str]) -> list[Readings]:
        """The last readings of some protocols, of those that have brought any."""
        return [
            Readings.of(protocol.succeeded.readings)
            for name, protocol in self.protocols.items()
            if name in protocols and protocol.succeeded is not None
        ]

    @property
    def identity(self) -> Identity:
        """What the device says it is, from the first protocol that says anything."""
        for protocol in self.protocols.values():
            poll = protocol.succeeded
            if poll is not None and poll.identity != Identity():
                return poll.identity
        return Identity()

    @property
    def _own(self) -> list[ProtocolHealth]:
        """What speaks for the device: a BMC that still answers does not speak for its host."""
        protocols = list(self.protocols.values())
        return [p for p in protocols if p.protocol not in OF_BMC] or protocols

    @property
    def silent(self) -> bool:
        """Whether nothing lives where the device should be."""
        return bool(self.protocols) and all(p.silent for p in self._own)

    @property
    def answering(self) -> bool:
        """Whether some protocol that speaks for the device has brought readings lately."""
        return any(p.succeeded is not None and not p.failing for p in self._own)

    @property
    def doubtful(self) -> bool:
        """Whether it has just stopped answering: too early to say that it is silent."""
        return not self.silent and any(
            p.failures
            and p.last is not None
            and p.last.problem is not None
            and p.last.problem.kind in SILENCE
            for p in self._own
        )

    def is_unasked_since(self, moment: datetime, now: datetime) -> bool:
        """Whether no poll has begun since a moment, though one is due to."""
        return any(
            (p.last is None or p.last.started_at < moment)
            and (now - moment).total_seconds() < p.damping.stale_after * p.interval_s
            for p in self._own
        )

    @property
    def blind(self) -> bool:
        """Whether a protocol has brought nothing for too long, or has not been asked yet."""
        return any(p.failing or p.last is None for p in self.protocols.values())

    @property
    def state(self) -> State:
        """The worst of its parts; unknown counts as well when a protocol brings nothing."""
        return worst(*(p.state for p in self.parts), *([State.UNKNOWN] if self.blind else []))


def _name_of(component: str, readings: list[Reading]) -> str:
    """What people call the part: the name of its state reading, else of its first one."""
    stated = (r.name for r in readings if r.sensor_class is SensorClass.STATE)
    return next(stated, readings[0].name if readings and component else "")


def _why(part: _Part, readings: list[Reading], gone: Collection[SensorKey]) -> str:
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


def _natural(component: str) -> tuple[str, int, str]:
    """Sorts `fan:2` before `fan:10`."""
    kind, _, index = component.partition(":")
    return kind, int(index) if index.isdecimal() else 0, index

"""How polls become settled states: what each part of one device is, after hysteresis. Pure.

A `DeviceHealth` remembers one device. It is told of every poll and of nothing else, so that a
recorded history always gives the same states.
"""

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import is_

from monitors.presence import BY_INVENTORY, NOTHING_EXPECTED, Expected
from monitors.probe import Identity, Poll
from monitors.protocol_health import SILENCE, Damping, ProtocolHealth, SeenPart
from monitors.reading import Reading, SensorClass, State, worst
from monitors.readings import JoinedReadings, Readings
from monitors.sensors import SensorKey, Sighting, kind_of

OF_BMC = frozenset({"ipmi", "redfish"})
"""Protocols in which a BMC speaks, which lives when its host is dead."""


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


class UnreportedParts:
    """The parts that the inventory expects and that no protocol has ever told of."""

    def __init__(self, expected: Collection[str]) -> None:
        self._expected = frozenset(expected)
        self._since: dict[str, datetime] = {}
        self.judged = 0
        """Grows whenever a part may have changed."""

    def look(self, protocols: Collection[ProtocolHealth], at: datetime) -> None:
        """After a poll at that moment. A device that has not told all yet may still tell of it."""
        if not self._expected or not all(p.told_all for p in protocols):
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
        sighting = self.protocols[poll.protocol].absorb(poll)
        self._unreported.look(self.protocols.values(), poll.started_at)
        return sighting

    def retire(self, protocol: str, sensors: Iterable[SensorKey]) -> None:
        """Forgets sensors of one protocol."""
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
        merged: dict[str, SeenPart] = {}
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


def _natural(component: str) -> tuple[str, int, str]:
    """Sorts `fan:2` before `fan:10`."""
    kind, _, index = component.partition(":")
    return kind, int(index) if index.isdecimal() else 0, index

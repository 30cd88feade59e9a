"""The memory of sensors: what was seen once is expected until somebody retires it. Pure.

A sensor is the same one while its kind of component, its class and its name are. A row that
comes back under another index, as after a reboot of many a switch, is therefore no new sensor.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from monitors.reading import SensorClass


@dataclass(frozen=True, slots=True, order=True)
class SensorKey:
    """What makes a sensor the same one in the next poll."""

    component: str
    sensor_class: SensorClass
    name: str

    @property
    def lasting(self) -> tuple[str, SensorClass, str]:
        """What stays when a row's index changes."""
        return kind_of(self.component), self.sensor_class, self.name


def kind_of(component: str) -> str:
    """A component's kind, `power_supply` of `power_supply:2`; `device` for the device itself."""
    return component.partition(":")[0] or "device"


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one poll taught about a protocol's sensors."""

    new: tuple[SensorKey, ...] = ()
    """Seen for the first time, in their order; moved ones are not among them."""
    moved: Mapping[SensorKey, SensorKey] = field(default_factory=lambda: MappingProxyType({}))
    """Sensors that have come back under another index: the former key -> the present one."""
    missing: Mapping[str, tuple[SensorKey, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    """Component -> its sensors that have been away for too long."""


NOTHING = Sighting()


class SensorMemory:
    """The sensors of one device over one protocol."""

    def __init__(self, vanish_after: int) -> None:
        """`vanish_after`: complete polls in a row without a sensor until it counts as missing."""
        self._vanish_after = vanish_after
        self.expected: frozenset[SensorKey] = frozenset()
        self._missed: dict[SensorKey, int] = {}

    def expect(self, sensors: Iterable[SensorKey]) -> None:
        """Takes up what an earlier run has seen."""
        self.expected = self.expected.union(sensors)

    def retire(self, sensors: Iterable[SensorKey]) -> None:
        """Forgets sensors, until they are seen again."""
        forgotten = frozenset(sensors)
        self.expected -= forgotten
        self._missed = {s: polls for s, polls in self._missed.items() if s not in forgotten}

    @property
    def awaited(self) -> Collection[SensorKey]:
        """What was seen before and was not in the last poll."""
        return self._missed.keys()

    @property
    def whole(self) -> bool:
        """Whether the last poll lacked nothing."""
        return not self._missed

    @property
    def missing(self) -> Mapping[str, tuple[SensorKey, ...]]:
        """Component -> its sensors that have been away for too long."""
        missing: dict[str, tuple[SensorKey, ...]] = {}
        for sensor, polls in sorted(self._missed.items()):
            if polls >= self._vanish_after:
                missing[sensor.component] = (*missing.get(sensor.component, ()), sensor)
        return missing

    def known_of(
        self, absent: frozenset[SensorKey], present: frozenset[SensorKey], *, complete: bool
    ) -> frozenset[SensorKey]:
        """Those of the absent sensors that were seen before, under this or a former index."""
        known = absent & self.expected
        if not complete or known == absent:
            return known
        moved = _moved(self.expected - present - absent, absent - known)
        return known.union(moved.values())

    def sight(
        self, seen: Collection[SensorKey], *, complete: bool, settling: bool = False
    ) -> Sighting:
        """Takes in what one poll has brought. An incomplete one says nothing of what it lacks.

        Nor does one of a device that has just started (`settling`); but what has another index
        since then is known again.
        """
        present = frozenset(seen)
        if present == self.expected and not self._missed:
            return NOTHING
        new = present - self.expected
        absent = self.expected - present
        moved = _moved(absent, new) if complete else {}
        kept = self.expected - moved.keys()
        # Devices of one model share one set of keys as long as nothing else is expected of them.
        self.expected = present if kept <= present else kept | present
        self._missed = {
            sensor: self._missed.get(sensor, 0) + (1 if complete and not settling else 0)
            for sensor in absent - moved.keys()
        }
        return Sighting(tuple(sorted(new - set(moved.values()))), moved, self.missing)


def _moved(absent: Iterable[SensorKey], new: Iterable[SensorKey]) -> dict[SensorKey, SensorKey]:
    """Pairs what has gone with what has come, where just one of each is alike."""
    gone, come = _by_lasting(absent), _by_lasting(new)
    return {
        before[0]: come[alike][0]
        for alike, before in gone.items()
        if len(before) == 1 and len(come.get(alike, ())) == 1
    }


def _by_lasting(
    sensors: Iterable[SensorKey],
) -> dict[tuple[str, SensorClass, str], list[SensorKey]]:
    found: dict[tuple[str, SensorClass, str], list[SensorKey]] = {}
    for sensor in sensors:
        found.setdefault(sensor.lasting, []).append(sensor)
    return found

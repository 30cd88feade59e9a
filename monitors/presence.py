"""Which empty places are missed: an absent part counts once it was seen, or where it must be. Pure.

A device that lists its bays says of an empty one that nothing is there. Whether that is a fault is
known only from what was seen before, and from the inventory.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from inventory.model import Device
from inventory.situation import GIVES_POWER
from monitors.reading import State
from monitors.readings import Readings, Sensor, SensorSet, Verdict
from monitors.sensors import SensorKey, SensorMemory, kind_of

BEFORE = "was there before"
BY_INVENTORY = "the inventory expects it"
_SUPPLY = "power_supply"
FEWEST_FEEDS = 2
"""A device with one feed may list the bay of a spare supply that nobody bought."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the inventory says must be in a device."""

    components: frozenset[str] = frozenset()
    """`power_supply:2`."""
    feeds: int = 0
    """How many power supplies hang from a feed each."""

    @classmethod
    def of(cls, device: Device) -> "Expected":
        """By `monitoring.expects` and by the feeds, if they end in the device's own supplies."""
        feeds = 0 if device.kind in GIVES_POWER else len(device.feeds)
        return _expected(frozenset(device.monitoring.expects), feeds)


@lru_cache(maxsize=1024)
def _expected(components: frozenset[str], feeds: int) -> Expected:
    """One object for all devices of which the same is expected."""
    return Expected(components, feeds)


NOTHING_EXPECTED = Expected()


@dataclass(frozen=True, slots=True)
class _Judged:
    """What becomes of the readings of one form; the numbers of further polls follow it."""

    sensors: SensorSet
    verdict: Verdict
    learned: frozenset[SensorKey]
    kept: tuple[int, ...]
    shown: SensorSet
    settled: Verdict
    retirable: frozenset[SensorKey]
    missed: frozenset[str]


class Presence:
    """The empty places of one device, as one protocol tells of them."""

    def __init__(self, memory: SensorMemory, expected: Expected = NOTHING_EXPECTED) -> None:
        self._memory = memory
        self._expected = expected
        self._last: _Judged | None = None

    @property
    def expected(self) -> Expected:
        """What the inventory says must be there."""
        return self._expected

    def expect(self, expected: Expected) -> None:
        """The inventory has changed."""
        self._expected = expected
        self._last = None

    @property
    def missed(self) -> frozenset[str]:
        """The components that are absent, and should not be."""
        return self._last.missed if self._last else frozenset()

    @property
    def retirable(self) -> frozenset[SensorKey]:
        """Of the missed ones, the sensors that only the memory expects."""
        return self._last.retirable & self._memory.expected if self._last else frozenset()

    def settle(self, readings: Readings, *, complete: bool) -> Readings:
        """The readings without what is absent and not missed; what is missed is critical.

        `complete`: whether the poll brought everything that the device has.
        """
        if not readings.verdict.absent:
            self._last = None
            return readings
        last = self._last
        if (
            last is None
            or last.sensors is not readings.sensors
            or last.verdict is not readings.verdict
            or last.learned is not self._memory.expected
        ):
            last = self._last = self._judge(readings, complete=complete)
        values = tuple([readings.values[at] for at in last.kept])
        return Readings(last.shown, values, last.settled)

    def _judge(self, readings: Readings, *, complete: bool) -> _Judged:
        sensors, verdict = readings.sensors.sensors, readings.verdict
        absent = {at: _key(sensors[at]) for at in verdict.absent}
        others = readings.sensors.keys.difference(absent.values())
        known = self._memory.known_of(frozenset(absent.values()), others, complete=complete)
        why = {at: BEFORE for at, key in absent.items() if key in known}
        why.update(self._by_inventory(readings, why))
        kept = tuple(at for at in range(len(sensors)) if at not in absent or at in why)
        states = tuple(State.CRITICAL if at in why else verdict.states[at] for at in kept)
        texts = tuple(
            f"{verdict.texts[at] or 'absent'}: {why[at]}" if at in why else verdict.texts[at]
            for at in kept
        )
        return _Judged(
            readings.sensors,
            verdict,
            self._memory.expected,
            kept,
            SensorSet.of(sensors[at] for at in kept),
            Verdict.of(states, texts),
            frozenset(absent[at] for at, reason in why.items() if reason == BEFORE),
            frozenset(absent[at].component for at in why),
        )

    def _by_inventory(
        self, readings: Readings, before: dict[int, str]
    ) -> Iterator[tuple[int, str]]:
        """Place -> why the inventory wants a part there; that says more than the memory does."""
        sensors = readings.sensors.sensors
        unfed = self._unfed(readings, before)
        for at in readings.verdict.absent:
            component = sensors[at].component
            if component in self._expected.components:
                yield at, BY_INVENTORY
            elif component in unfed:
                yield at, f"the inventory feeds {self._expected.feeds} power supplies"

    def _unfed(self, readings: Readings, before: dict[int, str]) -> frozenset[str]:
        """The empty bays for supplies that the inventory has a feed for.

        As many as are lacking: first those that were there before, then in the device's order.
        """
        feeds = self._expected.feeds
        sensors = readings.sensors.sensors
        supplies = dict.fromkeys(s.component for s in sensors if kind_of(s.component) == _SUPPLY)
        if not FEWEST_FEEDS <= feeds <= len(supplies):
            return frozenset()
        absent = {sensors[at].component for at in readings.verdict.absent}
        known = {sensors[at].component for at in before} | self._expected.components
        empty = sorted(filter(absent.__contains__, supplies), key=lambda part: part not in known)
        return frozenset(empty[: max(0, feeds - (len(supplies) - len(empty)))])


def _key(sensor: Sensor) -> SensorKey:
    return SensorKey(sensor.component, sensor.sensor_class, sensor.name)

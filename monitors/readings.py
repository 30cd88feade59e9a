"""All readings of one poll: what seldom changes is kept once for many devices, the values apart.

A thousand devices of one model have the same sensors. What they measure and mean stands in one
`SensorSet`; a poll only adds numbers, and a `Verdict` that stays the same object while no state
and no word changes. `Reading` objects are made when somebody asks for them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import NamedTuple, overload
from weakref import WeakValueDictionary

from monitors.reading import Reading, SensorClass, State
from monitors.sensors import SensorKey


@dataclass(frozen=True, slots=True)
class Sensor:
    """What of a reading stays the same; see `Reading` for the fields."""

    sensor_class: SensorClass
    name: str
    unit: str
    component: str
    oid: str
    profile: str


class SensorSet:
    """The sensors of a device over one protocol. Equal sets are one object: use `SensorSet.of`."""

    def __init__(self, sensors: tuple[Sensor, ...]) -> None:
        self.sensors = sensors

    @staticmethod
    def of(sensors: Iterable[Sensor]) -> "SensorSet":
        """The set with these sensors, in this order."""
        wanted = tuple(sensors)
        known = _KNOWN.get(wanted)
        if known is None:
            known = _KNOWN[wanted] = SensorSet(wanted)
        return known

    @cached_property
    def keys(self) -> frozenset[SensorKey]:
        """What makes each sensor the same one in the next poll."""
        return frozenset(SensorKey(s.component, s.sensor_class, s.name) for s in self.sensors)

    @cached_property
    def places(self) -> Mapping[SensorClass, tuple[int, ...]]:
        """Class -> where its sensors stand."""
        found: dict[SensorClass, list[int]] = {}
        for at, sensor in enumerate(self.sensors):
            found.setdefault(sensor.sensor_class, []).append(at)
        return {sensor_class: tuple(places) for sensor_class, places in found.items()}


_KNOWN: WeakValueDictionary[tuple[Sensor, ...], SensorSet] = WeakValueDictionary()


class Measured(NamedTuple):
    """What one poll told of one sensor."""

    value: float
    state: State
    text: str


class Verdict:
    """The state of every sensor and the device's word for it, in the order of the sensors."""

    __slots__ = ("__weakref__", "absent", "bad", "states", "texts")

    def __init__(self, states: tuple[State, ...], texts: tuple[str, ...]) -> None:
        self.states = states
        self.texts = texts
        self.bad = tuple(at for at, state in enumerate(states) if state is not State.OK)
        """Where the sensors stand whose state is not ok."""
        self.absent = tuple(at for at in self.bad if states[at] is State.ABSENT)
        """Where the sensors stand whose part is not there."""

    @staticmethod
    def of(states: tuple[State, ...], texts: tuple[str, ...]) -> "Verdict":
        """The verdict with these: one object for all devices of which the same is true."""
        made = Verdict(states, texts)
        told = texts, made.bad, tuple([states[at] for at in made.bad])
        return _VERDICTS.setdefault(told, made)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Verdict):
            return NotImplemented
        return self is other or (self.states == other.states and self.texts == other.texts)

    __hash__ = None  # type: ignore[assignment]  # it is compared, and never a key


_VERDICTS: WeakValueDictionary[
    tuple[tuple[str, ...], tuple[int, ...], tuple[State, ...]], Verdict
] = WeakValueDictionary()
"""By all texts, where something is not ok, and what it is instead."""


class Readings(Sequence[Reading]):
    """The readings of one poll, in the order of their sensors."""

    __slots__ = ("sensors", "values", "verdict")

    def __init__(self, sensors: SensorSet, values: tuple[float, ...], verdict: Verdict) -> None:
        self.sensors = sensors
        self.values = values
        self.verdict = verdict

    @staticmethod
    def of(readings: Sequence[Reading]) -> "Readings":
        """Any readings in this form."""
        if isinstance(readings, Readings):
            return readings
        sensors = SensorSet.of(
            Sensor(r.sensor_class, r.name, r.unit, r.component, r.oid, r.profile) for r in readings
        )
        verdict = Verdict.of(tuple(r.state for r in readings), tuple(r.text for r in readings))
        return Readings(sensors, tuple(plain(r.value) for r in readings), verdict)

    def of_class(self, sensor_class: SensorClass) -> Iterator[Reading]:
        """The readings of one class."""
        return map(self._at, self.sensors.places.get(sensor_class, ()))

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[Reading]:
        return map(self._at, range(len(self.values)))

    @overload
    def __getitem__(self, at: int) -> Reading: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Reading, ...]: ...

    def __getitem__(self, at: int | slice) -> Reading | tuple[Reading, ...]:
        if isinstance(at, slice):
            return tuple(map(self._at, range(*at.indices(len(self.values)))))
        return self._at(range(len(self.values))[at])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # it is compared, and never a key

    def __repr__(self) -> str:
        return f"Readings({tuple(self)!r})"

    def _at(self, at: int) -> Reading:
        sensor = self.sensors.sensors[at]
        return Reading(
            sensor_class=sensor.sensor_class,
            name=sensor.name,
            value=self.values[at],
            unit=sensor.unit,
            state=self.verdict.states[at],
            component=sensor.component,
            oid=sensor.oid,
            profile=sensor.profile,
            text=self.verdict.texts[at],
        )


class Recurring:
    """Brings poll after poll of one device into this form, and keeps what has stayed the same."""

    def __init__(self) -> None:
        self._before: tuple[Reading, ...] = ()
        self._readings = Readings.of(())

    def of(self, readings: Iterable[Reading]) -> Readings:
        """The readings of a poll: the very object of the poll before where nothing has changed."""
        now = tuple(readings)
        if now != self._before:
            self._readings = self._changed(now)
        self._before = now
        return self._readings

    def _changed(self, now: tuple[Reading, ...]) -> Readings:
        known = self._readings.sensors.sensors
        if len(now) != len(known) or not all(map(_is_of, now, known)):
            return Readings.of(now)
        verdict = Verdict.of(tuple(r.state for r in now), tuple(r.text for r in now))
        return Readings(self._readings.sensors, tuple(plain(r.value) for r in now), verdict)


def _is_of(reading: Reading, sensor: Sensor) -> bool:
    return (
        reading.name == sensor.name
        and reading.component == sensor.component
        and reading.sensor_class is sensor.sensor_class
        and reading.oid == sensor.oid
        and reading.unit == sensor.unit
        and reading.profile == sensor.profile
    )


class JoinedReadings(Sequence[Reading]):
    """The readings of several protocols, one after the other."""

    __slots__ = ("parts",)

    def __init__(self, parts: Sequence[Readings]) -> None:
        self.parts = parts

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def __iter__(self) -> Iterator[Reading]:
        return chain.from_iterable(self.parts)

    @overload
    def __getitem__(self, at: int) -> Reading: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Reading, ...]: ...

    def __getitem__(self, at: int | slice) -> Reading | tuple[Reading, ...]:
        return tuple(self)[at]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # it is compared, and never a key


def plain(value: float) -> float:
    """A number that is written without a fraction where it has none: as an int."""
    if isinstance(value, int):
        return value
    return int(value) if value.is_integer() else value

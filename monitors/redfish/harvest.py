"""The readings of one poll, gathered so that each has a name of its own."""

from collections.abc import Sequence

from monitors.reading import UNITS, Reading, SensorClass, State, worst
from monitors.redfish.document import Document
from monitors.redfish.parts import Parts
from monitors.redfish.status import Condition, Thresholds, condition_of

PROFILE = "redfish"
MOST_READINGS = 2048
"""Of one BMC; what it sends beyond is left out."""
_NUMBERS = {
    State.OK: 0.0,
    State.WARNING: 1.0,
    State.CRITICAL: 2.0,
    State.UNKNOWN: 3.0,
    State.ABSENT: 4.0,
}


class Harvest:
    """Readings, in the order of the BMC's answers."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.readings: list[Reading] = []
        self._keys: set[tuple[str, SensorClass, str]] = set()

    @property
    def worst(self) -> State:
        """The worst state so far."""
        return worst(*(reading.state for reading in self.readings))

    def stated(self, component: str, name: str, condition: Condition, path: str) -> None:
        """A part's state."""
        value = _NUMBERS[condition.state]
        state, text = condition.state, condition.text
        self._add(SensorClass.STATE, component, name, value, path, state=state, text=text)

    def measured(
        self,
        sensor_class: SensorClass,
        component: str,
        name: str,
        value: float,
        path: str,
        *,
        state: State = State.OK,
    ) -> None:
        """A value in its base unit."""
        self._add(sensor_class, component, name, value, path, state=state)

    def take(self, readings: Sequence[Reading]) -> None:
        """Readings that were gathered before."""
        self.readings += readings[: MOST_READINGS - len(self.readings)]

    def part(self, component: str, name: str, resource: Document) -> Condition | None:
        """A part's state; None where nothing is fitted, so that there is no more to read of it."""
        condition = condition_of(resource)
        self.stated(component, name, condition, resource.path)
        return None if condition.absent else condition

    def value(
        self,
        sensor_class: SensorClass,
        component: str,
        name: str,
        value: float,
        resource: Document,
        *,
        thresholds: Thresholds,
    ) -> None:
        """A value that is graded by its resource's status and thresholds, whichever is worse."""
        own = condition_of(resource)
        state = worst(own.state if own.said else State.OK, thresholds.state_of(value))
        scaled = value * _factor(sensor_class)
        self.measured(sensor_class, component, name, scaled, resource.path, state=state)

    def _add(
        self,
        sensor_class: SensorClass,
        component: str,
        name: str,
        value: float,
        path: str,
        *,
        state: State,
        text: str = "",
    ) -> None:
        if len(self.readings) >= MOST_READINGS:
            return
        number, unique = 1, name
        while (component, sensor_class, unique) in self._keys:
            number += 1
            unique = f"{name} {number}"
        self._keys.add((component, sensor_class, unique))
        self.readings.append(
            Reading(
                sensor_class=sensor_class,
                name=unique,
                value=value,
                unit=UNITS[sensor_class],
                state=state,
                component=component,
                oid=f"redfish:{path}",
                profile=PROFILE,
                text=text,
            )
        )


def _factor(sensor_class: SensorClass) -> float:
    """Redfish gives percentages; ratios are our unit."""
    return 0.01 if UNITS[sensor_class] == "ratio" else 1.0

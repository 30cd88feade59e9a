"""What a resource's `Status` and thresholds say of its state (DSP0268, Resource.Status). Pure."""

from dataclasses import dataclass

from monitors.reading import State, worst
from monitors.redfish.document import Document

_HEALTH = {"OK": State.OK, "Warning": State.WARNING, "Critical": State.CRITICAL}
_STATES = {
    "UnavailableOffline": State.CRITICAL,
    "Degraded": State.WARNING,
}
"""States that are no health by themselves count as ok: disabled, standby, starting, in test."""
_ABSENT = "Absent"


@dataclass(frozen=True, slots=True)
class Condition:
    """How a part is."""

    state: State
    text: str
    """The BMC's words, `Critical, UnavailableOffline`."""
    said: bool = True
    """Whether the BMC said anything at all."""

    @property
    def absent(self) -> bool:
        """Whether nothing is fitted there."""
        return self.state is State.ABSENT


def condition_of(resource: Document) -> Condition:
    """By its `Status`; unknown where that says nothing."""
    status = resource.part("Status")
    health, enabled = status.text("Health"), status.text("State")
    text = ", ".join(filter(None, (health, enabled))) or "not said"
    if enabled == _ABSENT:
        return Condition(State.ABSENT, "absent")
    if not health and not enabled:
        return Condition(State.UNKNOWN, text, said=False)
    graded = _HEALTH.get(health, State.UNKNOWN) if health else State.OK
    return Condition(worst(graded, _STATES.get(enabled, State.OK)), text)


def rollup_of(resource: Document) -> Condition:
    """The worst of a resource and all below it."""
    own = condition_of(resource)
    below = resource.part("Status").text("HealthRollup")
    if below not in _HEALTH:
        return own
    state = worst(own.state, _HEALTH[below]) if own.said else _HEALTH[below]
    return Condition(state, below)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Limits of a value; None where there is none. Zero counts as none: BMCs fill in zeros."""

    upper_warning: float | None = None
    upper_critical: float | None = None
    lower_warning: float | None = None
    lower_critical: float | None = None

    @classmethod
    def of_array_member(cls, member: Document) -> "Thresholds":
        """As Thermal and Power write them."""
        return cls(
            _limit(member.number("UpperThresholdNonCritical")),
            _least(member.number("UpperThresholdCritical"), member.number("UpperThresholdFatal")),
            _limit(member.number("LowerThresholdNonCritical")),
            _most(member.number("LowerThresholdCritical"), member.number("LowerThresholdFatal")),
        )

    @classmethod
    def of_sensor(cls, sensor: Document) -> "Thresholds":
        """As a Sensor writes them."""
        limits = sensor.part("Thresholds")

        def reading(name: str) -> float | None:
            return limits.part(name).number("Reading")

        return cls(
            _limit(reading("UpperCaution")),
            _least(reading("UpperCritical"), reading("UpperFatal")),
            _limit(reading("LowerCaution")),
            _most(reading("LowerCritical"), reading("LowerFatal")),
        )

    def state_of(self, value: float) -> State:
        """What the limits say of a value."""
        if _above(value, self.upper_critical) or _below(value, self.lower_critical):
            return State.CRITICAL
        if _above(value, self.upper_warning) or _below(value, self.lower_warning):
            return State.WARNING
        return State.OK


def _limit(value: float | None) -> float | None:
    return value or None


def _least(*values: float | None) -> float | None:
    return min((value for value in values if value), default=None)


def _most(*values: float | None) -> float | None:
    return max((value for value in values if value), default=None)


def _above(value: float, limit: float | None) -> bool:
    return limit is not None and value >= limit


def _below(value: float, limit: float | None) -> bool:
    return limit is not None and value <= limit

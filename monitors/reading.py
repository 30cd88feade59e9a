"""What a probe hands over: one value with its unit and state, whichever protocol it came by."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a reading, component or device is. Order of badness: see `worst`."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"
    UNKNOWN = "unknown"
    ABSENT = "absent"
    """What a device says of a place without a part. Only a probe's readings have it: whether the
    part is missed, and so critical, or was never there is `monitors.presence`'s to say."""


PART_STATES = (State.OK, State.WARNING, State.CRITICAL, State.UNKNOWN)
"""What a component or device can be."""

_BADNESS = {
    State.ABSENT: -1,
    State.OK: 0,
    State.UNKNOWN: 1,
    State.WARNING: 2,
    State.CRITICAL: 3,
}


def worst(*states: State) -> State:
    """The worst of the states; ok when there are none. Unknown is worse than ok, never than bad.

    What is absent makes nothing worse.
    """
    return max(states, key=_BADNESS.__getitem__, default=State.OK)


class SensorClass(StrEnum):
    """The documented list of what a reading can measure; `UNITS` gives each one's base unit."""

    TEMPERATURE = "temperature"
    HUMIDITY = "humidity"
    VOLTAGE = "voltage"
    CURRENT = "current"
    POWER = "power"
    POWER_CONSUMED = "power_consumed"
    POWER_FACTOR = "power_factor"
    FREQUENCY = "frequency"
    LOAD = "load"
    CHARGE = "charge"
    RUNTIME = "runtime"
    FANSPEED = "fanspeed"
    AIRFLOW = "airflow"
    WATERFLOW = "waterflow"
    PRESSURE = "pressure"
    SIGNAL = "signal"
    SNR = "snr"
    DBM = "dbm"
    BITRATE = "bitrate"
    DELAY = "delay"
    COOLING = "cooling"
    VALIDITY = "validity"
    COUNT = "count"
    PERCENT = "percent"
    STATE = "state"


UNITS: dict[SensorClass, str] = {
    SensorClass.TEMPERATURE: "celsius",
    SensorClass.HUMIDITY: "ratio",
    SensorClass.VOLTAGE: "volts",
    SensorClass.CURRENT: "amperes",
    SensorClass.POWER: "watts",
    SensorClass.POWER_CONSUMED: "joules",
    SensorClass.POWER_FACTOR: "ratio",
    SensorClass.FREQUENCY: "hertz",
    SensorClass.LOAD: "ratio",
    SensorClass.CHARGE: "ratio",
    SensorClass.RUNTIME: "seconds",
    SensorClass.FANSPEED: "rpm",
    SensorClass.AIRFLOW: "cubic_meters_per_second",
    SensorClass.WATERFLOW: "cubic_meters_per_second",
    SensorClass.PRESSURE: "pascals",
    SensorClass.SIGNAL: "dbm",
    SensorClass.SNR: "decibels",
    SensorClass.DBM: "dbm",
    SensorClass.BITRATE: "bits_per_second",
    SensorClass.DELAY: "seconds",
    SensorClass.COOLING: "watts",
    SensorClass.VALIDITY: "seconds",
    SensorClass.COUNT: "count",
    SensorClass.PERCENT: "ratio",
    SensorClass.STATE: "state",
}


TIME_SPENT = "on battery"
"""A battery's runtime whose name says this counts what is spent; any other says what is left."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one device at one moment."""

    sensor_class: SensorClass
    name: str
    """What people call it: `Output L1`, `PSU 2`, `Gi1/0/12`. Stable between polls."""
    value: float
    """In the base unit; for class `state`, the device's own enum number."""
    unit: str
    state: State
    component: str
    """Kind and index of the part it belongs to, `power_supply:2`; empty for the device itself."""
    oid: str
    """Where it was read: an OID without leading dot, or `ipmi:<sensor number>`, `pjlink:ERST`."""
    profile: str
    """The profile, and so the reason, behind the state."""
    text: str = ""
    """The device's word for an enum value (`onBattery`), for people; empty for plain numbers."""

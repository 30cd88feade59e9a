"""Every metric that /metrics may have: its name, type, labels and the sentence that explains it.

Names follow the Prometheus conventions: base units in the name, `_total` on counters.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from monitors.reading import UNITS, SensorClass


@dataclass(frozen=True, slots=True)
class Family:
    """One metric: its name, its type and the sentence that explains it."""

    name: str
    kind: str
    """`gauge` or `counter`."""
    help: str
    labels: tuple[str, ...] = ("center", "device")
    """The names of every sample's labels, in their order."""

    @property
    def head(self) -> bytes:
        """The HELP and TYPE lines."""
        return f"# HELP {self.name} {self.help}\n# TYPE {self.name} {self.kind}\n".encode()


_READING_NAMES = {
    # Where the class's name and its unit would not read well together.
    SensorClass.POWER_CONSUMED: "energy_joules_total",
    SensorClass.COUNT: "counted_items",
    SensorClass.PERCENT: "sensor_ratio",
    SensorClass.DBM: "optical_power_dbm",
    SensorClass.SIGNAL: "signal_strength_dbm",
    SensorClass.SNR: "signal_noise_ratio_decibels",
    SensorClass.STATE: "sensor_state",
    SensorClass.POWER_FACTOR: "power_factor_ratio",
    SensorClass.COOLING: "cooling_power_watts",
    SensorClass.FANSPEED: "fan_speed_rpm",
    SensorClass.BITRATE: "bitrate_bytes_per_second",
}
FACTORS: Mapping[SensorClass, float] = {SensorClass.BITRATE: 1 / 8}
"""Prometheus counts in bytes."""


def _unit_words(sensor_class: SensorClass) -> str:
    unit = "bytes_per_second" if sensor_class is SensorClass.BITRATE else UNITS[sensor_class]
    return unit.replace("_", " ")


READINGS: Mapping[SensorClass, Family] = {
    sensor_class: Family(
        "watchfloor_" + _READING_NAMES.get(sensor_class, f"{sensor_class}_{UNITS[sensor_class]}"),
        "counter" if sensor_class is SensorClass.POWER_CONSUMED else "gauge",
        "The device's own number for a state; watchfloor_component_state grades it."
        if sensor_class is SensorClass.STATE
        else f"A reading of {sensor_class.replace('_', ' ')}, in {_unit_words(sensor_class)}.",
        ("center", "device", "component", "name"),
    )
    for sensor_class in SensorClass
}
"""The family of every class of reading."""

DEVICE_STATE = Family(
    "watchfloor_device_state",
    "gauge",
    "1 for the state that a device is in, 0 for the others.",
    ("center", "device", "state"),
)
COMPONENT_STATE = Family(
    "watchfloor_component_state",
    "gauge",
    "1 for the settled state that a component is in, 0 for the others.",
    ("center", "device", "component", "state"),
)
DEVICE_IN_SERVICE = Family(
    "watchfloor_device_in_service", "gauge", "1 when a device works, has power and is connected."
)
DEVICE_FRESH = Family(
    "watchfloor_device_fresh", "gauge", "1 when what was read from a device is recent."
)
DEVICE_INFO = Family(
    "watchfloor_device_info",
    "gauge",
    "What a device is; always 1.",
    ("center", "device", "kind", "rack", "model"),
)
POLL_DURATION = Family(
    "watchfloor_poll_duration_seconds",
    "gauge",
    "How long the last poll of a device took.",
    ("center", "device", "protocol"),
)
POLL_TIMESTAMP = Family(
    "watchfloor_poll_success_timestamp_seconds",
    "gauge",
    "When the last poll that brought readings began, as Unix time.",
    ("center", "device", "protocol"),
)
POLL_UP = Family(
    "watchfloor_poll_up",
    "gauge",
    "1 when the last poll brought readings.",
    ("center", "device", "protocol"),
)
POLL_PARTIAL = Family(
    "watchfloor_poll_partial",
    "gauge",
    "1 when the last poll read some of what the device has and missed some.",
    ("center", "device", "protocol"),
)
POLL_REPETITIONS = Family(
    "watchfloor_poll_repetitions",
    "gauge",
    "Values that an SNMP agent is asked for at once, as it was learned; 0 where GETBULK fails.",
    ("center", "device", "protocol"),
)
POLL_TIMEOUT = Family(
    "watchfloor_poll_timeout_seconds",
    "gauge",
    "How long an SNMP agent is waited for until it is asked again, in steps of half a second.",
    ("center", "device", "protocol"),
)
POLL_FAILURES = Family(
    "watchfloor_poll_failures_total",
    "counter",
    "Polls that brought a problem, by its reason.",
    ("reason",),
)
POLLS = Family("watchfloor_polls_total", "counter", "Polls finished since the monitor started.", ())
GROUP_MARGIN = Family(
    "watchfloor_group_margin",
    "gauge",
    "How many more failures a group survives; -1 when it is out.",
    ("center", "group"),
)
FUNCTION_MARGIN = Family(
    "watchfloor_function_margin",
    "gauge",
    "How many more failures a function of the room survives; -1 when it is out.",
    ("center", "function"),
)
FUNCTION_DESIGNED = Family(
    "watchfloor_function_designed_margin",
    "gauge",
    "How many failures a function survives when everything works.",
    ("center", "function"),
)
ALERT_ACTIVE = Family(
    "watchfloor_alert_active",
    "gauge",
    "1 for every alert that is shown, pending ones left out.",
    ("center", "alert", "device", "component", "priority", "phase"),
)
INCIDENT = Family(
    "watchfloor_incident_active",
    "gauge",
    "1 while an incident is declared: no rollout begins another wave.",
    ("center",),
)
DRIFT_FINDINGS = Family(
    "watchfloor_drift_findings",
    "gauge",
    "How many differences the last reported look at a device's configuration found.",
)
DRIFT_TIMESTAMP = Family(
    "watchfloor_drift_looked_timestamp_seconds",
    "gauge",
    "When a device's configuration was last looked at, as Unix time.",
)
LOOP_LAG = Family(
    "watchfloor_loop_lag_seconds",
    "gauge",
    "Worst delay of the event loop in ten seconds.",
    (),
)
POLL_LATENESS = Family(
    "watchfloor_poll_lateness_seconds",
    "gauge",
    "How late the latest poll began.",
    (),
)
STORE_UP = Family(
    "watchfloor_alert_store_up",
    "gauge",
    "1 when alerts are written down, 0 when they cannot be.",
    (),
)
RECEIVER_HEARD = Family(
    "watchfloor_receiver_heard_timestamp_seconds",
    "gauge",
    "When the receiver of traps and syslog last spoke to the engine, as Unix time.",
    (),
)
RECEIVED = Family(
    "watchfloor_received_messages_total",
    "counter",
    "Messages of gear that were taken in: traps, informs, syslog lines, notices.",
    ("kind",),
)
RECEIVER_DROPPED = Family(
    "watchfloor_receiver_dropped_total",
    "counter",
    "Messages that were not taken in, by the port that they came to and the reason.",
    ("port", "reason"),
)
RECEIVER_QUEUE = Family(
    "watchfloor_receiver_queue", "gauge", "Events that wait in the receiver for the engine.", ()
)
RECEIVER_LOST = Family(
    "watchfloor_receiver_lost_total",
    "counter",
    "Events that the receiver could not keep until the engine took them.",
    (),
)
BUILD_INFO = Family(
    "watchfloor_build_info", "gauge", "The monitor's version; always 1.", ("version",)
)

FAMILIES: tuple[Family, ...] = (
    BUILD_INFO,
    LOOP_LAG,
    POLL_LATENESS,
    STORE_UP,
    POLLS,
    POLL_FAILURES,
    RECEIVER_HEARD,
    RECEIVED,
    RECEIVER_DROPPED,
    RECEIVER_QUEUE,
    RECEIVER_LOST,
    POLL_UP,
    POLL_DURATION,
    POLL_TIMESTAMP,
    POLL_PARTIAL,
    POLL_REPETITIONS,
    POLL_TIMEOUT,
    FUNCTION_MARGIN,
    FUNCTION_DESIGNED,
    GROUP_MARGIN,
    ALERT_ACTIVE,
    INCIDENT,
    DRIFT_FINDINGS,
    DRIFT_TIMESTAMP,
    DEVICE_INFO,
    DEVICE_STATE,
    DEVICE_IN_SERVICE,
    DEVICE_FRESH,
    COMPONENT_STATE,
    *READINGS.values(),
)
"""Every family, in the order in which they are written."""

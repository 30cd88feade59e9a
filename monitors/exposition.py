"""The text of /metrics: kept as bytes per metric family and device, joined when scraped.

Only what changed is written anew, so a scrape costs a join however many devices there are. Names
follow the Prometheus conventions: base units in the name, `_total` on counters. Values of device
strings may be hostile: they are escaped and bounded here, and nowhere else.

Readings of a device disappear once they are stale, as Prometheus expects of what is gone, and
`watchfloor_device_fresh` says so with 0; states stay, because they are about the device.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from monitors.reading import PART_STATES, UNITS, Reading, SensorClass, State
from monitors.readings import Readings, SensorSet, plain

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

LONGEST_LABEL = 200
"""Characters of a label's value that are kept."""

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


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
_FACTORS = {SensorClass.BITRATE: 1 / 8}
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
    DEVICE_INFO,
    DEVICE_STATE,
    DEVICE_IN_SERVICE,
    DEVICE_FRESH,
    COMPONENT_STATE,
    *READINGS.values(),
)
"""Every family, in the order in which they are written."""

Labels = Mapping[str, str]


def escape(value: str) -> str:
    """A label's value: bounded, without control characters, escaped as the text format asks."""
    clean = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", value[:LONGEST_LABEL])
    return clean.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


_escape = lru_cache(maxsize=65536)(escape)


def sample(family: Family, labels: Labels, value: float) -> bytes:
    """One line."""
    return line(series(family, labels), value)


def series(family: Family, labels: Labels) -> str:
    """The name and labels with which a line begins."""
    inside = ",".join(f'{name}="{_escape(text)}"' for name, text in labels.items())
    return f"{family.name}{{{inside}}}" if inside else family.name


def line(series: str, value: float) -> bytes:
    """One line of a series."""
    return f"{series} {number(value)}\n".encode()


def number(value: float) -> str:
    """A number as the text format writes it: integers without a fraction."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def state_samples(family: Family, labels: Labels, current: State) -> bytes:
    """One line for each state: 1 for the current one, 0 for the others."""
    return b"".join(
        sample(family, {**labels, "state": state}, float(state is current)) for state in PART_STATES
    )


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines of one family: their text with a gap for each number, and which numbers those are.

    The device stands in them as `_DEVICE`, so that devices of one model share them.
    """

    family: Family
    text: str
    places: tuple[int, ...]
    factor: float

    def numbers(self, values: Sequence[float]) -> tuple[float, ...]:
        """Their numbers out of all."""
        return tuple([values[at] for at in self.places])

    def fill(self, device: bytes, numbers: tuple[float, ...]) -> bytes:
        """The lines of a device."""
        if self.factor != 1:
            numbers = tuple(plain(value * self.factor) for value in numbers)
        return (self.text % numbers).encode().replace(_DEVICE, device)


_DEVICE = b"\0"  # cannot be in a label: `escape` takes it out
MOST_FORMS = 8192


@lru_cache(maxsize=MOST_FORMS)
def _lines_of(center: str, sets: tuple[SensorSet, ...]) -> tuple[_Lines, ...]:
    """Every reading's line, by family. A second sensor with equal labels is left out.

    Prometheus refuses a whole scrape in which one series stands twice, so two sensors that a
    device gives the same name are told apart by their OID.
    """
    found: dict[SensorClass, list[tuple[int, str]]] = {}
    seen: set[tuple[SensorClass, str, str]] = set()
    start = f'{{center="{_escape(center)}",device="{_DEVICE.decode()}",component="'
    for at, sensor in enumerate(sensor for each in sets for sensor in each.sensors):
        kind, name = sensor.sensor_class, sensor.name
        if (kind, sensor.component, name) in seen:
            name = f"{name} ({sensor.oid})"
            if (kind, sensor.component, name) in seen:
                continue
        seen.add((kind, sensor.component, name))
        labels = (
            f'{READINGS[kind].name}{start}{_escape(sensor.component)}",name="{_escape(name)}"}}'
        )
        found.setdefault(kind, []).append((at, labels.replace("%", "%%") + " %s\n"))
    return tuple(
        _Lines(
            READINGS[kind],
            "".join(line for _, line in lines),
            tuple(at for at, _ in lines),
            _FACTORS.get(kind, 1),
        )
        for kind, lines in found.items()
    )


@dataclass(frozen=True, slots=True)
class _Written:
    """What the blocks hold of a device's readings."""

    lines: tuple[_Lines, ...] = ()
    values: tuple[float, ...] = ()


@dataclass(slots=True)
class Exposition:
    """The text of each family, kept in blocks that are replaced one at a time."""

    blocks: dict[Family, dict[str, bytes]] = field(
        default_factory=lambda: {family: {} for family in FAMILIES}
    )

    written: dict[str, _Written] = field(default_factory=dict)

    def put(self, family: Family, owner: str, text: bytes) -> None:
        """Replaces the owner's lines in a family; empty text takes them away."""
        if text:
            self.blocks[family][owner] = text
        else:
            self.blocks[family].pop(owner, None)

    def put_readings(self, center: str, device: str, *parts: Sequence[Reading]) -> None:
        """Replaces all of a device's readings. Without any, its series disappear."""
        readings = tuple(map(Readings.of, parts))
        lines = _lines_of(center, tuple(part.sensors for part in readings))
        values = readings[0].values if len(parts) == 1 else _joined(readings)
        before = self.written.get(device, _Written())
        if lines is not before.lines:
            self._take_away(device, before.lines)
            before = _Written(lines)
        elif values is before.values:
            return
        name = _escape(device).encode()
        for each in lines:
            numbers = each.numbers(values)
            if not before.values or each.numbers(before.values) != numbers:
                self.put(each.family, device, each.fill(name, numbers))
        self.written[device] = _Written(lines, values)

    def _take_away(self, device: str, lines: Iterable[_Lines]) -> None:
        for each in lines:
            self.put(each.family, device, b"")

    def drop(self, owner: str) -> None:
        """Forgets a device that has left the inventory."""
        self.written.pop(owner, None)
        for texts in self.blocks.values():
            texts.pop(owner, None)

    def text(self) -> bytes:
        """All of it."""
        return b"".join(self.parts())

    def parts(self) -> list[bytes]:
        """All of it in pieces, in their order. Families without a sample are left out."""
        parts: list[bytes] = []
        for family, texts in self.blocks.items():
            if texts:
                parts.append(family.head)
                parts += texts.values()
        return parts


def _joined(readings: Iterable[Readings]) -> tuple[float, ...]:
    return tuple(value for part in readings for value in part.values)

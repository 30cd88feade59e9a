"""The text of /metrics: kept as bytes per metric family and device, joined when scraped.

Only what changed is written anew, so a scrape costs a join however many devices there are. Values
of device strings may be hostile: they are escaped and bounded here, and nowhere else.

Readings of a device disappear once they are stale, as Prometheus expects of what is gone, and
`watchfloor_device_fresh` says so with 0; states stay, because they are about the device.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO

from monitors.metric_families import COMPONENT_STATE, FACTORS, FAMILIES, READINGS, Family
from monitors.reading import PART_STATES, Reading, SensorClass, State
from monitors.readings import Readings, SensorSet, plain

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

LONGEST_LABEL = 200
"""Characters of a label's value that are kept."""

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


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
            FACTORS.get(kind, 1),
        )
        for kind, lines in found.items()
    )


@lru_cache(maxsize=512)
def _states_of(center: str, parts: tuple[tuple[str, State], ...]) -> bytes:
    """One line for each component and state, with `_DEVICE` for the device."""
    start = f'{COMPONENT_STATE.name}{{center="{_escape(center)}",device="{_DEVICE.decode()}"'
    lines = [
        f'{start},component="{_escape(part)}",state="{state}"}} {int(state is current)}\n'
        for part, current in parts
        for state in PART_STATES
    ]
    return "".join(lines).encode()


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

    states: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)
    """Of each device's components, in the words that devices of one model share; and its name."""

    def put(self, family: Family, owner: str, text: bytes) -> None:
        """Replaces the owner's lines in a family; empty text takes them away."""
        if text:
            self.blocks[family][owner] = text
        else:
            self.blocks[family].pop(owner, None)

    def put_components(self, center: str, device: str, parts: Iterable[tuple[str, State]]) -> None:
        """Replaces the states of all of a device's components."""
        self.states[device] = _states_of(center, tuple(parts)), _escape(device).encode()

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
        self.states.pop(owner, None)
        for texts in self.blocks.values():
            texts.pop(owner, None)

    def text(self) -> bytes:
        """All of it."""
        return b"".join(self.parts())

    def parts(self) -> list[bytes]:
        """All of it in pieces, in their order. Families without a sample are left out."""
        parts: list[bytes] = []
        for family, texts in self.blocks.items():
            blocks = [*texts.values(), *filter(None, self._shared(family))]
            if blocks:
                parts.append(family.head)
                parts += blocks
        return parts

    def _shared(self, family: Family) -> list[bytes]:
        """What is kept once for many devices, written out in one piece: it is let go as one."""
        if family is not COMPONENT_STATE or not self.states:
            return []
        written = BytesIO()
        for text, device in self.states.values():
            written.write(text.replace(_DEVICE, device))
        return [written.getvalue()]


def _joined(readings: Iterable[Readings]) -> tuple[float, ...]:
    return tuple(value for part in readings for value in part.values)

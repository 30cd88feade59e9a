"""Lays profiles over a device's answers: finds every sensor once, then only reads values."""

import re
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from weakref import WeakValueDictionary

from monitors.profiles.agreement import FEWEST_MEMBERS, AgreementSlot
from monitors.profiles.compiled import (
    CompiledKind,
    CompiledLabel,
    CompiledProfile,
    CompiledSensor,
    CompiledTable,
)
from monitors.profiles.match import KeySet
from monitors.profiles.slot import Slot, part_meant
from monitors.profiles.units import entity_sensor_factor
from monitors.reading import SensorClass
from monitors.readings import Measured, Readings, SensorSet, Verdict
from monitors.snmp.errors import DecodeError
from monitors.snmp.oid import MAX_SUBIDS, decode_subids, encode_index, sort_key
from monitors.snmp.values import Value, decode_or_none, text_of

Values = Mapping[bytes, bytes]
AnySlot = Slot | AgreementSlot
_MAX_LABEL = 120
"""Characters of a device's text that get into a name."""
_UNITS = 9
"""SensorDataScale of RFC 3433: no prefix."""
_MAC_ADDRESS = re.compile(r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}")
_ABSENT = b""
"""An OID that no device answers; keeps a slot's inputs at their places."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of a table with its labels."""

    suffix: bytes
    index: tuple[int, ...]
    raw: dict[str, Value]
    text: dict[str, str]
    oids: dict[str, bytes]
    """Where each label was read."""


class Layout:
    """The sensors of one device, as long as its rows and labels stay what they are."""

    def __init__(
        self,
        profiles: Sequence[CompiledProfile],
        values: Values,
        expected: Collection[str] = (),
    ) -> None:
        """Finds the sensors.

        Args:
            profiles: The family's own first: where two read the same object, the first wins.
            values: A full poll of the device.
            expected: Names of ports and other parts that the inventory says are in use.
        """
        self._keys = frozenset(values)
        self._shape: dict[bytes, bytes] = {}
        self._expected = frozenset(name.casefold() for name in expected)
        self.slots = _unique(self._find(profiles, values))
        self.sources = tuple(slot.source for slot in self.slots)

    @staticmethod
    def of(
        profiles: Sequence[CompiledProfile], values: Values, expected: Collection[str] = ()
    ) -> "Layout":
        """The layout of these answers: one object for all devices that are alike to the letter."""
        layout = Layout(profiles, values, expected)
        return _KNOWN.setdefault(layout.signature, layout)

    @property
    def signature(self) -> Hashable:
        """Equal in layouts that read alike."""
        made = (
            (slot.inputs, id(slot.sensor), id(getattr(slot, "states", None)), slot.scale)
            if isinstance(slot, Slot)
            else (slot.inputs, id(slot.sensor))
            for slot in self.slots
        )
        return self._keys, frozenset(self._shape.items()), self.sources, tuple(made)

    @property
    def rigid(self) -> frozenset[bytes]:
        """The objects on which names, classes and conditions depend."""
        return frozenset(self._shape)

    def fits(self, values: Values) -> bool:
        """Whether the device still has the same rows with the same labels."""
        return values.keys() == self._keys and self._shape.items() <= values.items()

    def lacks(self, values: Values) -> bool:
        """Whether something is missing that the device had."""
        return not self._keys <= values.keys()

    def readings(self, values: Values) -> Readings:
        """The readings of a poll that fits.

        Of one that lacks something, only those of which nothing is missing: a value without its
        status would pass for a good one.
        """
        get = values.get
        lost = self._keys - values.keys()
        return self.collect(
            [
                None
                if lost and not lost.isdisjoint(slot.inputs)
                else slot.measure(tuple(map(get, slot.inputs)))
                for slot in self.slots
            ]
        )

    def collect(self, measured: Sequence[Measured | None]) -> Readings:
        """What was measured at each slot as readings; where it is None, there is no reading."""
        found = [(s, m) for s, m in zip(self.sources, measured, strict=True) if m is not None]
        return Readings(
            SensorSet.of(source for source, _ in found),
            tuple(m.value for _, m in found),
            Verdict.of(tuple(m.state for _, m in found), tuple(m.text for _, m in found)),
        )

    def _find(self, profiles: Sequence[CompiledProfile], values: Values) -> list[AnySlot]:
        slots: list[AnySlot] = []
        rows = _suffixes_by_column(profiles, values)
        for profile in profiles:
            for sensor in profile.scalars:
                slots += self._scalar(profile.name, sensor, values)
            for table in profile.tables:
                slots += self._table(profile.name, table, values, rows)
        return slots

    def _scalar(self, profile: str, sensor: CompiledSensor, values: Values) -> list[Slot]:
        oid = next((oid for oid in sensor.columns if _usable(oid, sensor.skip, values)), None)
        if oid is None or sensor.kind is None or _superseded(sensor, b"", values):
            return []
        row = _Row(b"", (), {}, {}, {})
        return [_slot(profile, sensor, oid, row, sensor.kind)]

    def _table(
        self,
        profile: str,
        table: CompiledTable,
        values: Values,
        suffixes: Mapping[bytes, list[bytes]],
    ) -> Iterator[AnySlot]:
        rows: dict[bytes, _Row | None] = {}
        for sensor in table.sensors:
            found: list[_Row] = []
            if _has_below(values, sensor.superseded_below):
                continue
            for suffix in suffixes.get(sensor.columns[0], ()):
                if suffix not in rows:
                    rows[suffix] = self._row(table, suffix, values)
                row = rows[suffix]
                if row is None or not _applies(sensor, row) or _superseded(sensor, suffix, values):
                    continue
                found.append(row)
            if sensor.agree is not None:
                yield from _agreement(profile, sensor, sensor.agree, found)
                continue
            for row in found:
                kind = _kind_of(sensor, row)
                if kind is not None:
                    yield _slot(profile, sensor, sensor.columns[0] + row.suffix, row, kind)

    def _row(self, table: CompiledTable, suffix: bytes, values: Values) -> _Row | None:
        try:
            row = _Row(suffix, decode_subids(suffix), {}, {}, {})
        except DecodeError:
            return None
        for label in table.labels:
            oid = _label_oid(label, row)
            value = _label_value(label, row, values.get(oid))
            row.raw[label.name] = value
            row.text[label.name] = _words(label, value)
            row.oids[label.name] = oid
            if label.name in table.shaping and oid in values:
                self._shape[oid] = values[oid]
        if table.expected_by:
            names = {row.text[name].casefold() for name in table.expected_by}
            wanted = not names.isdisjoint(self._expected)
            row.raw["expected"] = b"yes" if wanted else b"no"
            row.text["expected"] = "yes" if wanted else "no"
        return row


_KNOWN: WeakValueDictionary[Hashable, Layout] = WeakValueDictionary()


def _suffixes_by_column(
    profiles: Sequence[CompiledProfile], values: Values
) -> dict[bytes, list[bytes]]:
    """Column to the row suffixes that it has, in the order of their numbers."""
    columns = {
        sensor.columns[0]
        for profile in profiles
        for table in profile.tables
        for sensor in table.sensors
    }
    sizes = sorted({len(column) for column in columns})
    found: defaultdict[bytes, list[bytes]] = defaultdict(list)
    for oid in values:
        for size in sizes:
            if (column := oid[:size]) in columns and size < len(oid):
                found[column].append(oid[size:])
    for suffixes in found.values():
        suffixes.sort(key=sort_key)
    return found


def _label_value(label: CompiledLabel, row: _Row, tlv: bytes | None) -> Value:
    value = _label_source(label, row, tlv)
    if label.pattern is None:
        return value
    return part_meant(label.pattern, value)


def _label_source(label: CompiledLabel, row: _Row, tlv: bytes | None) -> Value:
    if label.column is not None:
        return decode_or_none(tlv)
    parts = row.index[label.part - 1 :]
    if not parts:
        return None
    return _text_in(parts) if label.text else parts[0]


def _text_in(parts: Sequence[int]) -> Value:
    """The text at the start of a rest of an index; None where its length is not true."""
    length, octets = parts[0], parts[1 : 1 + parts[0]]
    return bytes(octets) if len(octets) == length and all(o < 256 for o in octets) else None


def _label_oid(label: CompiledLabel, row: _Row) -> bytes:
    if label.column is None:
        return _ABSENT
    if label.index is None:
        return label.column + row.suffix
    index = _index_of(label.index.fill(row.index, row.text), is_text=label.text)
    return label.column + encode_index(index) if index else _ABSENT


def _index_of(text: str, *, is_text: bool) -> list[int]:
    """The sub-identifiers of an index (RFC 2578, 7.7); none where the text is no index."""
    if is_text:
        octets = text.encode()
        return [len(octets), *octets]
    if _MAC_ADDRESS.fullmatch(text):
        return list(bytes.fromhex(text.replace(":", "")))
    parts = text.split(".", MAX_SUBIDS)
    if not all(part.isascii() and part.isdigit() and len(part) <= 10 for part in parts):
        return []
    return [int(part) for part in parts]


def _words(label: CompiledLabel, value: Value) -> str:
    if isinstance(value, int) and value in label.words:
        return label.words[value]
    return text_of(value)[:_MAX_LABEL]


def _applies(sensor: CompiledSensor, row: _Row) -> bool:
    return all(_has(row, name, keys) for name, keys in sensor.when.labels) and not any(
        _has(row, name, keys) for name, keys in sensor.unless
    )


def _has(row: _Row, name: str, keys: KeySet) -> bool:
    return row.raw[name] in keys or row.text[name].encode() in keys


def _has_below(values: Values, columns: tuple[bytes, ...]) -> bool:
    return bool(columns) and any(oid.startswith(columns) for oid in values)


def _superseded(sensor: CompiledSensor, suffix: bytes, values: Values) -> bool:
    better = sensor.superseded_by
    return better is not None and _usable(better + suffix, sensor.skip, values)


def _usable(oid: bytes, skip: KeySet, values: Values) -> bool:
    value = decode_or_none(values.get(oid))
    return value is not None and value != b"" and value not in skip


def _kind_of(sensor: CompiledSensor, row: _Row) -> CompiledKind | None:
    """What the row measures; None when the profile does not cover its kind."""
    kind = sensor.kind
    if sensor.classify is not None:
        label, kinds = sensor.classify
        raw = text_of(row.raw[label]).casefold()
        kind = kinds.get(raw) or kinds.get(row.text[label].casefold())
    if kind is None:
        return None
    if sensor.exponent is not None:
        stated = sensor.exponent
        scale = _UNITS if stated.scale is None else row.raw[stated.scale]
        precision = row.raw[stated.precision]
        precision = stated.otherwise if precision is None else precision
        if not (isinstance(scale, int) and isinstance(precision, int)):
            return None
        factor = entity_sensor_factor(scale, precision)
        if factor is None:
            return None
        kind = replace(kind, scale=kind.scale.times(factor))
    for condition, states in sensor.cases:
        if all(_has(row, name, keys) for name, keys in condition.labels):
            kind = replace(kind, states=states)
            break
    for label, keys, absent in sensor.absent_when:
        if _has(row, label, keys):
            kind = replace(kind, states=absent)
    if kind.sensor_class is SensorClass.STATE and kind.states is None:
        return None
    return kind


def _slot(profile: str, sensor: CompiledSensor, oid: bytes, row: _Row, kind: CompiledKind) -> Slot:
    status = sensor.status[0] + row.suffix if sensor.status else _ABSENT
    limits = [
        limit.oid + row.suffix if limit is not None and limit.oid is not None else _ABSENT
        for limit in sensor.limits
    ]
    operands = sensor.formula.names if sensor.formula else ()
    inputs = [oid, status, *limits]
    inputs += [row.oids.get(name, _ABSENT) for name in operands if name != "value"]
    return Slot(
        inputs=tuple(inputs if sensor.formula else _without_tail(inputs)),
        sensor=sensor,
        sensor_class=kind.sensor_class,
        scale=kind.scale,
        states=kind.states,
        name=sensor.name.fill(row.index, row.text) or kind.sensor_class.value,
        component=sensor.component.fill(row.index, row.text),
        profile=profile,
    )


def _agreement(
    profile: str, sensor: CompiledSensor, words: tuple[str, str], rows: Sequence[_Row]
) -> Iterator[AgreementSlot]:
    if len(rows) >= FEWEST_MEMBERS:
        yield AgreementSlot(
            inputs=tuple(sensor.columns[0] + row.suffix for row in rows),
            sensor=sensor,
            words=words,
            name=sensor.name.fill((), {}),
            component=sensor.component.fill((), {}),
            profile=profile,
        )


def _without_tail(inputs: list[bytes]) -> list[bytes]:
    """Drops absent inputs at the end: most sensors have a value only."""
    while len(inputs) > 1 and inputs[-1] == _ABSENT:
        inputs.pop()
    return inputs


def _unique(slots: Sequence[AnySlot]) -> tuple[AnySlot, ...]:
    """One slot for each object and class, each with a name of its own within its class."""
    kept: dict[tuple[bytes, SensorClass, int], AnySlot] = {}
    for slot in slots:
        part = slot.sensor.bit if slot.sensor.bit is not None else slot.sensor.char or -1
        kept.setdefault((slot.inputs[0], slot.sensor_class, part), slot)
    taken: set[tuple[SensorClass, str]] = set()
    for slot in kept.values():
        base, number = slot.name, 2
        while (slot.sensor_class, slot.name) in taken:
            slot.name = f"{base} #{number}"
            number += 1
        taken.add((slot.sensor_class, slot.name))
    return tuple(kept.values())

"""A profile with everything prepared that does not depend on a device's answers."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from monitors.profiles.formula import Formula
from monitors.profiles.match import KeySet, StateMap
from monitors.profiles.notation import Condition
from monitors.profiles.schema import Label, Profile, Table
from monitors.profiles.sensor_schema import Exponent, Limit, Limits, Sensor, shaping_labels
from monitors.profiles.template import Template
from monitors.profiles.units import Scale, scale_of
from monitors.reading import SensorClass
from monitors.snmp.errors import DecodeError
from monitors.snmp.oid import encode_index, encode_oid, oid_text

Place = Callable[[str | int | None, str | None], bytes | None]
"""Finds an object from a `column` or an `oid` of a profile."""
_LONGEST_BASE = 64
"""Bytes of a sysObjectID below which other OIDs still fit."""
_LEAST_ABSOLUTE = 6
"""A column with so many sub-identifiers is a whole OID, not one below the entry."""


def column_oid(entry: str, column: str | int) -> bytes:
    """A column's OID from what a profile writes: `5`, `"3.1"` below the entry, or a whole OID."""
    text = str(column)
    parts = text.split(".")
    if len(parts) >= _LEAST_ABSOLUTE:
        return encode_oid(text)
    return encode_oid(entry) + encode_index([int(part) for part in parts])


@dataclass(frozen=True, slots=True)
class CompiledKind:
    """What a row measures: its class, scale and states."""

    sensor_class: SensorClass
    scale: Scale
    states: StateMap | None


@dataclass(frozen=True, slots=True)
class CompiledCondition:
    """All of these labels have one of these values."""

    labels: tuple[tuple[str, KeySet], ...]


@dataclass(frozen=True, slots=True)
class CompiledLimit:
    """A limit in the base unit, or the object that states it."""

    fixed: float | None
    oid: bytes | None
    """A column's OID in a table, an instance's for a scalar."""
    skip: KeySet


@dataclass(frozen=True, slots=True)
class CompiledSensor:
    """A profile's sensor; `columns` are instances where it is a scalar."""

    columns: tuple[bytes, ...]
    name: Template
    component: Template
    kind: CompiledKind | None
    classify: tuple[str, dict[str, CompiledKind]] | None
    exponent: Exponent | None
    cases: tuple[tuple[CompiledCondition, StateMap], ...]
    when: CompiledCondition
    unless: tuple[tuple[str, KeySet], ...]
    absent_when: tuple[tuple[str, KeySet, StateMap], ...]
    status: tuple[bytes, StateMap] | None
    limits: tuple[CompiledLimit | None, ...]
    """critical below, warning below, warning above, critical above."""
    skip: KeySet
    minimum: float
    maximum: float
    superseded_by: bytes | None
    superseded_below: tuple[bytes, ...]
    pattern: re.Pattern[str] | None
    char: int | None
    bit: int | None
    formula: Formula | None
    agree: tuple[str, str] | None

    @property
    def is_plain(self) -> bool:
        """Whether any number that the device sends is the value, without limits and exceptions."""
        parts = (self.pattern, self.char, self.bit, self.formula, self.status, *self.limits)
        within = self.minimum == float("-inf") and self.maximum == float("inf")
        return within and not self.skip and all(part is None for part in parts)


@dataclass(frozen=True, slots=True)
class CompiledLabel:
    """A label and where it is read."""

    name: str
    column: bytes | None
    """None where the label is a part of the index."""
    part: int
    text: bool
    pattern: re.Pattern[str] | None
    index: Template | None
    """None for the same row."""
    words: dict[int, str]


@dataclass(frozen=True, slots=True)
class CompiledTable:
    """A table's labels and sensors."""

    labels: tuple[CompiledLabel, ...]
    shaping: frozenset[str]
    """Labels on which names, classes and conditions depend; a formula's operands do not count."""
    expected_by: tuple[str, ...]
    sensors: tuple[CompiledSensor, ...]

    @property
    def columns(self) -> tuple[bytes, ...]:
        """Every column that must be walked."""
        found = [label.column for label in self.labels if label.column is not None]
        for sensor in self.sensors:
            found += objects_of(sensor)
        return tuple(dict.fromkeys(found))


class CompiledProfile:
    """One profile, ready to be laid over a device's answers."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.name = profile.profile
        self.is_relative = profile.is_relative
        """Whether its OIDs are known only for a certain device; until then it reads nothing."""
        self.object_ids = tuple(map(encode_oid, profile.recognise.object_id))
        self.probes = tuple(map(encode_oid, profile.recognise.probe))
        if self.is_relative:
            self.scalars: tuple[CompiledSensor, ...] = ()
            self.tables: tuple[CompiledTable, ...] = ()
            return
        states = {name: StateMap(spec) for name, spec in profile.states.items()}
        self.scalars = tuple(_sensor(sensor, None, states) for sensor in profile.scalars)
        self.tables = tuple(_table(table, states) for table in profile.tables)

    def below(self, object_id: bytes) -> "CompiledProfile":
        """The profile for a device with this sysObjectID (BER content bytes).

        One that reads nothing, where the device's is no OID below which others fit.
        """
        if not self.is_relative or len(object_id) > _LONGEST_BASE:
            return self
        try:
            return CompiledProfile(self.profile.below(oid_text(object_id)))
        except DecodeError:
            return self

    @property
    def gets(self) -> tuple[bytes, ...]:
        """Every single instance to read, those that identify the device included."""
        if self.is_relative:
            return ()
        identity = self.profile.identity
        found = [*identity.model, *identity.serial, *identity.firmware]
        objects = [oid for sensor in self.scalars for oid in objects_of(sensor)]
        return tuple(dict.fromkeys([*map(encode_oid, found), *objects]))


def objects_of(sensor: CompiledSensor) -> list[bytes]:
    """Every object that a sensor takes part of its reading from."""
    found = [*sensor.columns, *(limit.oid for limit in sensor.limits if limit and limit.oid)]
    if sensor.status:
        found.append(sensor.status[0])
    if sensor.superseded_by:
        found.append(sensor.superseded_by)
    return [*found, *sensor.superseded_below]


def _table(table: Table, states: dict[str, StateMap]) -> CompiledTable:
    return CompiledTable(
        labels=tuple(_label(name, label, table.entry) for name, label in table.labels.items()),
        shaping=_shaping(table),
        expected_by=tuple(table.expected_by),
        sensors=tuple(_sensor(sensor, table.entry, states) for sensor in table.sensors),
    )


def _shaping(table: Table) -> frozenset[str]:
    names = {name for sensor in table.sensors for name in shaping_labels(sensor)}
    for label in table.labels.values():
        names |= Template(label.index).labels
    return frozenset(names.union(table.expected_by))


def _label(name: str, label: Label, entry: str) -> CompiledLabel:
    index = None if label.index == "{index}" else Template(label.index)
    column = None if label.column is None else column_oid(entry, label.column)
    pattern = None if label.pattern is None else re.compile(label.pattern)
    part = label.part or 0
    return CompiledLabel(name, column, part, label.text, pattern, index, label.words)


def _sensor(sensor: Sensor, entry: str | None, states: dict[str, StateMap]) -> CompiledSensor:
    def place(column: str | int | None, oid: str | None = None) -> bytes | None:
        if column is not None and entry is not None:
            return column_oid(entry, column)
        text = oid if oid is not None else column
        return encode_oid(str(text)) if text is not None else None

    status_oid = place(sensor.status.column, sensor.status.oid) if sensor.status else None
    own = place(sensor.column)
    return CompiledSensor(
        columns=tuple(map(encode_oid, sensor.oid)) if own is None else (own,),
        name=Template(sensor.name),
        component=Template(sensor.component),
        kind=_kind(sensor, states),
        classify=_classify(sensor, states),
        exponent=sensor.exponent,
        cases=tuple((_condition(case.when), states[case.states]) for case in sensor.cases),
        when=_condition(sensor.when),
        unless=_condition(sensor.unless).labels,
        absent_when=tuple(
            (label, KeySet([key]), StateMap.absent(word))
            for label, words in sensor.absent_when.items()
            for key, word in words.items()
        ),
        status=(status_oid, states[sensor.status.states]) if sensor.status and status_oid else None,
        limits=tuple(_limit(limit, place) for limit in _limits_in_order(sensor.limits)),
        skip=KeySet(sensor.skip),
        minimum=float("-inf") if sensor.minimum is None else sensor.minimum,
        maximum=float("inf") if sensor.maximum is None else sensor.maximum,
        superseded_by=place(sensor.superseded_by),
        superseded_below=tuple(map(encode_oid, sensor.superseded_below)),
        pattern=re.compile(sensor.pattern) if sensor.pattern else None,
        char=sensor.char,
        bit=sensor.bit,
        formula=Formula(sensor.formula) if sensor.formula else None,
        agree=sensor.agree,
    )


def _kind(sensor: Sensor, states: dict[str, StateMap]) -> CompiledKind | None:
    if sensor.sensor_class is None:
        return None
    scale = scale_of(sensor.unit, sensor.multiply, sensor.divide)
    return CompiledKind(sensor.sensor_class, scale, states.get(sensor.states or ""))


def _classify(
    sensor: Sensor, states: dict[str, StateMap]
) -> tuple[str, dict[str, CompiledKind]] | None:
    if sensor.classify is None:
        return None
    kinds = {
        str(key).casefold(): CompiledKind(
            meaning.sensor_class,
            scale_of(meaning.unit, meaning.multiply, meaning.divide),
            states.get(meaning.states or ""),
        )
        for key, meaning in sensor.classify.kinds.items()
    }
    return sensor.classify.label, kinds


def _condition(condition: Condition) -> CompiledCondition:
    return CompiledCondition(tuple((name, KeySet(keys)) for name, keys in condition.items()))


def _limits_in_order(limits: Limits) -> tuple[Limit | None, ...]:
    return (
        limits.critical_below,
        limits.warning_below,
        limits.warning_above,
        limits.critical_above,
    )


def _limit(limit: Limit | None, place: Place) -> CompiledLimit | None:
    if limit is None:
        return None
    if isinstance(limit, float | int):
        return CompiledLimit(float(limit), None, KeySet(()))
    return CompiledLimit(None, place(limit.column, limit.oid), KeySet(limit.skip))

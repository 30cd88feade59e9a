"""One sensor of a device, found and named: turns its bytes into a value, a state and a word."""

import math
import re
from dataclasses import dataclass

from monitors.profiles.compiled import CompiledSensor
from monitors.profiles.match import StateMap
from monitors.profiles.units import Scale
from monitors.reading import UNITS, SensorClass, State, worst
from monitors.readings import Measured, Sensor, plain
from monitors.snmp.oid import oid_text
from monitors.snmp.values import Value, decode_or_none, text_of

_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d{1,2})?")

_MAX_WORD = 120

Raw = tuple[bytes | None, ...]
"""The tag-length-values of a slot's inputs; None where the device did not answer."""


@dataclass(slots=True)
class Slot:
    """Where a reading comes from and how it is made."""

    inputs: tuple[bytes, ...]
    """OIDs (content bytes): the value itself, its status, four limits, the formula's labels."""
    sensor: CompiledSensor
    sensor_class: SensorClass
    scale: Scale
    states: StateMap | None
    name: str
    component: str
    profile: str

    @property
    def source(self) -> Sensor:
        """What of its readings stays the same."""
        return Sensor(
            sensor_class=self.sensor_class,
            name=self.name,
            unit=UNITS[self.sensor_class],
            component=self.component,
            oid=oid_text(self.inputs[0]),
            profile=self.profile,
        )

    @property
    def is_direct(self) -> bool:
        """Whether the number on the wire is the value, and always ok."""
        return (
            len(self.inputs) == 1
            and self.sensor_class is not SensorClass.STATE
            and self.scale == Scale()
            and self.sensor.is_plain
        )

    def measure(self, raw: Raw) -> Measured | None:
        """What the device says; None when it gave no usable value."""
        found = _extract(decode_or_none(raw[0]), self.sensor)
        if found is None or found in self.sensor.skip:
            return None
        if self.sensor_class is SensorClass.STATE:
            return self._measure_state(found)
        number = _number(found)
        if number is None or not self.sensor.minimum <= number <= self.sensor.maximum:
            return None
        if self.sensor.formula is not None:
            number = self._compute(number, raw)
            if number is None:
                return None
        value = self.scale.apply(number)
        if not math.isfinite(value):
            return None
        status = self._status(raw)
        if status is State.ABSENT:  # a number of what is not there
            return None
        state = worst(status, self._limit_state(value, raw))
        return Measured(plain(value), state, "")

    def _measure_state(self, value: Value) -> Measured | None:
        assert self.states is not None
        if isinstance(value, bytes) and not text_of(value):
            return None
        meant = self.states.look_up(value)
        return Measured(meant.number, meant.state, meant.word[:_MAX_WORD])

    def _status(self, raw: Raw) -> State:
        """The state that the device itself gives the value; ok where it gives none."""
        if self.sensor.status is None:
            return State.OK
        status = decode_or_none(_at(raw, 1))
        return State.OK if status is None else self.sensor.status[1].look_up(status).state

    def _limit_state(self, value: float, raw: Raw) -> State:
        critical_low, warning_low, warning_high, critical_high = (
            self._limit(at, raw) for at in range(4)
        )
        if value < _or(critical_low, -math.inf) or value > _or(critical_high, math.inf):
            return State.CRITICAL
        if value < _or(warning_low, -math.inf) or value > _or(warning_high, math.inf):
            return State.WARNING
        return State.OK

    def _limit(self, at: int, raw: Raw) -> float | None:
        limit = self.sensor.limits[at]
        if limit is None or limit.fixed is not None:
            return None if limit is None else limit.fixed
        value = decode_or_none(_at(raw, 2 + at))
        stated = None if value in limit.skip else _number(value)
        return None if stated is None else self.scale.apply(stated)

    def _compute(self, number: float, raw: Raw) -> float | None:
        formula = self.sensor.formula
        assert formula is not None
        values = {"value": number}
        for name, tlv in zip(_labels_of(formula.names), raw[6:], strict=True):
            operand = _number(decode_or_none(tlv))
            if operand is None:
                return None
            values[name] = operand
        return formula.evaluate(values)


def _labels_of(names: tuple[str, ...]) -> list[str]:
    return [name for name in names if name != "value"]


def _at(raw: Raw, place: int) -> bytes | None:
    return raw[place] if place < len(raw) else None


def _or(limit: float | None, otherwise: float) -> float:
    return otherwise if limit is None else limit


def part_meant(pattern: re.Pattern[str], value: Value) -> bytes | None:
    """What the pattern's one group matches; None where it matches nothing, or not that part."""
    found = pattern.search(text_of(value))
    part = found.group(1) if found else None
    return None if part is None else part.encode()


def _extract(value: Value, sensor: CompiledSensor) -> Value:
    """The part of the value that the profile means."""
    if sensor.pattern is not None:
        return part_meant(sensor.pattern, value)
    if sensor.char is not None:
        text = text_of(value)
        return text[sensor.char - 1].encode() if len(text) >= sensor.char else None
    if sensor.bit is not None:
        return _bit(value, sensor.bit)
    return value


def _bit(value: Value, bit: int) -> int | None:
    """INTEGER: bit 0 is the lowest. OCTET STRING: bit 0 is the first octet's highest (RFC 2578)."""
    if isinstance(value, int):
        return value >> bit & 1
    if isinstance(value, bytes):
        return value[bit // 8] >> (7 - bit % 8) & 1 if bit // 8 < len(value) else None
    return None


def _number(value: Value) -> float | None:
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    found = _NUMBER.search(text_of(value)) if isinstance(value, bytes) else None
    return float(found.group()) if found else None

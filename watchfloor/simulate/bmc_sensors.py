"""A BMC's sensors: what they read, what crosses a threshold, and their Sensor Data Records."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace

from watchfloor.simulate.errors import FaultError

TEMPERATURE, VOLTAGE, CURRENT, FAN, CHASSIS_INTRUSION = 0x01, 0x02, 0x03, 0x04, 0x05
PROCESSOR, POWER_SUPPLY, OTHER_UNITS, MEMORY, DRIVE = 0x07, 0x08, 0x0B, 0x0C, 0x0D
ACPI_POWER, WATCHDOG = 0x22, 0x23
"""Sensor types of IPMI v2.0 table 42-3."""
CELSIUS, VOLTS, AMPERES, WATTS, RPM = 1, 4, 5, 6, 18
"""Unit codes of table 43-15."""
THRESHOLD, REDUNDANCY, SENSOR_SPECIFIC = 0x01, 0x0B, 0x6F
"""Event/reading types of table 42-1."""

_BMC_ADDRESS = 0x20
_EVENTS_AND_SCANNING = 0xC0
_NO_READING = 0xE0
_LOW, _HIGH = (0, 1, 2), (3, 4, 5)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """In the sensor's unit; None where the sensor has none."""

    lower_non_recoverable: float | None = None
    lower_critical: float | None = None
    lower_non_critical: float | None = None
    upper_non_critical: float | None = None
    upper_critical: float | None = None
    upper_non_recoverable: float | None = None

    def in_bit_order(self) -> tuple[float | None, ...]:
        """As Get Sensor Thresholds orders them: lower then upper, each from mild to grave."""
        lower = self.lower_non_critical, self.lower_critical, self.lower_non_recoverable
        upper = self.upper_non_critical, self.upper_critical, self.upper_non_recoverable
        return (*lower, *upper)


@dataclass(frozen=True, slots=True)
class AnalogSensor:
    """A sensor with a number: reading = raw * m * 10**exponent, raw 0 to 255."""

    number: int
    name: str
    sensor_type: int
    unit: int
    entity: tuple[int, int]
    """Entity ID (table 43-13) and instance."""
    value: float
    thresholds: Thresholds = Thresholds()
    m: int = 1
    exponent: int = 0
    available: bool = True

    def raw(self, value: float) -> int:
        """The nearest reading that the sensor can give."""
        factor = self.m * 10.0**self.exponent
        return min(255, max(0, round(value / factor)))

    def crossed(self) -> int:
        """The bits of the thresholds that the value has reached."""
        raw = self.raw(self.value)
        bits = 0
        for bit, limit in enumerate(self.thresholds.in_bit_order()):
            if limit is not None:
                reached = raw <= self.raw(limit) if bit in _LOW else raw >= self.raw(limit)
                bits |= reached << bit
        return bits

    def reading(self) -> bytes:
        """The data of Get Sensor Reading (section 35.14)."""
        if not self.available:
            return bytes((0, _NO_READING, 0xC0))
        return bytes((self.raw(self.value), _EVENTS_AND_SCANNING, 0xC0 | self.crossed()))

    def threshold_data(self) -> bytes:
        """The data of Get Sensor Thresholds (section 35.9)."""
        limits = self.thresholds.in_bit_order()
        raws = (0 if limit is None else self.raw(limit) for limit in limits)
        return bytes((self._readable_thresholds(), *raws))

    def _readable_thresholds(self) -> int:
        limits = self.thresholds.in_bit_order()
        return sum(1 << bit for bit, limit in enumerate(limits) if limit is not None)

    def sdr_body(self) -> bytes:
        """A full sensor record (table 43-1) from the owner's address on."""
        mask = self._readable_thresholds()
        events = sum(1 << (2 * bit + (bit in _HIGH)) for bit in range(6) if mask >> bit & 1)
        raws = self.threshold_data()[1:]
        head = bytes((_BMC_ADDRESS, 0, self.number, *self.entity, 0x7F, 0x44, self.sensor_type, 1))
        lower, upper = (mask & 7) << 12, (mask >> 3) << 12
        masks = struct.pack("<HHBB", events | lower, events | upper, mask, 0)
        factors = bytes(
            (
                0,
                self.unit,
                0,
                0,
                self.m & 0xFF,
                self.m >> 8 << 6,
                0,
                0,
                0,
                (self.exponent & 15) << 4,
            )
        )
        ranges = bytes((0, 0, 0, 0, 0xFF, 0))
        upper_then_lower = bytes((raws[5], raws[4], raws[3], raws[2], raws[1], raws[0]))
        return head + masks + factors + ranges + upper_then_lower + bytes(5) + _id(self.name)


@dataclass(frozen=True, slots=True)
class DiscreteSensor:
    """A sensor with states, each a bit."""

    number: int
    name: str
    sensor_type: int
    entity: tuple[int, int]
    states: frozenset[int]
    possible: frozenset[int]
    reading_type: int = SENSOR_SPECIFIC
    available: bool = True

    def reading(self) -> bytes:
        """The data of Get Sensor Reading."""
        if not self.available:
            return bytes((0, _NO_READING, 0, 0x80))
        bits = _bits(self.states)
        return bytes((0, _EVENTS_AND_SCANNING, bits & 0xFF, 0x80 | bits >> 8))

    def sdr_body(self) -> bytes:
        """A compact sensor record (table 43-2) from the owner's address on."""
        mask = _bits(self.possible)
        head = bytes((_BMC_ADDRESS, 0, self.number, *self.entity, 0x67, 0x40, self.sensor_type))
        masks = struct.pack("<BHHH", self.reading_type, mask, mask, mask)
        units = bytes((0xC0, 0, 0))
        return head + masks + units + struct.pack("<H", 1) + bytes(6) + _id(self.name)


Sensor = AnalogSensor | DiscreteSensor


def with_value(sensor: Sensor, value: float) -> AnalogSensor:
    """The sensor at another value. Raises FaultError when it has states, not a value."""
    if not isinstance(sensor, AnalogSensor):
        raise FaultError(f"sensor {sensor.name} has states: set those")
    return replace(sensor, value=value)


def with_states(sensor: Sensor, states: frozenset[int]) -> DiscreteSensor:
    """The sensor in other states. Raises FaultError when it cannot have them."""
    if not isinstance(sensor, DiscreteSensor):
        raise FaultError(f"sensor {sensor.name} has a value: set that")
    if not states <= sensor.possible:
        known = ", ".join(map(str, sorted(sensor.possible)))
        raise FaultError(f"sensor {sensor.name} has no such state: choose of {known}")
    return replace(sensor, states=states)


def sensor_records(sensors: Sequence[Sensor]) -> list[bytes]:
    """The SDR repository: the BMC itself, its FRU, then each sensor."""
    locator = bytes((_BMC_ADDRESS, 0, 0, 0x9F, 0, 0, 0, 6, 1, 0)) + _id("BMC")
    fru = bytes((_BMC_ADDRESS, 0, 0x80, 0, 0, 0x10, 0, 7, 1, 0)) + _id("System board")
    bodies = [(0x12, locator), (0x11, fru)]
    bodies += [(1 if isinstance(each, AnalogSensor) else 2, each.sdr_body()) for each in sensors]
    return [
        struct.pack("<HBBB", number, 0x51, kind, len(body)) + body
        for number, (kind, body) in enumerate(bodies, start=1)
    ]


def _bits(states: frozenset[int]) -> int:
    return sum(1 << state for state in states)


def _id(name: str) -> bytes:
    """An ID string in 8-bit ASCII; its length has five bits, of which IPMI uses up to 16."""
    encoded = name.encode("ascii")[:16]
    return bytes((0xC0 | len(encoded),)) + encoded

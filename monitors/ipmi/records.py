"""What a sensor data record says about its sensor; the formulas are decoded by pyghmi."""

import struct
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pyghmi.ipmi.private import constants as tables
from pyghmi.ipmi.sdr import SDREntry

from monitors.ipmi.discrete import GENERIC_REDUNDANCY
from monitors.ipmi.entities import component_of, redundancy_component
from monitors.ipmi.messages import BMC_ADDRESS, Request
from monitors.ipmi.names import text_of
from monitors.ipmi.repository import SENSOR_EVENT
from monitors.ipmi.units import COUNT, Measure, measure_of

FULL = 0x01
COMPACT = 0x02
_HEADER = 5
_SHORTEST = {FULL: 48, COMPACT: 32}
"""Bytes up to the name (tables 43-1 and 43-2)."""
_ASCII = 0xC0
_LONGEST_ID = 0x1F
_THRESHOLD = 0x01
_NOT_NUMERIC = 0x03
UNDECODABLE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    TypeError,
    ValueError,
    struct.error,
)
"""What pyghmi's decoders raise on records and readings that no standard BMC would send."""


@dataclass(frozen=True, slots=True)
class SensorRecord:
    """One sensor, as its record describes it."""

    number: int
    lun: int
    name: str
    component: str
    sensor_type: int
    reading_type: int
    measure: Measure | None
    """None for a discrete sensor."""
    unit_text: str
    """The unit in the record's own words."""
    readable_states: int
    """Mask of the states that a discrete sensor can have; 0 where the record does not say."""
    decoder: SDREntry

    @property
    def request(self) -> Request:
        """Get Sensor Reading."""
        return Request(SENSOR_EVENT, 0x2D, bytes((self.number,)), self.lun)

    @property
    def place(self) -> str:
        """Where it is read, as `Reading.oid` says it."""
        return f"ipmi:{self.number}" + (f".{self.lun}" if self.lun else "")

    @property
    def non_linear(self) -> bool:
        """Whether the formula itself must be asked for with each reading (section 36.2)."""
        return self.measure is not None and (self.decoder.linearization or 0) > 11


@dataclass(frozen=True, slots=True)
class SensorList:
    """What the records of a BMC hold."""

    sensors: tuple[SensorRecord, ...]
    unreadable: int
    """Records of sensors that could not be decoded."""
    foreign: int
    """Sensors of other controllers behind the BMC, which are not asked."""


def read_records(raw_records: Iterable[bytes]) -> SensorList:
    """All sensors of the BMC itself; a broken record costs only its own sensor."""
    found: dict[tuple[int, int], SensorRecord] = {}
    unreadable = foreign = 0
    for raw in raw_records:
        if len(raw) < _HEADER + 1 or raw[3] not in _SHORTEST:
            continue
        if raw[_HEADER] != BMC_ADDRESS:
            foreign += 1
            continue
        try:
            for record in _sensors_of(raw):
                found.setdefault((record.lun, record.number), record)
        except UNDECODABLE:
            unreadable += 1
    return SensorList(_with_unique_names(found.values()), unreadable, foreign)


def _sensors_of(raw: bytes) -> list[SensorRecord]:
    if len(raw) < _SHORTEST[raw[3]]:
        raise ValueError("short record")
    return [_sensor_of(each, suffix) for each, suffix in _unshared(raw)]


def _unshared(raw: bytes) -> list[tuple[bytes, str]]:
    """A compact record may stand for several sensors in a row (table 43-2, bytes 24 and 25)."""
    count = raw[23] & 0x0F if raw[3] == COMPACT else 1
    if count <= 1:
        return [(raw, "")]
    return [_share(raw, step) for step in range(count)]


def _share(raw: bytes, step: int) -> tuple[bytes, str]:
    each = bytearray(raw)
    each[7] = (raw[7] + step) & 0xFF
    if raw[24] & 0x80:
        each[9] = (raw[9] + step) & 0xFF
    modifier = (raw[24] & 0x7F) + step
    return bytes(each), chr(ord("A") + modifier % 26) if raw[23] >> 4 & 0x03 else str(modifier)


def _name_in(raw: bytes) -> str:
    """The sensor's name in the record."""
    start = _SHORTEST[raw[3]]
    end = start + (raw[start - 1] & _LONGEST_ID)
    return text_of(raw[start - 1], raw[start:end], unicode_first=True)


def _without_name(raw: bytes) -> bytearray:
    """The record with an empty name: pyghmi takes Latin-1 letters for UTF-8, and never comes to
    the end of a name in packed 6-bit ASCII."""
    start = _SHORTEST[raw[3]]
    return bytearray(raw[: start - 1] + bytes((_ASCII,)))


def _sensor_of(raw: bytes, suffix: str) -> SensorRecord:
    decoder = SDREntry(_without_name(raw), tables)
    sensor_type, reading_type = raw[12], raw[13]
    numeric = _is_numeric(raw)
    name = _name_in(raw) + suffix or f"Sensor {raw[7]:#04x}"
    if reading_type == GENERIC_REDUNDANCY:
        component = redundancy_component(sensor_type, raw[9])
    else:
        component = component_of(raw[8], raw[9])
    return SensorRecord(
        number=raw[7],
        lun=raw[6] & 0x03,
        name=name,
        component=component,
        sensor_type=sensor_type,
        reading_type=reading_type,
        measure=measure_of(raw[20], raw[21], raw[22], name) if numeric else None,
        unit_text=str(decoder.unit_suffix).strip(),
        readable_states=(raw[18] | raw[19] << 8) & 0x7FFF,
        decoder=decoder,
    )


def _is_numeric(raw: bytes) -> bool:
    """As pyghmi decides it: an analog format, unsigned only with thresholds."""
    if raw[3] != FULL:
        return False
    analog_format = raw[20] >> 6
    has_thresholds = bool(raw[11] & 0x0C)
    if analog_format == 0:
        return has_thresholds or raw[13] == _THRESHOLD
    return analog_format != _NOT_NUMERIC


def _with_unique_names(sensors: Iterable[SensorRecord]) -> tuple[SensorRecord, ...]:
    """Some vendors name many sensors `Temp`; the part, then the number, tells them apart."""
    listed = tuple(sensors)
    for addition in ("({0.component})", "#{0.number}"):
        times = Counter(sensor.name for sensor in listed)
        listed = tuple(
            replace(sensor, name=f"{sensor.name} {addition.format(sensor)}")
            if times[sensor.name] > 1 and (sensor.component or "component" not in addition)
            else sensor
            for sensor in listed
        )
    return listed


def unit_word(record: SensorRecord) -> str:
    """The sensor's own unit where no base unit fits it; empty otherwise."""
    return record.unit_text if record.measure == COUNT else ""

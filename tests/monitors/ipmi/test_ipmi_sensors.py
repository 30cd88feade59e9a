"""Records and answers of sensors: names, units, states, and hostile bytes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.ipmi.chassis import read_chassis
from monitors.ipmi.discrete import judge
from monitors.ipmi.entities import component_of, redundancy_component
from monitors.ipmi.events import decode_entry, parse_log_info
from monitors.ipmi.fru import board_identity, product_identity
from monitors.ipmi.messages import Response
from monitors.ipmi.records import SensorRecord, read_records
from monitors.ipmi.sensors import SensorReader, UnreadableError
from monitors.ipmi.units import measure_of
from monitors.reading import UNITS, SensorClass, State
from tests.monitors.ipmi.ipmi_sim import SERVER, Analog, Discrete, Sensor


def raw_record(sensor: Sensor, number: int = 1) -> bytes:
    kind, body = sensor.record()
    return number.to_bytes(2, "little") + bytes((0x51, kind, len(body))) + body


def record_of(sensor: Sensor) -> SensorRecord:
    (record,) = read_records([raw_record(sensor)]).sensors
    return record


def reader_of(sensor: Sensor) -> SensorReader:
    return SensorReader(record_of(sensor))


def answer(*data: int) -> Response:
    return Response(0, bytes(data))


@pytest.mark.parametrize(
    ("unit", "raw", "sensor_class", "value"),
    [
        (1, 25, SensorClass.TEMPERATURE, 25.0),
        (2, 77, SensorClass.TEMPERATURE, 25.0),
        (3, 200, SensorClass.TEMPERATURE, -73.15),
        (4, 12, SensorClass.VOLTAGE, 12.0),
        (14, 101, SensorClass.PRESSURE, 101000.0),
        (17, 100, SensorClass.AIRFLOW, 0.0471947443),
        (18, 90, SensorClass.FANSPEED, 90.0),
        (21, 5, SensorClass.DELAY, 0.005),
        (12, 7, SensorClass.COUNT, 7.0),
    ],
)
def test_units_become_base_units(
    unit: int, raw: int, sensor_class: SensorClass, value: float
) -> None:
    reading = reader_of(Analog(1, "Some", 0x0B, unit, (7, 1), raw)).read(answer(raw, 0xC0, 0xC0))
    assert reading is not None
    assert (reading.sensor_class, reading.unit) == (sensor_class, UNITS[sensor_class])
    assert reading.value == pytest.approx(value, rel=1e-8)


def test_watt_hours_are_joules_and_percent_is_a_ratio() -> None:
    assert measure_of(0x04, 6, 24, "Energy").in_base_unit(2) == 7200
    assert measure_of(0x01, 0, 0, "Duty").in_base_unit(40) == pytest.approx(0.4)
    assert measure_of(0x01, 0, 0, "Inlet Humidity").sensor_class is SensorClass.HUMIDITY
    assert measure_of(0x18, 1, 0, "per second").sensor_class is SensorClass.COUNT


@pytest.mark.parametrize(
    ("bits", "state"),
    [
        (0x00, State.OK),
        (0x01, State.WARNING),
        (0x03, State.CRITICAL),
        (0x08, State.WARNING),
        (0x38, State.CRITICAL),
        (0xC0, State.OK),
    ],
)
def test_thresholds_give_the_state(bits: int, state: State) -> None:
    reading = reader_of(SERVER[0]).read(answer(20, 0xC0, bits))
    assert reading is not None
    assert reading.state is state


@pytest.mark.parametrize(
    ("sensor_type", "reading_type", "asserted", "state", "text"),
    [
        (0x08, 0x6F, 0b0001, State.OK, "present"),
        (0x08, 0x6F, 0b0011, State.CRITICAL, "present, failure"),
        (0x08, 0x6F, 0b0101, State.WARNING, "present, predictive failure"),
        (0x08, 0x0B, 0b0001, State.OK, "fully redundant"),
        (0x08, 0x0B, 0b0010, State.CRITICAL, "redundancy lost"),
        (0x04, 0x0B, 0b0100, State.WARNING, "redundancy degraded"),
        (0x04, 0x0B, 0b100000, State.CRITICAL, "not redundant, insufficient resources"),
        (0x0D, 0x6F, 0b10000001, State.WARNING, "present, rebuild in progress"),
        (0x0D, 0x6F, 0b11, State.CRITICAL, "present, drive fault"),
        (0x05, 0x6F, 0b1, State.CRITICAL, "chassis intrusion"),
        (0x01, 0x01, 0b11010000, State.CRITICAL, "above upper critical"),
        (0xC0, 0x7E, 0b1, State.OK, "state 0"),
    ],
)
def test_discrete_states_are_judged(
    sensor_type: int, reading_type: int, asserted: int, state: State, text: str
) -> None:
    judged = judge(reading_type, sensor_type, asserted, 0x7FFF)
    assert (judged.state, judged.text) == (state, text)


def test_presence_counts_only_where_the_sensor_can_tell() -> None:
    assert judge(0x6F, 0x08, 0, 0b0001).present is False
    assert judge(0x6F, 0x08, 0, 0b0010).present is None
    assert judge(0x6F, 0x08, 0b0010, 0b0011).present is True
    assert judge(0x08, 0x08, 0b01, 0b11).present is False
    assert judge(0x08, 0x08, 0b10, 0b11).present is True


def test_of_redundancy_that_is_not_stated_nothing_is_read() -> None:
    supplies = next(each for each in SERVER if each.name == "PSU Redundancy")
    reader = reader_of(supplies)
    assert reader.read(answer(0, 0xC0, 0, 0)) is None
    assert reader.read(answer(0, 0xC0, 1, 0)) is not None
    assert reader.read(answer(0, 0xC0, 0, 0)) is None


def test_equal_answers_give_the_very_same_reading() -> None:
    reader = reader_of(SERVER[0])
    assert reader.read(answer(20, 0xC0, 0)) is reader.read(answer(20, 0xC0, 0))


def test_non_linear_sensors_use_the_factors_of_the_reading() -> None:
    raw = bytearray(raw_record(SERVER[0]))
    raw[23] = 0x70
    (record,) = read_records([bytes(raw)]).sensors
    reader = SensorReader(record)
    response = answer(10, 0xC0, 0)
    request = reader.factors_request(response)
    assert request is not None
    assert request.data == bytes((1, 10))
    reading = reader.read(response, bytes((11, 3, 0, 0, 0, 0, 0)))
    assert reading is not None
    assert reading.value == 30.0
    with pytest.raises(UnreadableError):
        reader.read(answer(11, 0xC0, 0))


def test_sensors_of_one_name_are_told_apart() -> None:
    twins = [Analog(n, "Temp", 1, 1, (3, n), 20) for n in (1, 2)]
    strangers = [Analog(n, "Temp", 1, 1, (7, 1), 20) for n in (3, 4)]
    found = read_records(raw_record(each, each.number) for each in [*twins, *strangers])
    names = [record.name for record in found.sensors]
    assert names == ["Temp (cpu:1)", "Temp (cpu:2)", "Temp (board:1) #3", "Temp (board:1) #4"]


def test_a_shared_record_stands_for_several_sensors() -> None:
    raw = bytearray(raw_record(Discrete(0x60, "Disk ", 0x0D, 0x6F, (26, 1), (0,), (0, 1))))
    raw[23], raw[24] = 0x03, 0x81
    found = read_records([bytes(raw)]).sensors
    assert [(each.number, each.name, each.component) for each in found] == [
        (0x60, "Disk1", "disk:1"),
        (0x61, "Disk2", "disk:2"),
        (0x62, "Disk3", "disk:3"),
    ]


def test_sensors_behind_other_controllers_are_counted_not_asked() -> None:
    raw = bytearray(raw_record(SERVER[0]))
    raw[5] = 0x2C
    found = read_records([bytes(raw), raw_record(SERVER[1])])
    assert (len(found.sensors), found.foreign) == (1, 1)


def test_a_broken_record_costs_only_itself() -> None:
    raw = raw_record(SERVER[0])
    broken = bytearray(raw)
    broken[21] = 59  # a unit that does not exist
    found = read_records([bytes(broken), raw[:20], raw_record(SERVER[1])])
    assert (len(found.sensors), found.unreadable) == (1, 2)


def test_names_with_letters_beyond_ascii_are_kept_readable() -> None:
    raw = bytearray(raw_record(SERVER[0]))
    raw[-1] = 0xB0
    (record,) = read_records([bytes(raw)]).sensors
    assert record.name == "Inle°"


def test_a_name_in_packed_ascii_comes_to_its_end() -> None:
    raw = bytearray(raw_record(SERVER[0]))
    start = len(raw) - len("Inlet")
    raw[start - 1 :] = bytes((0x83, 0x29, 0xDC, 0xA6))  # the specification's own example: IPMI
    (record,) = read_records([bytes(raw)]).sensors
    assert record.name == "IPMI"


@given(st.lists(st.binary(max_size=80), max_size=6))
@settings(max_examples=300)
def test_any_records_are_read_or_counted(records: list[bytes]) -> None:
    found = read_records([b"\x01\x00\x51" + each for each in records])
    assert found.unreadable + found.foreign <= len(records)


@given(st.sampled_from(SERVER), st.binary(max_size=8), st.integers(0, 255))
@settings(max_examples=300)
def test_any_answer_is_a_reading_or_nothing_or_unreadable(
    sensor: Sensor, data: bytes, code: int
) -> None:
    try:
        reading = reader_of(sensor).read(Response(code, data))
    except UnreadableError:
        return
    if reading is not None:
        assert reading.unit == UNITS[reading.sensor_class]
        assert reading.name == sensor.name


@given(st.binary(max_size=80), st.binary(min_size=16, max_size=16))
def test_any_inventory_log_and_chassis_data_is_survived(data: bytes, entry: bytes) -> None:
    for identity in (product_identity(data), board_identity(data)):
        assert identity.serial == "" or identity.serial.isprintable()
    assert decode_entry(entry, {}).raw == entry
    parse_log_info(Response(0, data))
    assert len(read_chassis(Response(0, data), True)) in (0, 5)


def test_inventory_fields_in_each_encoding() -> None:
    six_bit = bytes((0x83, 0x29, 0xDC, 0xA6))  # the FRU specification's own example: IPMI
    fields = six_bit + b"\xc2RX" + b"\x42\x12\xab" + b"\x01\xff" + b"\xc3S-1" + b"\xc1"
    found = product_identity(b"\x01\x00\x19" + fields)
    assert (found.vendor, found.model, found.serial) == ("IPMI", "RX", "S-1")


def test_components() -> None:
    assert component_of(10, 2) == "power_supply:2"
    assert component_of(10, 0x61) == "power_supply:1"
    assert component_of(0, 0) == ""
    assert component_of(200, 3) == "entity_200:3"
    assert redundancy_component(0x04, 1) == "fan_redundancy:1"

"""A device's value as a reading: numbers, states, flags, limits, and what is no reading."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import watchfloor.simulate
from monitors.profiles.layout import Layout
from monitors.profiles.library import shipped
from monitors.reading import SensorClass, State
from monitors.snmp import ber
from monitors.snmp.oid import encode_oid
from monitors.snmp.values import IP_ADDRESS
from tests.monitors.profiles.small_profiles import (
    BASE,
    ENTRY,
    Value,
    readings,
    scalar,
    table,
    tlv,
    values,
)
from watchfloor.simulate.recording import Recording


@pytest.mark.parametrize(
    ("spec", "raw", "value", "state"),
    [
        ({}, 230, 230, State.OK),
        ({"divide": 10}, 2301, 230.1, State.OK),
        ({}, "230.5 V", 230.5, State.OK),
        ({}, "-5", -5, State.OK),
        ({"pattern": r"out=(\d+)"}, "in=1 out=48", 48, State.OK),
        ({"limits": {"warning_above": 240, "critical_above": 250}}, 240, 240, State.OK),
        ({"limits": {"warning_above": 240, "critical_above": 250}}, 241, 241, State.WARNING),
        ({"limits": {"warning_above": 240, "critical_above": 250}}, 251, 251, State.CRITICAL),
        ({"limits": {"warning_below": 210, "critical_below": 200}}, 205, 205, State.WARNING),
        ({"limits": {"warning_below": 210, "critical_below": 200}}, 199, 199, State.CRITICAL),
        ({"divide": 10, "limits": {"critical_above": 25}}, 251, 25.1, State.CRITICAL),
        ({"formula": "value * 2"}, 21, 42, State.OK),
    ],
)
def test_numbers(spec: dict[str, object], raw: Value, value: float, state: State) -> None:
    (reading,) = readings(scalar(**spec), {f"{BASE}.0": raw})
    assert reading.value == pytest.approx(value)
    assert reading.state is state
    assert (reading.unit, reading.name, reading.profile) == ("volts", "It", "gear")
    assert reading.oid == f"{BASE}.0"


@pytest.mark.parametrize(
    ("spec", "raw"),
    [
        ({"skip": -1}, -1),
        ({"skip": [65535]}, 65535),
        ({"skip": ["n/a"]}, "N/A"),
        ({"minimum": 0}, -1),
        ({"maximum": 1000}, 1001),
        ({}, "no number"),
        ({}, ""),
        ({"pattern": r"out=(\d+)"}, "in=1"),
        ({"pattern": r"in=1|out=(\d+)"}, "in=1"),
        ({"formula": "1 / value"}, 0),
    ],
)
def test_what_is_not_measured_is_no_reading(spec: dict[str, object], raw: Value) -> None:
    assert readings(scalar(**spec), {f"{BASE}.0": raw}) == ()


def test_states_carry_the_devices_word_and_number() -> None:
    (reading,) = readings(
        scalar(**{"class": "state", "states": "supply", "component": "power_supply:1"}),
        {f"{BASE}.0": 3},
    )
    assert (reading.state, reading.text, reading.value) == (State.CRITICAL, "failed", 3)
    assert (reading.unit, reading.component) == ("state", "power_supply:1")


@pytest.mark.parametrize(
    ("spec", "raw", "value"),
    [
        ({"char": 2}, "0100", 1),
        ({"char": 3}, "0100", 0),
        ({"bit": 0}, 5, 1),
        ({"bit": 1}, 5, 0),
        ({"bit": 1}, b"\x40", 1),
        ({"bit": 9}, b"\x00\x40", 1),
    ],
)
def test_flags_are_taken_out_of_texts_and_bits(
    spec: dict[str, object], raw: Value, value: int
) -> None:
    (reading,) = readings(scalar(**spec), {f"{BASE}.0": raw})
    assert reading.value == value


@pytest.mark.parametrize("spec", [{"char": 9}, {"bit": 60}])
def test_flags_that_are_not_there_are_no_reading(spec: dict[str, object]) -> None:
    assert readings(scalar(**spec), {f"{BASE}.0": "0100"}) == ()


def test_of_several_oids_the_first_usable_one_is_read() -> None:
    profile = scalar(oid=[f"{BASE}.1", f"{BASE}.2"], skip=-1)
    (reading,) = readings(profile, {f"{BASE}.1": -1, f"{BASE}.2": 7})
    assert reading.oid == f"{BASE}.2"


def test_a_finer_object_supersedes() -> None:
    profile = scalar(superseded_by=f"{BASE}.9")
    assert len(readings(profile, {f"{BASE}.0": 7})) == 1
    assert readings(profile, {f"{BASE}.0": 7, f"{BASE}.9": 7}) == ()


def test_a_number_takes_its_state_from_a_status_column() -> None:
    profile = table(
        {
            "column": 3,
            "class": "current",
            "name": "L{index}",
            "status": {"column": 4, "states": "supply"},
        },
    )
    rows = {
        f"{ENTRY}.3.1": 1,
        f"{ENTRY}.4.1": 3,
        f"{ENTRY}.3.2": 1,
        f"{ENTRY}.3.3": 1,
        f"{ENTRY}.4.3": 1,
    }
    states = [r.state for r in readings(profile, rows)]
    assert states == [State.CRITICAL, State.OK, State.OK]


def test_limits_come_from_columns_in_the_values_own_scale() -> None:
    profile = table(
        {
            "column": 3,
            "class": "current",
            "name": "L{index}",
            "divide": 10,
            "limits": {"warning_above": {"column": 5}},
        },
    )
    rows = {f"{ENTRY}.3.1": 99, f"{ENTRY}.5.1": 100, f"{ENTRY}.3.2": 101, f"{ENTRY}.5.2": 100}
    assert [r.state for r in readings(profile, rows)] == [State.OK, State.WARNING]


def test_a_limit_may_be_absent() -> None:
    limits = {"warning_above": {"column": 5, "skip": [0]}}
    profile = table({"column": 3, "class": "voltage", "name": "V{index}", "limits": limits})
    rows = {f"{ENTRY}.3.1": 12, f"{ENTRY}.5.1": 0, f"{ENTRY}.3.2": 12, f"{ENTRY}.5.2": 5}
    assert [r.state for r in readings(profile, rows)] == [State.OK, State.WARNING]


def test_formulas_use_other_columns_and_follow_them() -> None:
    profile = table(
        {"column": 3, "class": "percent", "name": "Used", "formula": "value / size"},
        labels={"size": 4},
    )
    first = values({f"{ENTRY}.3.1": 30, f"{ENTRY}.4.1": 120})
    layout = Layout([profile], first)
    assert layout.readings(first)[0].value == 0.25
    second = values({f"{ENTRY}.3.1": 30, f"{ENTRY}.4.1": 60})
    assert layout.fits(second)
    assert layout.readings(second)[0].value == 0.5
    assert readings(profile, {f"{ENTRY}.3.1": 30}) == ()


def test_entity_sensors_get_class_and_scale_from_their_row() -> None:
    profile = table(
        {
            "column": 4,
            "classify": {
                "label": "type",
                "kinds": {8: {"class": "temperature"}, 9: {"class": "humidity", "unit": "percent"}},
            },
            "exponent": {"scale": "scale", "precision": "precision"},
            "name": "{index}",
        },
        labels={"type": 1, "scale": 2, "precision": 3},
    )
    rows: dict[str, Value] = {}
    for index, row in {
        1: (8, 9, 1, 215),
        2: (9, 9, 0, 44),
        3: (12, 9, 0, 1),
        4: (8, 99, 0, 1),
    }.items():
        rows |= {f"{ENTRY}.{column}.{index}": value for column, value in enumerate(row, 1)}
    found = readings(profile, rows)
    assert [(r.sensor_class, r.value) for r in found] == [
        (SensorClass.TEMPERATURE, 21.5),
        (SensorClass.HUMIDITY, 0.44),
    ]


def test_a_value_says_that_the_part_is_not_there_and_its_number_is_none() -> None:
    profile = table(
        {"column": 3, "class": "state", "name": "Bay {index}", "states": "bay"},
        {
            "column": 4,
            "class": "voltage",
            "name": "Bay {index}",
            "status": {"column": 3, "states": "bay"},
        },
    )
    rows = {f"{ENTRY}.3.1": 1, f"{ENTRY}.4.1": 12, f"{ENTRY}.3.2": 6, f"{ENTRY}.4.2": 0}
    found = [(r.name, r.sensor_class, r.state, r.text) for r in readings(profile, rows)]
    assert found == [
        ("Bay 1", SensorClass.STATE, State.OK, "good"),
        ("Bay 2", SensorClass.STATE, State.ABSENT, "notInstalled"),
        ("Bay 1", SensorClass.VOLTAGE, State.OK, ""),
    ]


def test_values_that_do_not_decode_are_left_out() -> None:
    broken = {encode_oid(f"{BASE}.0"): b"\x02\x00"}
    assert Layout([scalar()], broken).readings(broken) == ()
    address = {encode_oid(f"{BASE}.0"): ber.write(IP_ADDRESS, b"abc")}
    assert Layout([scalar()], address).readings(address) == ()


RECORDED = [
    row.name
    for path in sorted((Path(watchfloor.simulate.__file__).parent / "recordings").glob("*.snmprec"))
    for row in Recording.load(path)
]
tlvs = st.one_of(
    st.integers(-(2**63), 2**64 - 1).map(ber.write_integer),
    st.binary(max_size=60).map(lambda content: ber.write(ber.OCTET_STRING, content)),
    st.text("0123456789.e+-", max_size=400).map(tlv),
    st.just(tlv("9" * 5000)),
    st.binary(max_size=12).map(lambda content: ber.write(0x44, content)),
    st.binary(max_size=12).map(lambda content: ber.write(0x06, content)),
    st.sampled_from(
        [b"\x80\x00", b"\x05\x00", b"\x02\x00", b"\x44\x07\x9f\x78\x04\x7f\x80\x00\x00"]
    ),
)


@given(st.dictionaries(st.sampled_from(RECORDED), tlvs, max_size=60))
def test_no_answer_of_a_device_makes_the_shipped_profiles_raise(
    rows: dict[tuple[int, ...], bytes],
) -> None:
    found = {encode_oid(".".join(map(str, name))): value for name, value in rows.items()}
    for reading in Layout(shipped().profiles, found, ["Gi1/0/1"]).readings(found):
        assert math.isfinite(reading.value)
        assert 0 < len(reading.name) < 500
        assert len(reading.text) <= 120

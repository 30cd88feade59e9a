"""The small parts of the profile language: formulas, templates, units, states."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from monitors.profiles.formula import Formula
from monitors.profiles.match import KeySet, StateMap
from monitors.profiles.sensor_schema import States
from monitors.profiles.template import Template
from monitors.profiles.units import RAW_UNITS, entity_sensor_factor, scale_of
from monitors.reading import State


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("value", 8),
        ("value / total", 0.25),
        ("(total - value) / total", 0.75),
        ("total - value - 1", 23),
        ("value * 1.5 + 2", 14),
        ("value / (total - total)", None),
    ],
)
def test_formulas_compute(text: str, result: float | None) -> None:
    assert Formula(text).evaluate({"value": 8, "total": 32}) == result


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 +",
        "value ** 2",
        "value.real",
        "f(value)",
        "[value]",
        "value if total else 1",
        "'a'",
        "True",
        "-value",
        "value; total",
        "lambda: 1",
        "9" * 300,
    ],
)
def test_formulas_are_arithmetic_only(text: str) -> None:
    with pytest.raises(ValueError, match=r"arithmetic|column|characters"):
        Formula(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Input L{index}", "Input L3.7"),
        ("Phase {index.2} of {index.1}", "Phase 7 of 3"),
        ("{name|descr|index}", "Rack PDU"),
        ("{empty|index.9|index.1}", "3"),
        ("{index.9}", ""),
        ("Outlet {empty}", "Outlet"),
    ],
)
def test_templates_fill(text: str, name: str) -> None:
    assert Template(text).fill((3, 7), {"descr": "Rack PDU", "name": "", "empty": ""}) == name


@pytest.mark.parametrize("text", ["{", "}", "{}", "{index.0}", "{Name}", "{a b}", "{{a}}", "{a|}"])
def test_templates_refuse_what_they_do_not_know(text: str) -> None:
    with pytest.raises(ValueError, match=r"brace|is not"):
        Template(text)


@pytest.mark.parametrize(
    ("unit", "multiply", "divide", "raw", "value"),
    [
        (None, 1, 10, 244, 24.4),
        (None, 1, 10, 499, 49.9),
        ("percent", 1, 10, 755, 0.755),
        ("fahrenheit", 1, 1, 212, 100.0),
        ("fahrenheit", 1, 10, 320, 0.0),
        ("kelvin", 1, 100, 29315, 20.0),
        ("minutes", 1, 1, 42, 2520),
        ("timeticks", 1, 1, 6000, 60),
        ("kilowatt_hours", 1, 10, 5, 1_800_000),
        ("kilowatts", 1, 100, 27, 270),
        ("milliamperes", 1, 1, 1500, 1.5),
    ],
)
def test_units_lead_to_the_base_unit(
    unit: str | None, multiply: float, divide: float, raw: float, value: float
) -> None:
    assert scale_of(unit, multiply, divide).apply(raw) == pytest.approx(value, abs=1e-9)


@given(st.integers(-(10**9), 10**9), st.sampled_from([1, 10, 100, 1000]))
def test_decimal_places_are_exact(raw: int, divide: int) -> None:
    assert scale_of(None, 1, divide).apply(raw) == raw / divide


@given(st.sampled_from(sorted(RAW_UNITS)), st.integers(-(10**6), 10**6))
def test_units_keep_the_order(unit: str, raw: int) -> None:
    scale = RAW_UNITS[unit]
    assume(raw > 0 or not scale.in_decibels)
    assert scale.apply(raw) < scale.apply(raw + 1)


def test_power_in_decibels_of_a_milliwatt() -> None:
    assert RAW_UNITS["microwatts_in_dbm"].apply(1000) == pytest.approx(0)
    assert RAW_UNITS["milliwatts_in_dbm"].apply(10) == pytest.approx(10)
    assert RAW_UNITS["watts_in_dbm"].apply(0.001) == pytest.approx(0)
    assert math.isnan(RAW_UNITS["milliwatts_in_dbm"].apply(0))


@pytest.mark.parametrize(
    ("scale", "precision", "factor"),
    [
        (9, 0, 1),
        (9, 1, 0.1),
        (8, 0, 0.001),
        (10, 2, 10),
        (9, -2, 100),
        (18, 0, None),
        (9, 10, None),
    ],
)
def test_entity_sensor_scale_and_precision(
    scale: int, precision: int, factor: float | None
) -> None:
    found = entity_sensor_factor(scale, precision)
    assert found is None if factor is None else math.isclose(float(found or 0), factor)


def test_states_look_up_numbers_and_words() -> None:
    states = StateMap(States(ok={2: "onLine", "active": "active"}, critical={3: "onBattery"}))
    assert states.look_up(2).state is State.OK
    assert states.look_up(b"2").word == "onLine"
    assert states.look_up(b"ACTIVE \x00").state is State.OK
    assert states.look_up(3).number == 3
    unlisted = states.look_up(9)
    assert (unlisted.state, unlisted.word, unlisted.number) == (State.UNKNOWN, "9", 9)


def test_a_profile_can_say_what_unlisted_values_mean() -> None:
    states = StateMap(States(ok={1: "fine"}, otherwise=State.CRITICAL))
    assert states.look_up(77).state is State.CRITICAL


def test_key_sets_match_numbers_and_their_texts() -> None:
    keys = KeySet([-1, "n/a"])
    assert -1 in keys
    assert b"-1" in keys
    assert b"N/A " in keys
    assert 1 not in keys
    assert None not in KeySet([])

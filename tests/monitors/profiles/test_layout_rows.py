"""The rows of a device's tables: which are read, what they are called, how they are compared."""

import pytest

from monitors.profiles.layout import Layout
from monitors.reading import State
from monitors.snmp.oid import encode_oid
from tests.monitors.profiles.small_profiles import BASE, ENTRY, Value, readings, table, values


def test_rows_are_named_by_their_labels_in_order_of_their_index() -> None:
    profile = table(
        {"column": 3, "class": "current", "name": "{name|index}", "component": "phase:{index}"},
        labels={"name": 2},
    )
    rows = {f"{ENTRY}.3.{at}": at for at in (10, 2, 300)} | {f"{ENTRY}.2.2": "Left"}
    found = readings(profile, rows)
    assert [(r.name, r.component, r.value) for r in found] == [
        ("Left", "phase:2", 2),
        ("10", "phase:10", 10),
        ("300", "phase:300", 300),
    ]


def test_equal_names_are_told_apart() -> None:
    profile = table({"column": 3, "class": "current", "name": "Fan"})
    found = readings(profile, {f"{ENTRY}.3.1": 1, f"{ENTRY}.3.2": 2})
    assert [r.name for r in found] == ["Fan", "Fan #2"]


def test_labels_come_from_other_tables_and_words() -> None:
    profile = table(
        {"column": 3, "class": "current", "name": "{side} {name}"},
        labels={
            "side": {"column": 4, "words": {1: "Input", 2: "Output"}},
            "name": {"column": "1.3.6.1.4.1.99999.7.1.2", "index": "{index.2}"},
        },
    )
    rows: dict[str, Value] = {
        f"{ENTRY}.3.5.8": 1,
        f"{ENTRY}.4.5.8": 2,
        "1.3.6.1.4.1.99999.7.1.2.8": "bank",
    }
    (reading,) = readings(profile, rows)
    assert reading.name == "Output bank"


def test_conditions_choose_rows() -> None:
    profile = table(
        {"column": 3, "class": "current", "name": "A{index}", "when": {"kind": [1, 2]}},
        {"column": 3, "class": "power", "name": "P{index}", "unless": {"kind": [1, 2]}},
        labels={"kind": 2},
    )
    rows: dict[str, Value] = {f"{ENTRY}.3.{at}": at for at in (1, 2, 3)}
    rows |= {f"{ENTRY}.2.{at}": at for at in (1, 2, 3)}
    assert [r.name for r in readings(profile, rows)] == ["A1", "A2", "P3"]


def test_cases_and_expectations_choose_the_states() -> None:
    profile = table(
        {
            "column": 3,
            "class": "state",
            "name": "{name}",
            "states": "quiet",
            "cases": [{"when": {"expected": "yes"}, "states": "supply"}],
        },
        labels={"name": 2},
        expected_by=["name"],
    )
    rows: dict[str, Value] = {
        f"{ENTRY}.3.1": 3,
        f"{ENTRY}.2.1": "Gi1",
        f"{ENTRY}.3.2": 3,
        f"{ENTRY}.2.2": "Gi2",
    }
    found = readings(profile, rows, expected=("GI2",))
    assert [r.state for r in found] == [State.OK, State.CRITICAL]


def test_a_label_says_that_the_rows_part_is_not_there() -> None:
    profile = table(
        {
            "column": 3,
            "class": "state",
            "name": "Bay {index}",
            "states": "supply",
            "absent_when": {"present": {2: "absent"}},
        },
        labels={"present": 5},
    )
    rows = {f"{ENTRY}.3.1": 3, f"{ENTRY}.5.1": 3, f"{ENTRY}.3.2": 3, f"{ENTRY}.5.2": 2}
    found = [(r.state, r.text) for r in readings(profile, rows)]
    assert found == [(State.CRITICAL, "failed"), (State.ABSENT, "absent")]


def test_a_layout_fits_until_rows_or_labels_change() -> None:
    profile = table({"column": 3, "class": "current", "name": "{name}"}, labels={"name": 2})
    first = values({f"{ENTRY}.3.1": 1, f"{ENTRY}.2.1": "Left"})
    layout = Layout([profile], first)
    assert layout.fits(first)
    assert layout.fits(first | values({f"{ENTRY}.3.1": 2}))
    assert not layout.fits(first | values({f"{ENTRY}.2.1": "Right"}))
    assert not layout.fits(first | values({f"{ENTRY}.3.2": 2}))
    assert not layout.fits({})


def member(checksum: str, number: int) -> dict[str, Value]:
    return {f"{ENTRY}.15.{number}": checksum, f"{ENTRY}.2.{number}": f"unit-{number}"}


AGREE: dict[str, object] = {
    "column": 15,
    "class": "state",
    "name": "Checksums",
    "component": "ha",
    "agree": ["same", "different"],
}


@pytest.mark.parametrize(
    ("checksums", "expected"),
    [
        (["7f8a"], []),
        (["7f8a", "7f8a"], [(State.OK, "same")]),
        (["7f8a", "7f8b"], [(State.CRITICAL, "different")]),
        (["7f8a", "7f8a", "0000"], [(State.CRITICAL, "different")]),
        (["7f8a", ""], []),
    ],
)
def test_members_of_a_pair_are_compared(
    checksums: list[str], expected: list[tuple[State, str]]
) -> None:
    rows = {oid: v for n, text in enumerate(checksums, 1) for oid, v in member(text, n).items()}
    found = readings(table(AGREE), rows)
    assert [(reading.state, reading.text) for reading in found] == expected
    assert all(reading.oid == f"{ENTRY}.15" for reading in found)


def test_only_members_to_which_the_condition_applies_are_compared() -> None:
    profile = table({**AGREE, "unless": {"name": "unit-2"}}, labels={"name": 2})
    rows = {**member("a", 1), **member("b", 2), **member("a", 3)}
    assert [reading.state for reading in readings(profile, rows)] == [State.OK]


@pytest.mark.parametrize(
    ("name", "found"), [("CPU Temp", True), ("TEMP 2", True), ("Fan 1", False), ("", False)]
)
def test_conditions_may_be_regular_expressions(name: str, found: bool) -> None:
    sensor = {"column": 3, "class": "temperature", "name": "It", "when": {"name": "~temp|lm75"}}
    profile = table(sensor, labels={"name": 2})
    assert bool(readings(profile, {f"{ENTRY}.2.1": name, f"{ENTRY}.3.1": 40})) is found


@pytest.mark.parametrize(
    ("index", "name"),
    [
        ("7.3.65.66.67", "ABC 7"),
        ("7.0", "7"),
        ("7.4.65.66.67", "7"),
        ("7.1.999", "7"),
        ("7", "7"),
    ],
)
def test_a_text_in_an_index_names_its_row(index: str, name: str) -> None:
    profile = table(
        {"column": 4, "class": "voltage", "name": "{unit} {index.1}"},
        labels={"unit": {"part": 2, "text": True}},
    )
    (reading,) = readings(profile, {f"{ENTRY}.4.{index}": 230})
    assert reading.name == name


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("00:0a:1B:2c:3D:ff_1", "Rack 4 Ceiling"),
        ("00:0a:1B:2c:3D:ff_2", "Rack 4"),
        ("00:0a:1B:2c:3D:00_1", ""),
        ("nobody", ""),
    ],
)
def test_texts_and_mac_addresses_find_rows_of_other_tables(key: str, name: str) -> None:
    profile = table(
        {"column": 4, "class": "voltage", "name": "{device} {group}"},
        labels={
            "key": 2,
            "mac": {"column": 2, "pattern": "^([^_]*)_"},
            "device": {"column": f"{BASE}.1", "index": "{mac}"},
            "group": {"column": f"{BASE}.2", "index": "{key}", "text": True},
        },
    )
    group = "00:0a:1B:2c:3D:ff_1"
    index = ".".join(map(str, (len(group), *group.encode())))
    rows: dict[str, Value] = {
        f"{ENTRY}.2.9": key,
        f"{ENTRY}.4.9": 5,
        f"{BASE}.1.0.10.27.44.61.255": "Rack 4",
        f"{BASE}.2.{index}": "Ceiling",
    }
    (reading,) = readings(profile, rows)
    assert reading.name == (name or "voltage")


def test_a_coarse_table_is_left_out_where_the_device_has_the_finer_one() -> None:
    finer = "1.3.6.1.4.1.99999.5.1.4"
    profile = table(
        {"column": 4, "class": "current", "name": "Bank {index}", "superseded_below": finer}
    )
    coarse = {f"{ENTRY}.4.1": 3, f"{ENTRY}.4.2": 4}
    assert len(readings(profile, coarse)) == 2
    assert readings(profile, {**coarse, f"{finer}.1.1": 3}) == ()
    assert encode_oid(finer) in profile.tables[0].columns, "what is not walked is not found"

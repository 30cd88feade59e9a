"""Profiles laid over answers: every feature of the language, on rows as devices give them."""

import math
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import watchfloor.simulate
from monitors.profiles.compiled import CompiledProfile
from monitors.profiles.layout import Layout
from monitors.profiles.library import Library, plan_of, pruned, shipped
from monitors.profiles.schema import Profile
from monitors.reading import Reading, SensorClass, State
from monitors.snmp import ber
from monitors.snmp.oid import encode_oid, oid_text
from monitors.snmp.values import IP_ADDRESS
from watchfloor.simulate.recording import Recording

BASE = "1.3.6.1.4.1.99999.1"
ENTRY = "1.3.6.1.4.1.99999.2.1"
HEAD = {
    "format": 1,
    "profile": "gear",
    "title": "Gear",
    "source": "GEAR-MIB",
    "recognise": {"object_id": ["1.3.6.1.4.1.99999"]},
    "states": {
        "supply": {"ok": {1: "good"}, "warning": {2: "weak"}, "critical": {3: "failed"}},
        "quiet": {"ok": {1: "good", 3: "nobody cares"}},
        "bay": {"ok": {1: "good"}, "absent": {6: "notInstalled"}},
    },
}
Value = int | str | bytes


def tlv(value: Value) -> bytes:
    if isinstance(value, int):
        return ber.write_integer(value)
    return ber.write(ber.OCTET_STRING, value.encode() if isinstance(value, str) else value)


def values(rows: Mapping[str, Value]) -> dict[bytes, bytes]:
    return {encode_oid(oid): tlv(value) for oid, value in rows.items()}


def compiled(**parts: object) -> CompiledProfile:
    return CompiledProfile(Profile.model_validate({**HEAD, **parts}))


def scalar(**spec: object) -> CompiledProfile:
    return compiled(scalars=[{"oid": f"{BASE}.0", "name": "It", "class": "voltage", **spec}])


def table(*sensors: dict[str, object], **more: object) -> CompiledProfile:
    return compiled(tables=[{"entry": ENTRY, "sensors": list(sensors), **more}])


def readings(
    profile: CompiledProfile, rows: Mapping[str, Value], expected: tuple[str, ...] = ()
) -> tuple[Reading, ...]:
    found = values(rows)
    return tuple(Layout([profile], found, expected).readings(found))


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


def test_values_that_do_not_decode_are_left_out() -> None:
    broken = {encode_oid(f"{BASE}.0"): b"\x02\x00"}
    assert Layout([scalar()], broken).readings(broken) == ()
    address = {encode_oid(f"{BASE}.0"): ber.write(IP_ADDRESS, b"abc")}
    assert Layout([scalar()], address).readings(address) == ()


def test_of_two_profiles_that_read_one_object_the_first_wins() -> None:
    mine, other = scalar(name="Mine"), scalar(name="Other")
    found = values({f"{BASE}.0": 1})
    assert [r.name for r in Layout([mine, other], found).readings(found)] == ["Mine"]


def test_the_plan_asks_for_each_object_once_and_forgets_what_is_absent() -> None:
    profile = compiled(
        scalars=[{"oid": f"{BASE}.0", "name": "It", "class": "voltage"}],
        tables=[
            {
                "entry": ENTRY,
                "labels": {"name": 2},
                "sensors": [
                    {"column": 3, "class": "current", "name": "{name}"},
                    {"column": 4, "class": "power", "name": "{name}"},
                ],
            }
        ],
    )
    plan = plan_of([profile, profile])
    assert list(map(oid_text, plan.gets)) == [f"{BASE}.0"]
    assert [list(map(oid_text, group)) for group in plan.walks] == [
        [f"{ENTRY}.2", f"{ENTRY}.3", f"{ENTRY}.4"]
    ]
    less = pruned(plan, values({f"{ENTRY}.3.1": 1}))
    assert less.gets == ()
    assert [list(map(oid_text, group)) for group in less.walks] == [[f"{ENTRY}.3"]]


def test_families_are_known_by_object_id_or_by_probing(tmp_path: Path) -> None:
    def write(name: str, recognise: dict[str, object], **more: object) -> None:
        content = {**HEAD, "profile": name, "recognise": recognise, **more}
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(content))

    write("by-id", {"object_id": ["1.3.6.1.4.1.99999.1"]}, replaces=["standard"])
    write("by-probe", {"probe": ["1.3.6.1.4.1.77.1"]})
    write("standard", {"always": True})
    library = Library.load(tmp_path)

    def names(object_id: str, *present: str) -> list[str]:
        found = library.recognise(encode_oid(object_id), list(map(encode_oid, present)))
        return [profile.name for profile in found]

    assert list(map(oid_text, library.probes)) == ["1.3.6.1.4.1.77.1"]
    assert names("1.3.6.1.4.1.8072.3.2.10") == ["standard"]
    assert names("1.3.6.1.4.1.99999.1.5") == ["by-id"]
    assert names("1.3.6.1.4.1.99999.10") == ["standard"]
    assert names("1.3.6.1.4.1.8072", "1.3.6.1.4.1.77.1.0") == ["by-probe", "standard"]


def test_oids_below_the_devices_own_are_placed_when_it_is_known() -> None:
    below = compiled(
        identity={"model": "@.9.0"},
        scalars=[{"oid": "@.1.0", "name": "Feed", "class": "state", "states": "supply"}],
        tables=[{"entry": "@.2.1", "sensors": [{"column": 5, "class": "voltage", "name": "V"}]}],
    )
    library = Library([below.profile])
    assert below.gets == ()
    [placed] = library.recognise(encode_oid("1.3.6.1.4.1.99999.7"), ())
    assert placed.profile.identity.model == ["1.3.6.1.4.1.99999.7.9.0"]
    rows = {"1.3.6.1.4.1.99999.7.1.0": 3, "1.3.6.1.4.1.99999.7.2.1.5.1": 230}
    found = Layout([placed], values(rows)).readings(values(rows))
    assert [reading.text or reading.value for reading in found] == ["failed", 230]


@pytest.mark.parametrize("object_id", [b"\x2b\x06\x01\x04\x01\x86\x8d\x1f\x87", b""])
def test_a_device_without_a_sound_object_id_has_nothing_below_it(object_id: bytes) -> None:
    below = compiled(scalars=[{"oid": "@.1.0", "name": "V", "class": "voltage"}])
    assert Library([below.profile]).recognise(object_id, ()) == ()
    assert Library([below.profile]).recognise(below.object_ids[0] + bytes(100), ()) == ()


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

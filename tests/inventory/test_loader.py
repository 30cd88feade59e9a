"""The loader: mistakes are found all at once and at their place; nothing but `InventoryError`."""

import tempfile
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from inventory.assets import example_center, templates
from inventory.loader import InventoryError, Problem, load
from inventory.model import Center, Kind, Monitoring
from inventory.problems import MOST_PROBLEMS
from inventory.sections import NAMED, TOP_LEVEL

CASES = sorted(path.parent for path in (Path(__file__).parent / "cases").glob("*/expected.txt"))
HEAD = "format: 1\ncenter: {name: small, title: Small, timezone: America/Chicago}\n"


def center_of(folder: Path, text: str, **files: str) -> Center:
    (folder / "center.yaml").write_text(HEAD + text)
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(content)
    return load(folder)


def mistakes_in(folder: Path, text: str, **files: str) -> list[str]:
    with pytest.raises(InventoryError) as caught:
        center_of(folder, text, **files)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_mistake_is_reported_at_its_place(case: Path) -> None:
    with pytest.raises(InventoryError) as caught:
        load(case)
    found = [str(p).removeprefix(f"{case}/").replace(str(case), ".") for p in caught.value.problems]
    assert found == (case / "expected.txt").read_text().splitlines()


def test_the_error_is_one_line_that_counts_the_rest() -> None:
    case = Path(__file__).parent / "cases" / "racks"
    with pytest.raises(InventoryError) as caught:
        load(case)
    assert str(caught.value) == (
        f"{case}/center.yaml:6:39: u3 is taken by srv-1 ({case}/center.yaml:5:39): move one "
        "(and 3 more: `watchfloor check` lists them)"
    )


def test_scalars_follow_yaml_1_2(tmp_path: Path) -> None:
    center = center_of(
        tmp_path,
        "contacts:\n  on: {title: on}\n  no: {title: no, phone: '0123'}\n"
        "devices: {ups-a: {kind: ups, title: yes, serial: '007', outlets: 0x10}}\n",
    )
    assert list(center.contacts) == ["on", "no"]
    assert center.contacts["on"].title == "on"
    assert center.devices["ups-a"].title == "yes"
    assert center.devices["ups-a"].outlets == 16


def test_defaults_of_model_go_over_those_of_kind(tmp_path: Path) -> None:
    center = center_of(
        tmp_path,
        "credentials:\n"
        "  new: {purpose: monitor, protocol: snmp-v2c, secret: env:A}\n"
        "  old: {purpose: monitor, protocol: snmp-v2c, secret: env:C}\n"
        "networks: {mgmt: {cidr: 10.20.9.0/24}}\n"
        "defaults:\n"
        "  kinds: {pdu: {outlets: 8, title: strip, monitoring: {snmp: new, interval_s: 5}}}\n"
        "  models: {ap-1: {kind: pdu, outlets: 24, monitoring: {snmp: old}}}\n"
        "devices:\n"
        "  pdu-a: {model: ap-1, address: 10.20.9.1}\n"
        "  pdu-b: {kind: pdu, address: 10.20.9.2}\n"
        "  pdu-c: {model: ap-1, title: mine, monitoring: {snmp: null}}\n",
    )
    a, b, c = center.devices.values()
    assert (a.kind, a.outlets, a.title, a.monitoring.snmp) == (Kind.PDU, 24, "strip", "old")
    assert a.monitoring.interval_s == 5
    assert (b.outlets, b.monitoring.snmp) == (8, "new")
    assert (c.title, c.monitoring.snmp, c.monitoring.interval_s) == ("mine", None, 5)


def test_expected_parts_are_named_as_the_monitor_names_them(tmp_path: Path) -> None:
    center = center_of(
        tmp_path,
        "devices: {sw-1: {kind: switch, monitoring: {expects: [power_supply:2, stack_ring]}}}\n",
    )
    assert center.devices["sw-1"].monitoring.expects == ("power_supply:2", "stack_ring")


def test_a_rack_scope_covers_its_file_except_what_stands_elsewhere(tmp_path: Path) -> None:
    center = center_of(
        tmp_path,
        "",
        one="rack: r1\ndevices: {ups-a: {kind: ups, at: u42}, ups-b: {kind: ups, place: room}}\n",
        two="rack: {name: r2, units: 12, title: Small}\ndevices: {ups-c: {kind: ups, rack: r1}}\n",
    )
    assert {d.name: d.rack for d in center.devices.values()} == {
        "ups-a": "r1",
        "ups-b": None,
        "ups-c": "r1",
    }
    assert (center.racks["r1"].units, center.racks["r2"].units) == (42, 12)


def test_a_pair_needs_to_be_said_once_and_makes_a_group(tmp_path: Path) -> None:
    center = center_of(
        tmp_path, "devices: {sw-b: {kind: switch, pair: sw-a}, sw-a: {kind: switch}}\n"
    )
    assert center.devices["sw-a"].pair == "sw-b"
    group = center.groups["pair:sw-a+sw-b"]
    assert (group.needs, group.of, group.derived) == (1, ("sw-a", "sw-b"), True)


def test_an_id_is_the_name_until_one_is_given(tmp_path: Path) -> None:
    center = center_of(tmp_path, "devices: {a: {kind: ups}, b: {kind: ups, id: old-b}}\n")
    assert [d.id for d in center.devices.values()] == ["a", "old-b"]


def test_a_devices_baseline_keeps_the_centers_other_values(tmp_path: Path) -> None:
    center = center_of(
        tmp_path,
        "baseline: {ssh_max_auth_tries: 2, ssh_idle_s: 600}\n"
        "devices: {a: {kind: server, baseline: {ssh_idle_s: 300}}, b: {kind: server}}\n",
    )
    own = center.devices["a"].baseline
    assert own is not None
    assert (own.ssh_max_auth_tries, own.ssh_idle_s) == (2, 300)
    assert center.devices["b"].baseline is None
    assert center.baseline.ssh_idle_s == 600


def test_a_window_is_in_the_centers_own_time(tmp_path: Path) -> None:
    center = center_of(
        tmp_path,
        "devices: {a: {kind: ups}}\nwindows:\n"
        "  w: {devices: [a], begins: 2026-07-01 02:00, ends: '2026-07-01T08:00Z', reason: x}\n",
    )
    window = center.windows["w"]
    assert window.begins == datetime(2026, 7, 1, 2, tzinfo=ZoneInfo("America/Chicago"))
    assert (window.ends.hour, str(window.ends.tzinfo)) == (3, "America/Chicago")


def test_sections_may_be_spread_over_files(tmp_path: Path) -> None:
    center = center_of(
        tmp_path,
        "devices: {a: {kind: ups}}\n",
        more="devices: {b: {kind: pdu, feeds: [a]}}\ncenter: {interval_s: 10}\n",
    )
    assert list(center.devices) == ["a", "b"]
    assert center.interval_s == 10


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text("devices: {a: {kind: ups}}\n")
    folder = tmp_path / "center"
    folder.mkdir()
    (folder / "sneaky.yaml").symlink_to(outside)
    assert mistakes_in(folder, "") == [
        "sneaky.yaml: is a link out of the folder: copy the file instead"
    ]


def test_a_link_within_the_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "r1.txt").write_text("devices: {a: {kind: ups}}\n")
    (tmp_path / "r1.yaml").symlink_to(tmp_path / "r1.txt")
    assert list(center_of(tmp_path, "").devices) == ["a"]


def test_a_billion_laughs_are_refused(tmp_path: Path) -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    for below, here in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{here}: &{here} [{', '.join([f'*{below}'] * 10)}]")
    (found,) = mistakes_in(tmp_path, "", bomb="\n".join(lines))
    assert "more than 200000 values" in found


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    (found,) = mistakes_in(tmp_path, "", huge="# " + "x" * 2_000_001)
    assert found.startswith("huge.yaml: larger than 2000000 characters")


def test_a_folder_that_is_none_is_an_inventory_error(tmp_path: Path) -> None:
    with pytest.raises(InventoryError, match="cannot be read"):
        load(tmp_path / "nowhere")


def test_secrets_are_never_repeated(tmp_path: Path) -> None:
    found = mistakes_in(
        tmp_path,
        "credentials:\n"
        "  a: {purpose: monitor, protocol: snmp-v2c, secret: tops3cret}\n"
        "  b: {purpose: monitor, protocol: snmp-v2c, secret: [tops3cret]}\n"
        "  c: {purpose: monitor, protocol: snmp-v2c, secret: {tops3cret: 1}}\n"
        "accounts: {a: {keys: tops3cret}, b: {keys: [[tops3cret]]}, c: {keys: [tops3cret]}}\n",
    )
    assert len(found) >= 6
    assert "tops3cret" not in "\n".join(found)


def test_thousands_of_mistakes_end_in_time_and_say_that_more_are_there(tmp_path: Path) -> None:
    lines = [f"  srv-{n}: {{kind: server, feeds: [pdu-{n}]}}" for n in range(MOST_PROBLEMS + 200)]
    with pytest.raises(InventoryError) as caught:
        center_of(tmp_path, "devices:\n" + "\n".join(lines) + "\n")
    assert len(caught.value.problems) == MOST_PROBLEMS
    assert caught.value.truncated


def test_a_link_to_nowhere_is_reported(tmp_path: Path) -> None:
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    (tmp_path / "folder.yaml").mkdir()
    assert mistakes_in(tmp_path, "") == [
        "gone.yaml: is not a file, or a link to nowhere: remove it",
        "loop.yaml: is not a file, or a link to nowhere: remove it",
    ]


# --- nothing but InventoryError -------------------------------------------------------------

TEXTS = [path.read_text() for path in sorted(example_center().glob("*.yaml"))]
TEXTS += [
    path.read_text().replace("{{ name | tojson }}", "x").replace("{{ title | tojson }}", "X")
    for path in sorted((templates() / "center").glob("*.yaml.j2"))
]
WORDS = st.sampled_from(
    ["srv-1", "sw-a/Gi1", "u1-2", "env:X", "10.20.9.1", "10.20.9.0/24", "2026-01-02", "ups", "1e9"]
)
MODELS: list[type[BaseModel]] = [*NAMED.values(), Monitoring]
FIELDS = st.sampled_from(sorted({field for model in MODELS for field in model.model_fields}))
SCALARS = st.one_of(
    WORDS,
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.dates(),
    st.datetimes(),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS | WORDS, inner, max_size=4),
    max_leaves=12,
)


def loads_or_says_why(*texts: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for number, text in enumerate(texts):
            (Path(folder) / f"{number}.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))
        problems: tuple[Problem, ...] | None = None
        try:
            load(Path(folder))
        except InventoryError as error:
            problems = error.problems
        assert problems is None or problems
        assert all(str(problem).isprintable() for problem in problems or ())


@given(st.text(max_size=200))
def test_any_text_loads_or_is_an_inventory_error(text: str) -> None:
    loads_or_says_why(HEAD, text)


@given(st.dictionaries(st.sampled_from(TOP_LEVEL), st.dictionaries(WORDS, VALUES, max_size=3)))
def test_any_sections_load_or_are_an_inventory_error(document: object) -> None:
    loads_or_says_why(HEAD, yaml.safe_dump(document, allow_unicode=True))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(TEXTS),
    st.lists(
        st.tuples(
            st.floats(0, 1),
            st.integers(0, 30),
            st.one_of(SCALARS.map(str), st.sampled_from(list("{}[]:,&*#'\"\t\n-? |>!%@`"))),
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_any_edit_of_a_good_file_loads_or_is_an_inventory_error(
    text: str, edits: list[tuple[float, int, str]]
) -> None:
    for where, removed, inserted in edits:
        at = int(where * len(text))
        text = text[:at] + inserted + text[at + removed :]
    loads_or_says_why(HEAD, text)


@given(st.data())
def test_a_lost_line_of_riverside_is_found_or_harmless(data: st.DataObject) -> None:
    """Whatever line is lost, what loads is still a center without dangling names."""
    number = data.draw(st.integers(0, len(TEXTS) - 1))
    texts = TEXTS[: len(list(example_center().glob("*.yaml")))]
    number %= len(texts)
    lines = texts[number].splitlines()
    del lines[data.draw(st.integers(0, len(lines) - 1))]
    texts = [*texts[:number], "\n".join(lines), *texts[number + 1 :]]
    with tempfile.TemporaryDirectory() as folder:
        for index, text in enumerate(texts):
            (Path(folder) / f"{index}.yaml").write_text(text)
        try:
            center = load(Path(folder))
        except InventoryError:
            return
    for device in center.devices.values():
        assert {feed.device for feed in device.feeds} <= center.devices.keys()
        assert {uplink.device for uplink in device.uplinks} <= center.devices.keys()
    for group in center.groups.values():
        assert set(group.of) <= center.devices.keys() | center.groups.keys()

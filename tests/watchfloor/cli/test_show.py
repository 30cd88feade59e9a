"""`watchfloor show`: the tables say what the inventory says, and suggest names."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from inventory.assets import example_center
from inventory.errors import WatchfloorError
from inventory.loader import load
from inventory.references import Need
from watchfloor.cli.show import show
from watchfloor.views.elevation import elevation
from watchfloor.views.lookup import in_words
from watchfloor.views.power_chain import downstream, upstream


def run(*arguments: str) -> Result:
    return CliRunner().invoke(
        show, [*arguments, "--center", str(example_center())], env={"COLUMNS": "200"}
    )


def text_of(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def json_of(*arguments: str) -> Any:
    return json.loads(text_of(*arguments, "--json"))


def test_a_device_with_its_paths_and_what_its_failure_costs() -> None:
    text = text_of("device", "srv-cad-1")
    assert "r3 u12-13" in text
    assert "pdu-r3-a/3, pdu-r3-b/3 (needs 1)" in text
    assert "snmp with host-v3, ipmi with bmc-read, ssh with audit-ssh" in text
    row = next(line for line in text.splitlines() if line.startswith("cad-servers"))
    assert row.endswith("1 -> 0")
    data = json_of("device", "rtr-edge")
    costs = {i["name"]: (i["before"], i["after"]) for i in data["if_it_fails"]}
    assert costs["records-and-cad"] == (0, -1)
    assert json_of("device", "kvm-1")["feeds"] == ["pdu-r6-a/9"]


def test_a_rack_from_top_to_bottom() -> None:
    lines = [line.split()[:2] for line in text_of("rack", "r3").splitlines()[2:]]
    assert lines[0] == ["u42", "free"]
    assert ["u12-13", "srv-cad-1"] in lines
    assert lines[-1] == ["side", "pdu-r3-b"]
    devices = json_of("rack", "r3")["devices"]
    assert {"units": "u12-13", "device": "srv-cad-1", "kind": "server"} in devices


def test_an_elevation_fills_every_unit_once() -> None:
    center = load(example_center())
    for rack in center.racks.values():
        units: list[int] = []
        for row in elevation(center, rack):
            if row.units:
                low, _, high = row.units.removeprefix("u").partition("-")
                units += range(int(high or low), int(low) - 1, -1)
        assert units == list(range(rack.units, 0, -1)), rack.name


def test_power_up_and_down() -> None:
    data = json_of("power", "pdu-r6-a")
    assert [step["source"] for step in data["upstream"]] == ["ups-a", "ats-a", "utility", "gen-1"]
    below = {load["device"]: load["power"] for load in data["downstream"]}
    assert below["kvm-1"] == "lost"
    assert below["wp-1"] == "reduced"
    assert "pdu-r6-b" not in below
    text = text_of("power", "ups-a")
    assert "loses power" in next(x for x in text.splitlines() if x.startswith("pdu-r1-a"))
    assert "nothing hangs from it" in text_of("power", "kvm-1")


def test_a_source_that_feeds_twice_is_followed_once() -> None:
    center = load(example_center())
    steps = [(step.depth, step.source) for step in upstream(center, "wp-1")]
    assert [source for _, source in steps].count("utility") == 2
    assert len(steps) == 10
    assert {load.device for load in downstream(center, "utility")} >= {"con-01", "mon-1"}


def test_a_function_with_its_groups_and_cut_sets() -> None:
    text = text_of("function", "camera-ingest")
    assert "vms-servers and sw-cam" in text
    assert "0 (the next failure is an outage)" in text
    data = json_of("function", "camera-ingest")
    assert data["margin"] == 0
    assert data["cut_sets"][0] == ["sw-cam"]


def test_a_group_with_its_members() -> None:
    text = text_of("group", "consoles")
    assert "4 of 12" in text
    assert "dispatch-consoles" in text
    member = next(line for line in text.splitlines() if line.startswith("con-07"))
    assert "pdu-row-2/3" in member
    assert json_of("group", "pair:mon-1+mon-2")["derived"] is True


@pytest.mark.parametrize(
    ("what", "name", "meant"),
    [
        ("device", "kvn-1", "kvm-1"),
        ("rack", "R3", "r3"),
        ("power", "upsa", "ups-a"),
        ("function", "videowall", "video-wall"),
        ("group", "console", "consoles"),
    ],
)
def test_a_near_miss_is_suggested(what: str, name: str, meant: str) -> None:
    error = run(what, name).exception
    assert isinstance(error, WatchfloorError)
    assert f'did you mean "{meant}"?' in str(error)


def test_the_center_comes_from_the_environment_or_the_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WATCHFLOOR_CENTER", raising=False)
    error = CliRunner().invoke(show, ["rack", "r1"]).exception
    assert isinstance(error, WatchfloorError)
    assert "has no center.yaml" in str(error)
    monkeypatch.setenv("WATCHFLOOR_CENTER", str(example_center()))
    assert CliRunner().invoke(show, ["rack", "r1"]).exit_code == 0


def test_needs_in_words() -> None:
    need = Need.model_validate({"any": ["a", {"all": ["b", {"needs": 2, "of": ["c", "d", "e"]}]}]})
    assert in_words(need) == "any of (a, all of (b, 2 of (c, d, e)))"


def test_the_configuration_of_network_gear_without_its_secrets() -> None:
    text = text_of("config", "sw-acc-1")
    assert "interface GigabitEthernet1/0/1\n description con-01\n" in text
    assert "secret <gear-cli>" in text
    found = json_of("config", "fw-a")
    assert found["platform"] == "fortios"
    assert found["proof"] == "rendered, not proved"
    assert "{{secret" not in json.dumps(found)


def test_a_configuration_of_what_is_no_gear_is_refused() -> None:
    assert isinstance(run("config", "kvm-1").exception, WatchfloorError)

"""The commands as a user calls them, with hosts that do not answer."""

import json
import socket
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from inventory.endpoints import EndpointMap
from watchfloor.cli.root import root

CENTER = {
    "format": 1,
    "center": {
        "name": "tiny",
        "title": "Tiny",
        "timezone": "Etc/UTC",
        "admin_sources": ["admin"],
    },
    "networks": {"admin": {"cidr": "10.9.0.0/24"}},
    "devices": {
        "web-1": {"kind": "server", "address": "10.9.0.11", "os": "debian-12"},
        "ups-1": {"kind": "ups", "address": "10.9.0.12"},
    },
    "accounts": {"deployer": {"sudo": "nopasswd", "purpose": "deploy"}},
    "credentials": {
        "deploy": {"purpose": "deploy", "protocol": "ssh", "user": "deployer", "secret": "file:key"}
    },
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Holds the center and the state; the only host's address leads to a port that is closed."""
    folder = tmp_path / "center"
    folder.mkdir()
    (folder / "center.yaml").write_text(yaml.safe_dump(CENTER))
    (folder / "key").write_text("no key at all")
    (folder / "key").chmod(0o600)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    EndpointMap({"web-1/ssh": ("127.0.0.1", port)}).save(tmp_path / "endpoints.yaml")
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setenv("WATCHFLOOR_CENTER", str(folder))
    monkeypatch.setenv("WATCHFLOOR_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("WATCHFLOOR_RUNTIME", str(tmp_path / "run"))
    monkeypatch.setenv("WATCHFLOOR_ENDPOINTS", str(tmp_path / "endpoints.yaml"))
    monkeypatch.setenv("WATCHFLOOR_MONITOR_URL", "http://127.0.0.1:9")
    return tmp_path


def call(*words: str) -> Result:
    return CliRunner().invoke(root, words, standalone_mode=False)


def test_a_host_that_cannot_be_read_is_named_and_exits_with_1(folder: Path) -> None:
    found = call("plan")
    assert found.return_value == 1
    assert "web-1: " in found.stderr
    assert "not a private key" in found.stderr
    assert "failed: key-file" in found.stdout


def test_drift_tells_of_a_host_that_cannot_be_read_and_reports_nothing(folder: Path) -> None:
    found = call("drift", "--json", "--report")
    assert found.return_value == 1
    device = json.loads(found.stdout)["devices"][0]
    assert (device["device"], device["state"], device["reason"]) == (
        "web-1",
        "unreadable",
        "key-file",
    )
    # What could not be read has neither drifted nor not.
    assert not list((folder / "state").glob("spool/*"))


def test_apply_records_the_run_and_fails(folder: Path) -> None:
    found = call("apply", "--yes", "--json", "--reason", "because", "--bootstrap")
    assert found.return_value == 1
    record = json.loads(found.stdout)
    assert (record["state"], record["why"]) == ("failed", "because")
    assert record["health"] == "bootstrap"
    assert record["hosts"][0]["reason"] == "key-file"
    assert "1 events wait in" in found.stderr
    kept = list((folder / "state/runs").iterdir())
    assert [path.name for path in kept] == [f"{record['run']}.json"]


def test_without_a_monitor_nothing_is_begun_unasked(folder: Path) -> None:
    found = call("apply", "--yes", "--json")
    assert found.return_value == 1
    record = json.loads(found.stdout)
    assert record["state"] == "stopped"
    (blocker,) = record["blockers"]
    assert "the monitor does not answer" in blocker
    assert "--bootstrap" in blocker
    assert record["health"] == "monitor http://127.0.0.1:9"


def test_apply_asks_nobody_who_is_not_there(folder: Path) -> None:
    found = call("apply")
    assert "give --yes or a plan file" in str(found.exception)
    assert not (folder / "state/runs").exists()


def test_a_plan_of_another_inventory_is_refused(folder: Path) -> None:
    plan = folder / "plan.json"
    assert call("plan", "--out", str(plan)).return_value == 1
    changed = {**CENTER, "baseline": {"banner": "other\n"}}
    (folder / "center/center.yaml").write_text(yaml.safe_dump(changed))
    found = call("apply", str(plan))
    assert "the inventory has changed since the plan was made" in str(found.exception)


def test_a_plan_for_another_login_is_refused(folder: Path) -> None:
    plan = folder / "plan.json"
    call("plan", "--login", "root", "--out", str(plan))
    assert "was made with --login root" in str(call("apply", str(plan)).exception)


def test_a_device_that_is_no_host_is_not_deployed(folder: Path) -> None:
    assert "a ups (appliance) is not deployed" in str(call("plan", "--limit", "ups-1").exception)


@pytest.mark.parametrize("command", ["plan", "apply", "drift"])
def test_an_area_that_there_is_none_of_is_named_with_the_nearest(
    folder: Path, command: str
) -> None:
    found = str(call(command, "--area", "fire-wall").exception)
    assert found == '--area fire-wall: there is no such area; did you mean "firewall"?'


def test_a_plan_file_says_which_areas(folder: Path) -> None:
    plan = folder / "plan.json"
    call("plan", "--out", str(plan), "--area", "ssh", "--area", "banner", "--area", "ssh")
    assert json.loads(plan.read_text())["areas"] == ["banner", "ssh"]
    assert "a plan file says which" in str(call("apply", str(plan), "--area", "ssh").exception)


def test_a_part_of_what_drifted_is_not_reported_as_the_whole(folder: Path) -> None:
    assert "leave out --area" in str(call("drift", "--report", "--area", "ssh").exception)


def test_a_host_that_shows_no_key_is_not_enrolled(folder: Path) -> None:
    found = call("enroll", "web-1", "--json")
    assert found.return_value == 1
    assert json.loads(found.stdout)["devices"][0]["verdict"] == "silent"
    assert not (folder / "state/known_hosts").exists()


def test_enroll_wants_to_know_whom(folder: Path) -> None:
    assert "name devices, or give --all" in str(call("enroll").exception)


def test_a_run_is_listed_gone_on_with_and_has_nothing_to_undo(folder: Path) -> None:
    first = json.loads(call("apply", "--yes", "--json", "--bootstrap", "--ticket", "CHG-7").stdout)
    listed = call("runs")
    assert listed.return_value == 0
    assert listed.stdout.splitlines()[1].split()[:2] == [first["run"], "bootstrap"]
    assert "(CHG-7)" in call("runs", first["run"]).stdout
    again = call("apply", "--yes", "--json", "--bootstrap", "--resume", first["run"])
    second = json.loads(again.stdout)
    assert (second["resumes"], second["plan_hash"]) == (first["run"], first["plan_hash"])
    assert [host["reason"] for host in second["hosts"]] == ["key-file"]
    nothing = str(call("undo", first["run"], "--yes", "--bootstrap").exception)
    assert nothing == f"{first['run']}: there is nothing left of it to undo there"


def test_a_run_of_another_inventory_is_not_gone_on_with(folder: Path) -> None:
    first = json.loads(call("apply", "--yes", "--json", "--bootstrap").stdout)
    changed = {**CENTER, "baseline": {"banner": "other\n"}}
    (folder / "center/center.yaml").write_text(yaml.safe_dump(changed))
    found = str(call("apply", "--yes", "--bootstrap", "--resume", first["run"]).exception)
    assert "the inventory has changed since" in found


@pytest.mark.parametrize("words", [("undo", "r9"), ("apply", "--resume", "r9"), ("runs", "r9")])
def test_a_run_that_there_is_none_of_is_named(folder: Path, words: tuple[str, ...]) -> None:
    assert str(call(*words).exception).startswith("r9: there is no such run on record")


def test_a_damaged_record_is_named_and_hides_no_other(folder: Path) -> None:
    call("apply", "--yes", "--bootstrap")
    (folder / "state/runs/20260101t000000z-0000.json").write_text("{")
    found = call("runs", "--json")
    assert found.return_value == 1
    assert len(json.loads(found.stdout)["runs"]) == 1
    assert "20260101t000000z-0000.json: damaged" in found.stderr

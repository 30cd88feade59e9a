"""`watchfloor runbook` on a machine where no monitor runs: the text must be there all the same."""

import json
from pathlib import Path

from click.testing import CliRunner

from inventory import assets
from inventory.errors import WatchfloorError
from watchfloor.cli.runbook import runbook

CENTER = ["--center", str(assets.example_center())]


def show(tmp_path: Path, *arguments: str) -> tuple[str, str, BaseException | None]:
    result = CliRunner().invoke(
        runbook,
        ["show", *arguments, *CENTER, "--runtime-dir", str(tmp_path)],
        env={"COLUMNS": "200"},
    )
    return result.stdout, result.stderr, result.exception


def test_list_names_every_runbook_once() -> None:
    result = CliRunner().invoke(runbook, ["list", "--json"])
    rows = json.loads(result.stdout)
    assert {row["alert"] for row in rows} >= {"ups-on-battery", "switch-down", "host-drifted"}
    assert len({row["path"] for row in rows}) == len(rows)


def test_without_a_monitor_the_text_stands_and_says_what_it_lacks(tmp_path: Path) -> None:
    out, err, _ = show(tmp_path, "ups-on-battery", "ups-a")
    assert "UPS on battery: ups-a" in out
    assert "no reading (never seen)" in out
    assert "pdu-r1-a (its only feed)" in out
    assert err.startswith("no live facts: no monitor runs here")


def test_json_says_that_it_is_not_live(tmp_path: Path) -> None:
    out, _, _ = show(tmp_path, "ups-on-battery", "ups-a", "--json")
    document = json.loads(out)
    assert document["live"] is False
    assert document["sections"][0][0] == "Meaning"


def test_near_misses_are_named(tmp_path: Path) -> None:
    _, _, error = show(tmp_path, "ups-on-batery", "ups-a")
    assert isinstance(error, WatchfloorError)
    assert 'did you mean "ups-on-battery"?' in str(error)
    _, _, error = show(tmp_path, "ups-on-battery", "ups-aa")
    assert 'did you mean "ups-a"?' in str(error)

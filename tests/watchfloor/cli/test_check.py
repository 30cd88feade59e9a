"""`watchfloor check`: what people and programs see of a good and of a bad center."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from inventory.assets import example_center
from inventory.loader import load
from watchfloor.cli.check import check, stale_waivers

CASES = Path(__file__).parents[2] / "inventory" / "cases"


def test_riverside_is_summed_up_with_its_single_points() -> None:
    result = CliRunner().invoke(check, [str(example_center())])
    assert result.exit_code == 0, result.output
    assert result.output.startswith("Riverside Real-Time Crime Center (riverside): ")
    assert "6 racks" in result.output
    assert "no mistakes" in result.output
    row = next(line for line in result.output.splitlines() if line.startswith("records-and-cad"))
    assert row.split()[-1] == "rtr-edge"


def test_the_summary_is_there_for_programs() -> None:
    result = CliRunner().invoke(check, [str(example_center()), "--json"])
    data = json.loads(result.output)
    assert (result.exit_code, data["ok"], data["problems"]) == (0, True, [])
    assert (data["center"], data["racks"]) == ("riverside", 6)
    points = {point["function"]: point["single_points"] for point in data["margin_0"]}
    assert points["camera-ingest"] == ["sw-cam"]
    assert "monitoring" not in points


def test_every_mistake_is_printed_and_counted() -> None:
    result = CliRunner().invoke(check, [str(CASES / "racks")])
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert len(lines) == len((CASES / "racks" / "expected.txt").read_text().splitlines())
    assert lines[0].startswith(f"{CASES}/racks/center.yaml:6:39: u3 is taken by srv-1")
    assert result.stderr == "watchfloor: 4 mistakes\n"


def test_a_release_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    named = "format: 1\ncenter: {name: a, title: A, timezone: Etc/UTC, release: file:gone.tar}\n"
    (tmp_path / "center.yaml").write_text(named)
    result = CliRunner().invoke(check, [str(tmp_path)])
    assert result.exit_code == 1
    assert result.stdout == (
        f"{tmp_path}/gone.tar: the release cannot be read: No such file or directory; make it with"
        " `watchfloor release`\n"
    )
    data = json.loads(CliRunner().invoke(check, [str(tmp_path), "--json"]).stdout)
    assert (data["ok"], len(data["problems"])) == (False, 1)


def test_mistakes_are_there_for_programs() -> None:
    result = CliRunner().invoke(check, [str(CASES / "no-format"), "--json"])
    data = json.loads(result.stdout)
    assert (result.exit_code, data["ok"]) == (1, False)
    (problem,) = data["problems"]
    assert (problem["line"], problem["column"]) == (1, 1)
    assert problem["file"].endswith("center.yaml")


def test_it_checks_the_current_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WATCHFLOOR_CENTER", raising=False)
    monkeypatch.chdir(example_center())
    assert CliRunner().invoke(check, []).exit_code == 0


def test_an_expired_waiver_is_noted() -> None:
    center = load(example_center())
    waiver = center.waivers["console-idle-lock"]
    assert stale_waivers(center, waiver.expires) == []
    (note,) = stale_waivers(center, date(2199, 1, 1))
    assert note.startswith("waiver console-idle-lock expired on 2027-03-15")


@pytest.mark.parametrize("where", ["empty", "none"])
def test_as_a_process_it_fails_with_one_line_and_a_remedy(tmp_path: Path, where: str) -> None:
    arguments = [] if where == "empty" else [str(tmp_path / "none")]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "watchfloor", "check", *arguments],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    shown = done.stdout + done.stderr
    assert "watchfloor init DIR" in shown if where == "empty" else "cannot be read" in shown

"""`watchfloor show baseline`: values, where they come from, and what they go against."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from watchfloor.cli.show import show

CENTER = """\
format: 1
center: {name: small, title: Small, timezone: Etc/UTC}
baseline:
  lockout_attempts: 8
devices: {con-1: {kind: console, baseline: {profile: stig}}}
"""


def output(folder: Path, *words: str) -> str:
    (folder / "center.yaml").write_text(CENTER)
    result = CliRunner().invoke(
        show, ["baseline", *words, "--center", str(folder)], env={"COLUMNS": "220"}
    )
    assert result.exit_code == 0, result.output
    return result.output


def rows(text: str, parameter: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.startswith(parameter)]


def test_values_with_their_origin_and_what_they_do_not_follow(tmp_path: Path) -> None:
    text = output(tmp_path)
    assert "umask profile cjis-6.0 0027" in rows(text, "umask")
    assert rows(text, "lockout_attempts")[0].endswith("center.yaml:4:3 8")
    against = " ".join(rows(text, "lockout_attempts 8 CJIS") + rows(text, "lockout_attempts"))
    assert "AC-7 at most 5 the inventory says so at" in against
    assert "profile decides" in " ".join(rows(text, "ssh_idle_s"))


@pytest.mark.parametrize(("words", "umask"), [((), "0027"), (("con-1",), "0077")])
def test_json_has_every_demand(tmp_path: Path, words: tuple[str, ...], umask: str) -> None:
    found: Any = json.loads(output(tmp_path, *words, "--json"))
    parameters = {each["name"]: each for each in found["parameters"]}
    assert parameters["umask"]["value"] == umask
    attempts = parameters["lockout_attempts"]
    assert attempts["origin"] == {"file": f"{tmp_path}/center.yaml", "line": 4, "column": 3}
    assert {(each["source"], each["followed"]) for each in attempts["demands"]} == {
        ("CJIS v6.0", False),
        ("CIS Debian 12", False),
        ("STIG Ubuntu 24.04", False),
    }


def test_a_device_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "center.yaml").write_text(CENTER)
    result = CliRunner().invoke(show, ["baseline", "con-9", "--center", str(tmp_path)])
    assert "con-1" in str(result.exception)

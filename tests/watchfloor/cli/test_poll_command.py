"""What `watchfloor poll` says of half an answer, and of an agent that has to be asked with care."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitors.probe import Pace, Poll, Problem, ProblemKind
from tests.monitors.centers import at, reading
from watchfloor.cli import poll as module

NOTE = "OIDs do not increase after 1.3.6.1.2.1.2.2.1.8.3; walk cut there"
HALF = Poll(
    "sw-1",
    "snmp",
    at(0),
    0.5,
    (reading("fan:1", name="Fan 1", text="normal"),),
    problem=Problem(ProblemKind.FAILED, NOTE),
    pace=Pace(0, 1.5, 0.25),
)


@pytest.fixture
def center(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "center.yaml").write_text(
        "format: 1\ncenter: {name: small, title: Small, timezone: UTC}\n"
        "networks: {gear: {cidr: 10.20.10.0/24}}\n"
        "devices: {sw-1: {kind: switch, address: 10.20.10.5}}\n"
    )

    async def polled(*_: object) -> list[Poll]:
        return [HALF]

    monkeypatch.setattr(module, "_poll", polled)
    return str(tmp_path)


def test_half_an_answer_is_called_partial(center: str) -> None:
    result = CliRunner().invoke(module.poll, ["sw-1", "--center", center, "-v"])
    assert f"sw-1 over snmp: partial answer: {NOTE}" in result.stderr
    assert "asked for one row (GETBULK fails) at once, again after 1.5 s; round trip 250 ms" in (
        result.stdout
    )


def test_json_says_partial_and_how_it_was_asked(center: str) -> None:
    result = CliRunner().invoke(module.poll, ["sw-1", "--center", center, "--json"])
    (shown,) = json.loads(result.stdout)
    assert shown["partial"] is True
    assert shown["pace"] == {"repetitions": 0, "timeout_s": 1.5, "round_trip_s": 0.25}

"""The scorer on a recording of its own: what is found, what differs, what is beyond."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.score import (
    Difference,
    Report,
    Score,
    by_family,
    load_differences,
    missed,
    score_recording,
    with_expectations,
)

UPS = "1.3.6.1.2.1.33.1"
RECORDING = (
    "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.32473.1\n"
    f"{UPS}.2.1.0|2|3\n{UPS}.2.4.0|2|80\n{UPS}.2.5.0|2|545\n{UPS}.2.7.0|2|21\n{UPS}.99.1.0|2|7\n"
)


def row(oid: str, kind: str, current: float, **more: object) -> dict[str, object]:
    base = {"sensor_oid": f".{oid}", "sensor_class": kind, "sensor_current": current}
    return {"sensor_index": "0", "sensor_descr": "It", "state_name": None, **base, **more}


ROWS = [
    row(f"{UPS}.2.1.0", "state", 3, state_name="battery"),
    row(f"{UPS}.2.4.0", "charge", 80),
    row(f"{UPS}.2.5.0", "voltage", 1),
    row(f"{UPS}.99.1.0", "count", 7),
    row(f"{UPS}.99.2.0", "count", 7),
    row(f"{UPS}.2.7.0", "quality_factor", 1),
]
STATES = [{"state_name": "battery", "state_value": 3, "state_generic_value": 2}]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    family = tmp_path / "ups"
    family.mkdir()
    path = family / "one.snmprec"
    path.write_text(RECORDING)
    polled = {"sensors": [row(f"{UPS}.2.5.0", "voltage", 54.5)]}
    module = {"discovery": {"sensors": ROWS, "state_indexes": STATES}, "poller": polled}
    path.with_suffix(".json").write_text(json.dumps({"sensors": module}))
    (family / "none.snmprec").write_text(RECORDING)
    return path


async def test_what_is_found_and_read_alike(recording: Path) -> None:
    report: Report = await score_recording(recording, ())
    score = report.score
    assert (score.expected, score.found, score.absent, score.foreign) == (4, 3, 1, 1)
    assert (score.values, score.values_alike) == (2, 2)
    assert (score.severities, score.severities_alike) == (1, 1)
    assert score.beyond == 1
    assert [note for note in report.notes if note.startswith("-")] == [
        f"- count {UPS}.99.1.0 'It': 7.0"
    ]


async def test_deliberate_differences_do_not_count(recording: Path) -> None:
    reason = "not a sensor"
    report = await score_recording(recording, [Difference(f"{UPS}.99", "recall", reason)])
    score = report.score
    assert (score.expected, score.found, score.deliberate, score.left_out) == (3, 3, 1, 1)


@pytest.mark.parametrize(
    ("family", "score", "lines"),
    [
        ("ups", Score(expected=100, found=95), []),
        ("ups", Score(expected=100, found=94), ["ups: recall 0.940 is below 0.95"]),
        ("radio", Score(expected=100, found=80), []),
        ("radio", Score(values=100, values_alike=98), ["radio: values 0.980 is below 0.99"]),
        ("ats", Score(severities=10, severities_alike=9), ["ats: severities 0.900 is below 0.97"]),
    ],
)
def test_a_missed_target_is_told(family: str, score: Score, lines: list[str]) -> None:
    assert missed({family: score}) == lines


def change(recording: Path) -> None:
    recording.write_text(RECORDING.replace("|545", "|999"))


async def test_a_different_value_is_told(recording: Path) -> None:
    change(recording)
    report = await score_recording(recording, ())
    assert report.score.values_alike == 1
    assert any(note.startswith("! voltage") for note in report.notes)


async def test_families_add_up(recording: Path) -> None:
    reports = [await score_recording(recording, ())] * 2
    assert by_family(reports)["ups"].expected == by_family(reports)["all"].expected == 8


def test_only_recordings_that_expect_something_are_scored(recording: Path) -> None:
    folder = recording.parents[1]
    assert with_expectations(folder, ()) == [recording]
    assert with_expectations(folder, ("ups",)) == [recording]
    assert with_expectations(folder, ("pdu",)) == []


def test_every_deliberate_difference_has_a_reason() -> None:
    for one in load_differences():
        assert one.about in ("recall", "value", "severity")
        assert one.reason


def test_an_absent_folder_is_told_in_one_line(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "bench.score", "--recordings", str(tmp_path / "nowhere"))
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2]
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "nowhere" in done.stderr


def test_json_has_every_family_and_recording(recording: Path) -> None:
    command = (sys.executable, "-m", "bench.score", "--json", "--recordings")
    done = subprocess.run(
        (*command, str(recording.parents[1])),
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["missed"] == ["ups: recall 0.750 is below 0.95", "all: recall 0.750 is below 0.8"]
    assert told["families"]["ups"]["recall"] == pytest.approx(0.75)
    assert told["recordings"]["ups/one"]["values"] == 1

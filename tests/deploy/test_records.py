"""A run's record is its owner's alone, and whole at every moment."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.records import (
    Damaged,
    RecordError,
    RunRecord,
    load_record,
    prune,
    records,
    save_record,
)

RECORD = RunRecord(
    run="20260301t110203z-0a1b",
    center="small",
    actor="it@noc-1",
    plan_hash="0" * 64,
    began=datetime(2026, 3, 1, 11, 2, 3, tzinfo=UTC),
)


def test_a_record_is_private_and_replaced_whole(tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    save_record(RECORD, folder)
    path = save_record(RECORD.model_copy(update={"state": "done"}), folder)
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text())["state"] == "done"
    assert list(folder.iterdir()) == [path]


def test_a_record_that_cannot_be_written_says_where(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("in the way")
    with pytest.raises(RecordError, match=r"runs/20260301t110203z-0a1b.json: .* cannot be written"):
        save_record(RECORD, tmp_path / "runs")


def test_records_come_back_the_latest_first_and_damaged_ones_are_named(tmp_path: Path) -> None:
    later = RECORD.model_copy(update={"run": "20270301t110203z-0a1b"})
    for record in (RECORD, later):
        save_record(record, tmp_path)
    (tmp_path / "20260401t000000z-0000.json").write_text('{"format": 2, "run": ')
    (tmp_path / "20260402t000000z-0000.json").write_text('{"format": 1}')
    found = list(records(tmp_path))
    assert [one.run for one in found if isinstance(one, RunRecord)] == [later.run, RECORD.run]
    damaged = {one.path.stem: one.why for one in found if isinstance(one, Damaged)}
    assert "damaged: it is no record" in damaged["20260401t000000z-0000"]
    assert "a record of format 1, not 2" in damaged["20260402t000000z-0000"]
    assert all("\n" not in why for why in damaged.values())


def test_a_run_that_there_is_none_of_is_named_with_the_nearest(tmp_path: Path) -> None:
    save_record(RECORD, tmp_path)
    assert load_record(RECORD.run, tmp_path) == RECORD
    with pytest.raises(RecordError, match=f'did you mean "{RECORD.run}"'):
        load_record("20260301t110203z-0a1c", tmp_path)
    with pytest.raises(RecordError, match="no such run on record"):
        load_record("../../etc/passwd", tmp_path)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)))  # noqa: DTZ001 - UTC in its name
def test_what_began_in_the_last_two_years_is_kept(began: datetime) -> None:
    now = datetime(2028, 6, 1, tzinfo=UTC)
    with TemporaryDirectory() as name:
        path = Path(name) / f"{began:%Y%m%dt%H%M%Sz}-ab12.json"
        other = Path(name) / "notes.json"
        for file in (path, other):
            file.touch()
        prune(Path(name), now)
        age = now - began.replace(tzinfo=UTC)
        assert other.exists()
        if age <= timedelta(days=730):
            assert path.exists()
        if age > timedelta(days=734):
            assert not path.exists()

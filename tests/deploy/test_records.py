"""A run's record is its owner's alone, and whole at every moment."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.records import RecordError, RunRecord, save_record

RECORD = RunRecord(
    run="20260301-110203",
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
    with pytest.raises(RecordError, match=r"runs/20260301-110203.json: .* cannot be written"):
        save_record(RECORD, tmp_path / "runs")

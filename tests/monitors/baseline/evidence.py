"""Evidence of recorded hosts, written as a run writes it."""

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from inventory.model import Waiver
from monitors.baseline.catalogue import shipped
from monitors.baseline.judge import Case
from monitors.baseline.signing import make_key
from monitors.baseline.stored import FailedReading
from monitors.baseline.writing import Run, write_evidence
from tests.monitors.baseline.recorded import READ_AT, case, scope


def waiver(name: str, control: str, created: str, expires: str, device: str = "audited") -> Waiver:
    return Waiver(
        name=name,
        control=control,
        devices=(device,),
        reason="the wall must not go dark",
        approver="Security officer",
        created=date.fromisoformat(created),
        expires=date.fromisoformat(expires),
    )


def recorded_run(host: str = "fresh-debian-12", **changes: Any) -> Run:
    """One recorded host, and one that could not be read."""
    other = scope({"device": "lost", "device_id": "lost"})
    problem = "audit@10.0.0.9:22: no answer"
    lost = FailedReading(device="lost", read_at=READ_AT, subject="host", problem=problem)
    catalogue = shipped()
    run = Run(
        center="labtown",
        title="Lab",
        tool="1.2.3",
        policy=catalogue.policy("cjis-6.0"),
        catalogue=catalogue,
        waivers=(waiver("late-banner", "ssh-banner", "2026-11-01", "2026-12-01"),),
        limit=(),
        started_at=READ_AT,
        finished_at=READ_AT + timedelta(seconds=3),
        cases=(case(host), Case(other, lost)),
    )
    return replace(run, **changes)


@cache
def signing_key(name: str = "key") -> Path:
    """A key for all tests of this process."""
    path = Path(mkdtemp(prefix="wf-evidence-")) / name
    assert make_key(path)
    return path


def written(folder: Path, **changes: Any) -> Path:
    """The evidence of `recorded_run` in `folder`/evidence."""
    write_evidence(recorded_run(**changes), folder / "evidence", signing_key())
    return folder / "evidence"

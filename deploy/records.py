"""The record of every run: who, when, why, which plan, and what came of it on each device.

One JSON file per run in `<state>/runs`, written when the run begins and again when it ends: a run
that was killed leaves one that says `running`.
"""

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from deploy.failure import Reason
from inventory.errors import WatchfloorError
from inventory.whole_file import write_whole


class RecordError(WatchfloorError):
    """A record cannot be written."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AreaResult(_Part):
    """What came of one area on one device."""

    area: str
    changed: int = 0
    reason: Reason | None = None
    message: str = ""
    restored: bool = False
    """Whether the host went back to its old state."""


class HostResult(_Part):
    """What came of one target."""

    host: str
    """The target's name: `srv-1`, `srv-1/bmc`."""
    device: str
    device_id: str
    wave: int
    """From 1; 0 for a device that no wave reached."""
    reason: Reason | None = None
    message: str = ""
    areas: tuple[AreaResult, ...] = ()
    seconds: float = 0

    @property
    def failed(self) -> bool:
        return self.reason is not None or any(area.reason is not None for area in self.areas)

    @property
    def changed(self) -> int:
        return sum(area.changed for area in self.areas)

    @property
    def complaint(self) -> str:
        """One line on what failed; empty when nothing did."""
        if self.reason is not None:
            return self.message
        return "; ".join(
            f"{area.area}: {area.message}" for area in self.areas if area.reason is not None
        )


class RunRecord(_Part):
    """One run."""

    format: Literal[2] = 2
    run: str
    kind: Literal["apply"] = "apply"
    center: str
    actor: str
    """Who: `alice@noc-1`."""
    why: str = ""
    ticket: str = ""
    plan_hash: str
    health: str = ""
    """Who said how the center was: a monitor's URL, or `bootstrap` before there was one."""
    began: datetime
    ended: datetime | None = None
    state: Literal["running", "done", "failed", "stopped"] = "running"
    hosts: tuple[HostResult, ...] = Field(default=())
    blockers: tuple[str, ...] = ()
    """Why its gate let it go no further, one line each."""


def save_record(record: RunRecord, folder: Path) -> Path:
    """Writes the record so that a reader sees the old or the new one. Raises `RecordError`."""
    path = folder / f"{record.run}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(path, record.model_dump_json(indent=2) + "\n")
    except OSError as error:
        raise RecordError(
            f"{path}: the run's record cannot be written: {error.strerror}"
        ) from error
    return path

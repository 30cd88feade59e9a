"""The record of every run: who, when, why, which plan, and what came of it on each device.

One JSON file per run in `<state>/runs`, written when the run begins, after each wave and when it
ends: a run that was killed leaves one that says `running`, and that names all it set out to do.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deploy.change import Reversible
from deploy.failure import Reason
from deploy.messages import WayName
from inventory.errors import WatchfloorError
from inventory.nearest import hint
from inventory.whole_file import write_whole

KEPT = timedelta(days=2 * 366)
"""How long a record is kept at least."""
LARGEST = 64 * 1024**2
RunKind = Literal["apply", "undo", "pull", "bootstrap"]
"""`bootstrap` is an apply before there was a monitor to ask."""

_RUN = re.compile(r"^(\d{8}t\d{6}z)-[0-9a-f]{4}$")


class RecordError(WatchfloorError):
    """A record cannot be written or read, or there is none."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AreaResult(_Part):
    """What came of one area on one device."""

    area: str
    changed: int = 0
    """How many changes were made."""
    reason: Reason | None = None
    """None when it is as it should be."""
    message: str = ""
    restored: bool = False
    """Whether the host went back to its old state."""
    seconds: float = 0


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


class PlannedArea(_Part):
    """What a run set out to do in one area, and what was there before."""

    area: str
    changes: int
    kept: tuple[str, ...] = ()
    """The changes that no undo takes back."""
    facts: Mapping[str, str] = {}
    """Area of facts -> digest of what was read before the run."""
    wants: str = ""
    """Digest of the changes, with what each of them was to replace."""
    back: tuple[Reversible, ...] = ()
    """What takes the changes back on a device that keeps no journal of its own."""


class PlannedTarget(_Part):
    """What a run set out to do on one target."""

    host: str
    device_id: str
    way: WayName
    wave: int
    """From 1."""
    areas: tuple[PlannedArea, ...] = ()


class RunRecord(_Part):
    """One run."""

    format: Literal[2] = 2
    run: str
    kind: RunKind = "apply"
    undoes: str = ""
    """The run that an undo took back."""
    resumes: str = ""
    """The run that this one goes on with."""
    program: str = ""
    """Its version."""
    center: str
    inventory: str = ""
    """Digest of the inventory."""
    areas: tuple[str, ...] = ()
    """The only areas of it; all when empty."""
    login: str = ""
    """The account it logged in as, when that was not the deploy credential's own."""
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
    """`running` in the record of a run that is over: it was killed."""
    planned: tuple[PlannedTarget, ...] = ()
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


@dataclass(frozen=True, slots=True)
class Damaged:
    """A file among the records that is none."""

    path: Path
    why: str
    """One line."""


def records(folder: Path) -> Iterator[RunRecord | Damaged]:
    """Every record, the latest run first; what cannot be read is named and costs nothing else."""
    for path in sorted(folder.glob("*.json"), reverse=True):
        try:
            yield _read(path)
        except RecordError as error:
            yield Damaged(path, str(error))


def load_record(run: str, folder: Path) -> RunRecord:
    """The record of that run. Raises `RecordError`, with the nearest name when there is none."""
    path = folder / f"{run}.json"
    if not _RUN.match(run) or not path.is_file():
        known = [path.stem for path in folder.glob("*.json")]
        near = hint(run, known, otherwise="`watchfloor runs` lists them")
        raise RecordError(f"{run}: there is no such run on record; {near}")
    return _read(path)


def prune(folder: Path, now: datetime) -> None:
    """Forgets runs that began more than `KEPT` ago, by their names."""
    for path in folder.glob("*.json"):
        began = _RUN.match(path.stem)
        if began is None:
            continue
        if now - datetime.strptime(began[1], "%Y%m%dt%H%M%Sz").replace(tzinfo=UTC) > KEPT:
            with suppress(OSError):  # tried again at the next run
                path.unlink()


def _read(path: Path) -> RunRecord:
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST)
        found = json.loads(text)
        if isinstance(found, dict) and found.get("format") != 2:
            raise RecordError(f"{path}: a record of format {str(found.get('format'))[:20]}, not 2")
        return RunRecord.model_validate(found)
    except OSError as error:
        raise RecordError(f"{path}: the record cannot be read: {error.strerror}") from error
    except (ValidationError, ValueError) as error:
        raise RecordError(f"{path}: damaged: it is no record of a run") from error

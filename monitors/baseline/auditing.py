"""One whole audit: reads the devices in scope, judges them, and leaves signed evidence."""

import asyncio
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

from inventory.model import Center, Device, Waiver
from inventory.nearest import hint
from monitors.baseline.catalogue import Catalogue
from monitors.baseline.collecting import Means, collect, subjects_of
from monitors.baseline.errors import AuditError
from monitors.baseline.writing import Run


def devices_in_scope(center: Center, limits: Sequence[str]) -> list[Device]:
    """The devices with a side that controls speak of, in the inventory's order.

    A limit is a device's name or pattern (`con-*`), `role:NAME`, `kind:NAME` or `group:NAME`; none
    means all. Raises `AuditError` for one that fits nothing.
    """
    judged = [device for device in center.devices.values() if subjects_of(device)]
    if not limits:
        return judged
    names = {name for limit in limits for name in _fitting(center, limit, judged)}
    return [device for device in judged if device.name in names]


def run_audit(
    center: Center, limits: Sequence[str], catalogue: Catalogue, means: Means, tool: str
) -> Run:
    """Reads and returns what `write_evidence` takes. What cannot be read is in it as ERROR."""
    devices = devices_in_scope(center, limits)
    started_at = datetime.now(UTC)
    cases = asyncio.run(collect(center, devices, means))
    names = {device.name for device in devices}
    return Run(
        center=center.name,
        title=center.title,
        tool=tool,
        policy=catalogue.policy(center.baseline.profile),
        catalogue=catalogue,
        waivers=tuple(w for w in center.waivers.values() if not limits or _concerns(w, names)),
        limit=tuple(sorted(names)) if limits else (),
        started_at=started_at,
        finished_at=datetime.now(UTC),
        cases=tuple(cases),
    )


def make_room(folder: Path) -> None:
    """Finds out whether evidence can be written to `folder`, before minutes of reading devices.

    Raises `AuditError`.
    """
    if folder.exists():
        raise AuditError(f"{folder}: is there already; evidence is never written over")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".room-"):
            pass
    except OSError as error:
        raise AuditError(
            f"{folder}: {error.strerror}; name a folder that can be written by --out"
        ) from error


def _concerns(waiver: Waiver, names: set[str]) -> bool:
    return bool(names & set(waiver.devices))


def _fitting(center: Center, limit: str, judged: Sequence[Device]) -> list[str]:
    sort, colon, name = limit.partition(":")
    if colon and sort == "role":
        found = [device.name for device in judged if name in device.roles]
    elif colon and sort == "kind":
        found = [device.name for device in judged if device.kind == name]
    elif colon and sort == "group":
        members = center.groups[name].of if name in center.groups else ()
        found = [device.name for device in judged if device.name in members]
    else:
        found = [device.name for device in judged if fnmatchcase(device.name, limit)]
    if not found:
        near = hint(limit, [device.name for device in judged])
        raise AuditError(f"--limit {limit}: fits no device that controls speak of: {near}")
    return found

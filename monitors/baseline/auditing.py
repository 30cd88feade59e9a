"""One whole audit: reads the devices in scope, judges them, and leaves signed evidence."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from inventory.model import Center, Device, Waiver
from inventory.nearest import hint
from monitors.baseline.catalogue import Catalogue
from monitors.baseline.collecting import Means, collect, subjects_of
from monitors.baseline.errors import AuditError
from monitors.baseline.writing import Run, write_evidence


def devices_in_scope(center: Center, limit: Sequence[str]) -> list[Device]:
    """The devices with a side that controls speak of, in the inventory's order.

    `limit` names devices or groups; empty means all. Raises `AuditError` for an unknown name.
    """
    wanted: set[str] = set()
    for name in limit:
        wanted |= _members(center, name, set())
    return [
        device
        for device in center.devices.values()
        if (not limit or device.name in wanted) and subjects_of(device)
    ]


def run_audit(
    center: Center, limit: Sequence[str], catalogue: Catalogue, means: Means, tool: str
) -> Run:
    """Reads and returns what `write_evidence` takes. What cannot be read is in it as ERROR."""
    devices = devices_in_scope(center, limit)
    started_at = datetime.now(UTC)
    cases = asyncio.run(collect(center, devices, means))
    names = {device.name for device in devices}
    return Run(
        center=center.name,
        title=center.title,
        tool=tool,
        policy=catalogue.policy(center.baseline.profile),
        catalogue=catalogue,
        waivers=tuple(w for w in center.waivers.values() if not limit or _concerns(w, names)),
        limit=tuple(sorted(names)) if limit else (),
        started_at=started_at,
        finished_at=datetime.now(UTC),
        cases=tuple(cases),
    )


def keep(run: Run, folder: Path, key: Path) -> str:
    """Writes the evidence; see `write_evidence`."""
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return write_evidence(run, folder, key)


def _concerns(waiver: Waiver, names: set[str]) -> bool:
    return bool(names & set(waiver.devices))


def _members(center: Center, name: str, seen: set[str]) -> set[str]:
    if name in center.devices:
        return {name}
    group = center.groups.get(name)
    if group is None:
        known = [*center.devices, *center.groups]
        raise AuditError(f"--limit {name}: no device or group; {hint(name, known)}")
    seen.add(name)
    return set().union(
        *(_members(center, member, seen) for member in group.of if member not in seen)
    )

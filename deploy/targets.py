"""Which devices are deployed, and their targets: what `--limit` and `--area` choose from. Pure."""

from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase

from deploy.way import Target, Way
from deploy.ways import AREAS, WAYS
from inventory.errors import WatchfloorError
from inventory.model import Center, Device
from inventory.nearest import hint


class LimitError(WatchfloorError):
    """A `--limit` that fits no device, or an `--area` that there is none of."""


def targets(center: Center, devices: Iterable[Device]) -> tuple[Target, ...]:
    """All targets of these devices, those of one device beside each other."""
    return tuple(
        Target(device, way)
        for device in devices
        for way in WAYS.values()
        if way.applies(center, device)
    )


def chosen(
    center: Center, limits: Iterable[str], ways: Collection[Way] = tuple(WAYS.values())
) -> tuple[Device, ...]:
    """The devices that `--limit` names and one of the ways leads into; all of these without one.

    A limit is a device's name or pattern (`console-*`), `role:NAME`, `kind:NAME` or `group:NAME`.
    Raises `LimitError`.
    """
    deployable = [
        device
        for device in center.devices.values()
        if any(way.applies(center, device) for way in ways)
    ]
    wanted = tuple(limits)
    if not wanted:
        return tuple(deployable)
    names = {name for limit in wanted for name in _names(center, limit, deployable)}
    return tuple(device for device in deployable if device.name in names)


def chosen_areas(names: Iterable[str]) -> tuple[str, ...]:
    """The areas that `--area` names, each once, in the order of work. Raises `LimitError`."""
    wanted = set(names)
    for name in sorted(wanted - set(AREAS)):
        raise LimitError(f"--area {name}: there is no such area; {hint(name, AREAS)}")
    return tuple(name for name in AREAS if name in wanted)


def _names(center: Center, limit: str, deployable: list[Device]) -> list[str]:
    sort, colon, name = limit.partition(":")
    if colon and sort == "role":
        found = [d.name for d in deployable if name in d.roles]
    elif colon and sort == "kind":
        found = [d.name for d in deployable if d.kind == name]
    elif colon and sort == "group":
        members = center.groups[name].of if name in center.groups else ()
        found = [d.name for d in deployable if d.name in members]
    else:
        found = [d.name for d in deployable if fnmatchcase(d.name, limit)]
    if found:
        return found
    if limit in center.devices:
        device = center.devices[limit]
        raise LimitError(
            f"--limit {limit}: a {device.kind} ({device.os}) is not deployed; `watchfloor plan`"
            " without --limit shows what is"
        )
    near = hint(limit, [device.name for device in deployable])
    raise LimitError(f"--limit {limit}: fits no deployable device: {near}")

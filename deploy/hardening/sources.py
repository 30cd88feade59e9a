"""apt's sources: the center's own mirror, and nothing beside it.

A host keeps its own sources where the inventory has no mirror for its operating system.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from deploy.area import Difference, Vantage, everywhere
from deploy.change import Change, RemovalChange, file_change
from deploy.rendering import render
from inventory.facts import updates as facts_of_updates
from inventory.facts.collect import HostFacts
from inventory.facts.textfile import file_at
from inventory.facts.updates import DIRECT, SOURCES, UpdatesFacts
from inventory.model import Center, Device
from inventory.upkeep import Archive

FACTS = ("updates",)
AFTER: tuple[str, ...] = ()
RISKY = False
ADMIN_FIRST = False
applies = everywhere

_DAY_S = 86_400
_PROBE = (
    'set -eu; where=$(mktemp -d); trap \'rm -rf "$where"\' EXIT; mkdir -p "$where/lists/partial";'
    ' cp "$1" "$where/new.sources"; chmod -R a+rX "$where";'
    " apt-get -qq update --error-on=any -o APT::Sandbox::User=root"
    ' -o Dir::Etc::sourcelist="$where/new.sources" -o Dir::Etc::sourceparts=-'
    ' -o Dir::State::lists="$where/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache='
)
"""Fetches the lists of the new sources beside the old ones: a mirror that does not serve them, or
whose signatures are not those of the keyring, is refused before anything is replaced."""


@dataclass(frozen=True, slots=True)
class SourcesDesired:
    """The mirrors' addresses, and what of theirs this host uses."""

    mirrors: tuple[str, ...]
    archives: tuple[Archive, ...]
    is_mirror: bool
    """A mirror fills itself from the archives; its own packages come from there, too."""
    max_age_days: int


def mirrors(center: Center) -> tuple[Device, ...]:
    """The hosts with the role `mirror`."""
    return tuple(
        device
        for device in center.devices.values()
        if "mirror" in device.roles and device.is_deployable and device.address is not None
    )


def desired(center: Center, device: Device) -> SourcesDesired:
    """From the hosts with the role `mirror` and `center.archives`."""
    holders = mirrors(center)
    base = device.baseline or center.baseline
    return SourcesDesired(
        mirrors=tuple(str(holder.address) for holder in holders),
        archives=tuple(archive for archive in center.archives if archive.os == device.os),
        is_mirror=device in holders,
        max_age_days=base.updates_max_age_days,
    )


def diff(wanted: SourcesDesired, facts: UpdatesFacts) -> Difference:
    """Our own sources first, tried before they are put in place; then the others go."""
    age = tuple(_age(wanted, facts))
    if not wanted.mirrors or wanted.is_mirror:
        note = "no host has the role `mirror`; its own sources stay"
        return Difference(notes=age if wanted.is_mirror else (note, *age))
    if not wanted.archives:
        note = "the center's `archives` have none for its system; its own sources stay"
        return Difference(notes=(note, *age))
    return Difference(tuple(_changes(wanted, facts)), notes=age)


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_updates))


def _changes(wanted: SourcesDesired, facts: UpdatesFacts) -> Iterator[Change]:
    direct = render("apt-direct.conf.j2", mirrors=wanted.mirrors)
    sources = render("apt.sources.j2", mirrors=wanted.mirrors, archives=wanted.archives)
    probe = ("sh", "-c", _PROBE, "sh", "{}")
    for path, text, validate in ((DIRECT, direct, ()), (SOURCES, sources, probe)):
        change = file_change(file_at(facts.files, path), text, validate_with=validate)
        if change is not None:
            yield change
    for path in facts.others:
        yield RemovalChange(path=path, reason="packages come from the center's mirror")


def _age(wanted: SourcesDesired, facts: UpdatesFacts) -> Iterator[str]:
    if facts.lists_age_s is None:
        yield "the package lists were never fetched"
    elif facts.lists_age_s > wanted.max_age_days * _DAY_S:
        yield f"the package lists are {facts.lists_age_s // _DAY_S} days old; fill the mirror"

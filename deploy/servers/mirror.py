"""The mirror: the packages that this center's hosts need, as their archives have signed them.

It is filled by its own script, every day from its archives or by hand from a carried medium;
Watchfloor says what is to be in it and how old it is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType

from deploy import consoles, hardening, servers, walls
from deploy.area import Difference, Vantage
from deploy.change import Change, FileChange, PackageChange, RemovalChange, ServiceChange
from deploy.change import file_change as changed
from deploy.hardening.sources import mirrors
from deploy.rendering import render
from deploy.servers.openings import deployable, missing
from inventory.facts import mirror as facts_of_mirror
from inventory.facts.collect import HostFacts
from inventory.facts.mirror import (
    ARCHIVES,
    DEFAULT_SITE,
    FILLER,
    FOLDER,
    SERVICE,
    SERVICE_UNIT,
    SETTINGS,
    SITE,
    STATE,
    TIMER,
    TIMER_UNIT,
    MirrorFacts,
)
from inventory.facts.textfile import file_at
from inventory.facts.unit import unit_named
from inventory.model import Center, Device
from inventory.upkeep import Archive

FACTS = ("mirror",)
AFTER = ("sources", "firewall")
RISKY = False
ADMIN_FIRST = False
PACKAGES = ("nginx",)

HTTP_PORT = 80
_DAY_S = 86_400
_CHECK = ("nginx", "-t", "-q")


@dataclass(frozen=True, slots=True)
class MirrorDesired:
    """What the mirror holds."""

    archives: tuple[Archive, ...]
    packages: Mapping[str, tuple[str, ...]]
    """Operating system -> the packages by name; what they depend on comes along."""
    timezone: str
    max_age_days: int
    missing_openings: tuple[str, ...]

    @property
    def fills_itself(self) -> bool:
        """Whether its archives can be reached each day; a carried medium cannot."""
        return all(archive.uri.startswith("http") for archive in self.archives)

    @property
    def texts(self) -> dict[str, tuple[str, int]]:
        """Path -> text and mode."""
        lists = {
            f"{SETTINGS}/{system}.packages": ("".join(f"{name}\n" for name in names), 0o644)
            for system, names in self.packages.items()
        }
        script = render(
            "fill-mirror.sh.j2", folder=FOLDER, state=STATE, archives_file=ARCHIVES, lists=SETTINGS
        )
        return {
            ARCHIVES: ("".join(_lines(self.archives)), 0o644),
            **lists,
            FILLER: (script, 0o755),
            SERVICE: (render("fill-mirror.service.j2", filler=FILLER), 0o644),
            TIMER: (
                render("fill-mirror.timer.j2", calendar=f"*-*-* 22:00:00 {self.timezone}"),
                0o644,
            ),
        }


def applies(center: Center, device: Device) -> bool:
    """See `deploy.area.HostArea`."""
    return device in mirrors(center)


def desired(center: Center, device: Device) -> MirrorDesired:
    """From `center.archives` and what the areas of all hosts install."""
    base = device.baseline or center.baseline
    openings = missing(center, device, "mirror", ("tcp", HTTP_PORT), deployable(center))
    return MirrorDesired(
        archives=center.archives,
        packages=packages_for(center),
        timezone=center.timezone,
        max_age_days=base.updates_max_age_days,
        missing_openings=tuple(openings),
    )


def packages_for(center: Center) -> dict[str, tuple[str, ...]]:
    """Operating system -> what the areas of its hosts may install, and the archives' own lists."""
    found: dict[str, set[str]] = {archive.os: set() for archive in center.archives}
    for device in deployable(center):
        for area in _areas():
            if area.applies(center, device):
                found.setdefault(device.os, set()).update(getattr(area, "PACKAGES", ()))
    for archive in center.archives:
        found[archive.os].update(archive.packages)
    systems = {archive.os for archive in center.archives}
    return {system: tuple(sorted(found[system])) for system in sorted(systems)}


def diff(wanted: MirrorDesired, facts: MirrorFacts) -> Difference:
    """nginx with one site, the filling script with its lists, and a first filling."""
    if not wanted.archives:
        note = "the center names no `archives`; the mirror has nothing to hold"
        return Difference(notes=(note, *wanted.missing_openings))
    changes: list[Change] = []
    if "nginx" not in facts.installed:
        changes.append(PackageChange(names=PACKAGES))
    changes += _site(facts)
    changes += _filling(wanted, facts)
    return Difference(tuple(changes), notes=(*wanted.missing_openings, *_state(wanted, facts)))


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_mirror))


def _site(facts: MirrorFacts) -> Iterator[Change]:
    moved = False
    if file_at(facts.files, DEFAULT_SITE).exists or "nginx" not in facts.installed:
        moved = True
        yield RemovalChange(path=DEFAULT_SITE, reason="the mirror is this host's one site")
    text = render("nginx-mirror.conf.j2", folder=FOLDER)
    file = changed(file_at(facts.files, SITE), text, check_with=_CHECK)
    if file is not None:
        moved = True
        yield file
    unit = unit_named(facts.units, "nginx.service")
    if unit.is_there and not unit.is_enabled:
        yield ServiceChange(unit=unit.name, action="enable")
    if moved:
        yield ServiceChange(unit=unit.name, action="restart", reason="its configuration")
    elif not unit.is_running:
        yield ServiceChange(unit=unit.name, action="start", reason="it does not run")
    elif not facts.listens:
        yield ServiceChange(unit=unit.name, action="restart", reason="it does not serve")
    elif facts.is_stale:
        reason = "it runs with an older configuration than its files"
        yield ServiceChange(unit=unit.name, action="restart", reason=reason)


def _filling(wanted: MirrorDesired, facts: MirrorFacts) -> Iterator[Change]:
    files: list[FileChange] = [
        change
        for path, (text, mode) in wanted.texts.items()
        if (change := changed(file_at(facts.files, path), text, mode=mode)) is not None
    ]
    yield from files
    timer = unit_named(facts.units, TIMER_UNIT)
    if not wanted.fills_itself:
        if timer.is_enabled or timer.is_running:
            yield ServiceChange(unit=TIMER_UNIT, action="disable", reason="a medium is carried in")
        return
    if not timer.is_enabled:
        yield ServiceChange(unit=TIMER_UNIT, action="enable")
    if any(file.path == TIMER for file in files):
        yield ServiceChange(unit=TIMER_UNIT, action="restart", reason="its files")
    elif not timer.is_running:
        yield ServiceChange(unit=TIMER_UNIT, action="start", reason="it does not run")


def _state(wanted: MirrorDesired, facts: MirrorFacts) -> Iterator[str]:
    service = unit_named(facts.units, SERVICE_UNIT)
    if service.active == "activating":
        yield "it is being filled"
    elif service.active == "failed":
        yield f"its last filling failed: see `journalctl -u {SERVICE_UNIT}`"
    served = {release.place for release in facts.releases}
    for archive in wanted.archives:
        for suite in archive.suites:
            if f"{archive.folder}/dists/{suite}" not in served:
                yield f"{archive.folder} {suite} is not filled yet: run {FILLER} on it"
    for release in facts.releases:
        days = (facts.now - release.filled_at) // _DAY_S
        if days > wanted.max_age_days:
            yield f"{release.place} was filled {days} days ago; fill it again"
    if facts.packages:
        yield f"serves {facts.packages} packages"


def _lines(archives: tuple[Archive, ...]) -> Iterator[str]:
    for archive in archives:
        whole = "whole" if archive.whole else "listed"
        for suite in archive.suites:
            components = ",".join(archive.components)
            uri = archive.uri.rstrip("/")
            yield (
                f"{archive.os} {archive.folder} {uri} {suite} {components} {archive.keyring}"
                f" {whole}\n"
            )


def _areas() -> tuple[ModuleType, ...]:
    """Every area; this one is among them, which is why they are asked for this late."""
    return (*hardening.AREAS, *servers.AREAS, *consoles.AREAS, *walls.AREAS)

"""How the wall tells the monitor of itself: the watcher beside sway, and snmpd, which prints it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deploy.area import Difference, Vantage
from deploy.change import Change, PackageChange, ServiceChange, file_change
from deploy.rendering import render
from deploy.walls import program
from deploy.walls.content import is_processor
from inventory.facts import wall as facts_of_wall
from inventory.facts.collect import HostFacts
from inventory.facts.textfile import file_at
from inventory.facts.unit import unit_named
from inventory.facts.wall import PROGRAMS, SHOWN, WallFacts
from inventory.model import Center, Device

FACTS = ("wall",)
AFTER = ("wall_session",)
RISKY = False
ADMIN_FIRST = False
PACKAGES = ("snmpd",)
applies = is_processor

STATUS_UNIT = "/etc/systemd/system/wall-status.service"
EXTEND = "/etc/snmp/snmpd.conf.d/wall.conf"


@dataclass(frozen=True, slots=True)
class StatusDesired:
    """The watcher's program and the files of the two daemons."""

    program: Mapping[str, str]
    files: Mapping[str, str]
    """Path -> text."""


def desired(_center: Center, device: Device) -> StatusDesired:
    """What is watched is written by `wall_control`; snmpd only where the monitor asks it."""
    words = {"programs": PROGRAMS, "shown": SHOWN}
    files = {STATUS_UNIT: render("wall-status.service.j2", **words)}
    if device.monitoring.snmp is not None:
        files[EXTEND] = render("wall-snmpd.conf.j2", **words)
    return StatusDesired(program=program.program("wall_status"), files=files)


def diff(wanted: StatusDesired, facts: WallFacts) -> Difference:
    """Each daemon is started anew when what it reads has changed."""
    changes: list[Change] = []
    if EXTEND in wanted.files and "snmpd" not in facts.installed:
        changes.append(PackageChange(names=PACKAGES))
    programs = list(program.changes(dict(wanted.program), facts.files))
    changes.extend(programs)
    changed = set()
    for path, text in wanted.files.items():
        change = file_change(file_at(facts.files, path), text)
        if change is not None:
            changed.add(path)
            changes.append(change)
    watcher_changed = bool(programs) or STATUS_UNIT in changed
    changes.extend(_service("wall-status.service", STATUS_UNIT, watcher_changed, facts))
    if EXTEND in wanted.files:
        changes.extend(_service("snmpd.service", EXTEND, EXTEND in changed, facts))
        return Difference(tuple(changes))
    note = "the inventory names no `monitoring.snmp`, so the monitor does not hear of its tiles"
    return Difference(tuple(changes), notes=(note,))


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_wall))


def _service(name: str, path: str, is_changed: bool, facts: WallFacts) -> Iterator[Change]:
    unit = unit_named(facts.units, name)
    if not unit.is_enabled:
        yield ServiceChange(unit=name, action="enable")
    reason = ""
    if is_changed:
        reason = "its configuration"
    elif not unit.is_running:
        reason = "it does not run"
    elif f"{name} {path}" in facts.stale:
        reason = "it runs with an older configuration than its files"
    if reason:
        yield ServiceChange(unit=name, action="restart", reason=reason)

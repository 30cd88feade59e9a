"""Security updates come by themselves, each host in an hour that none of its peers has.

Nothing restarts a host: that is a change like any other, and waits for a wave.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from deploy.area import Difference, Vantage, everywhere
from deploy.change import Change, PackageChange, ServiceChange, file_change
from deploy.hardening.slots import slot_of
from deploy.rendering import render
from inventory.facts import updates as facts_of_updates
from inventory.facts.collect import HostFacts
from inventory.facts.textfile import file_at
from inventory.facts.unit import unit_named
from inventory.facts.updates import (
    FETCH_TIMER,
    NEEDRESTART,
    TIMERS,
    UNATTENDED,
    UPGRADE_TIMER,
    UpdatesFacts,
)
from inventory.model import Center, Device

FACTS = ("updates",)
AFTER = ("sources",)
RISKY = False
ADMIN_FIRST = False
PACKAGES = ("unattended-upgrades",)
applies = everywhere

_ORIGINS = {
    "debian": "origin=Debian,codename=${distro_codename}-security,label=Debian-Security",
    "ubuntu": "origin=Ubuntu,archive=${distro_codename}-security,label=Ubuntu",
}
"""How each distribution's security archive calls itself in its Release file."""
_WANTED = {
    "APT::Periodic::Enable": "1",
    "APT::Periodic::Update-Package-Lists": "1",
    "APT::Periodic::Unattended-Upgrade": "1",
    "Unattended-Upgrade::Automatic-Reboot": "false",
    "Unattended-Upgrade::InstallOnShutdown": "false",
}


@dataclass(frozen=True, slots=True)
class UpdatesDesired:
    """What is updated, and when."""

    origin: str
    """The one archive whose packages are taken, in unattended-upgrades' words."""
    fetch: str
    """When the lists and packages are fetched (systemd.time(7))."""
    upgrade: str

    @property
    def texts(self) -> dict[str, str]:
        return {
            UNATTENDED: render("apt-updates.conf.j2", origin=self.origin),
            FETCH_TIMER: render("apt-timer.conf.j2", calendar=self.fetch),
            UPGRADE_TIMER: render("apt-timer.conf.j2", calendar=self.upgrade),
        }


def desired(center: Center, device: Device) -> UpdatesDesired:
    """From the center's groups and its zone."""
    slot = slot_of(center, device)
    return UpdatesDesired(
        origin=_ORIGINS[device.os.partition("-")[0]],
        fetch=slot.before(1).calendar(center.timezone, minute=30),
        upgrade=slot.calendar(center.timezone),
    )


def diff(wanted: UpdatesDesired, facts: UpdatesFacts) -> Difference:
    """The package, its settings, its two timers; apt and systemd say whether they took."""
    changes: list[Change] = []
    if "unattended-upgrades" not in facts.installed:
        changes.append(PackageChange(names=PACKAGES))
    texts = wanted.texts
    if "needrestart" in facts.installed:
        texts[NEEDRESTART] = render("needrestart.conf.j2")
    paths = set()
    for path, text in texts.items():
        change = file_change(file_at(facts.files, path), text)
        if change is not None:
            changes.append(change)
            paths.add(path)
    changes += _timers(wanted, facts, bool(paths & {FETCH_TIMER, UPGRADE_TIMER}))
    return Difference(
        tuple(changes),
        unmet=() if changes else tuple(_unmet(wanted, facts)),
        notes=tuple(_notes(facts)),
    )


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_updates))


def _timers(wanted: UpdatesDesired, facts: UpdatesFacts, changed: bool) -> Iterator[Change]:
    calendars = dict(zip(TIMERS, (wanted.fetch, wanted.upgrade), strict=True))
    for name, calendar in calendars.items():
        unit = unit_named(facts.units, name)
        if unit.enabled == "masked":
            yield ServiceChange(unit=name, action="unmask", reason="updates have to come")
        if not unit.is_enabled:
            yield ServiceChange(unit=name, action="enable")
        if unit.enabled == "masked":
            # Not restarted: an undo, which masks it again, could not do that.
            yield ServiceChange(unit=name, action="start", reason="it does not run")
        elif changed:
            yield ServiceChange(unit=name, action="restart", reason="its files")
        elif not unit.is_running:
            yield ServiceChange(unit=name, action="start", reason="it does not run")
        elif facts.calendars.get(name, "") != calendar:
            reason = "it has another hour than its files say"
            yield ServiceChange(unit=name, action="restart", reason=reason)


def _unmet(wanted: UpdatesDesired, facts: UpdatesFacts) -> Iterator[str]:
    for name, value in _WANTED.items():
        found = facts.values(name)
        if found != (value,):
            said = ", ".join(found) or "not set"
            yield f"apt says {name} is {said}, not {value}; a later file in apt.conf.d says so"
    origins = facts.values("Unattended-Upgrade::Origins-Pattern")
    if origins != (wanted.origin,) or facts.values("Unattended-Upgrade::Allowed-Origins"):
        yield "unattended-upgrades takes more than security updates; see /etc/apt/apt.conf.d"


def _notes(facts: UpdatesFacts) -> Iterator[str]:
    if facts.restart_for:
        yield f"a restart of the host is due, for {facts.restart_for[:120]}"

"""AppArmor runs, starts with the kernel, and each of its profiles is enforced (CIS 1.3.1)."""

from collections.abc import Iterator

from deploy.area import Difference, Vantage, everywhere
from deploy.change import Change, CommandChange, PackageChange, ServiceChange, file_change
from deploy.rendering import render
from inventory.facts import apparmor as facts_of_apparmor
from inventory.facts.apparmor import GRUB_FILE, ApparmorFacts
from inventory.facts.collect import HostFacts
from inventory.facts.textfile import file_at
from inventory.facts.unit import unit_named
from inventory.model import Center, Device

FACTS = ("apparmor",)
AFTER: tuple[str, ...] = ()
RISKY = False
ADMIN_FIRST = False
PACKAGES = ("apparmor", "apparmor-utils")
applies = everywhere


def desired(_center: Center, _device: Device) -> tuple[str, ...]:
    """The packages: profiles' loader, and what puts a profile into another mode."""
    return PACKAGES


def diff(packages: tuple[str, ...], facts: ApparmorFacts) -> Difference:
    """What can be told in a container is only that it would be so on a machine of its own."""
    changes: list[Change] = []
    lacking = tuple(name for name in packages if name not in facts.installed)
    if lacking:
        changes.append(PackageChange(names=lacking))
    unit = unit_named(facts.units, "apparmor.service")
    if not lacking and not unit.is_enabled:
        changes.append(ServiceChange(unit=unit.name, action="enable"))
    changes += _grub(facts)
    if facts.is_container:
        note = "not proven: profiles are enforced by another machine's kernel, not by this host's"
        return Difference(tuple(changes), notes=(note,))
    if facts.is_enabled:
        if not lacking and not facts.profiles:
            changes.append(ServiceChange(unit=unit.name, action="restart", reason="no profiles"))
        changes += _complaining(facts)
        return Difference(tuple(changes))
    reason = "the kernel runs without AppArmor; start it with apparmor=1 security=apparmor"
    return Difference(tuple(changes), unmet=(reason,))


def _complaining(facts: ApparmorFacts) -> Iterator[Change]:
    """A profile that only complains protects nothing."""
    for name, mode in sorted(facts.profiles.items()):
        # A child profile changes with its parent's file.
        if mode == "complain" and "//" not in name:
            yield CommandChange(
                title=f"enforce the AppArmor profile {name}",
                command=("aa-enforce", name),
                undo_with=("aa-complain", name),
                again_on_undo=False,
            )


def _grub(facts: ApparmorFacts) -> Iterator[Change]:
    if not facts.has_grub:
        return
    change = file_change(file_at(facts.files, GRUB_FILE), render("grub-apparmor.cfg.j2"))
    if change is not None:
        yield change
    if change is not None or not facts.grub_names_it:
        yield CommandChange(title="write GRUB's menu anew", command=("update-grub",))


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_apparmor))

"""cron and at: who may use them, and that nobody else reads or writes what they run."""

from collections.abc import Iterator
from dataclasses import dataclass

from deploy.area import Difference, Vantage, everywhere
from deploy.change import Change, RemovalChange, ServiceChange, file_change
from deploy.live_change import Mode, ModeChange
from inventory.facts import cron as facts_of_cron
from inventory.facts.collect import HostFacts
from inventory.facts.cron import CronFacts
from inventory.facts.textfile import file_at
from inventory.facts.unit import unit_named
from inventory.model import Center, Device

FACTS = ("cron",)
AFTER: tuple[str, ...] = ()
RISKY = False
ADMIN_FIRST = False
applies = everywhere

_GROUPS = {"crontab": ("/etc/cron", "crontab"), "at": ("/etc/at", "daemon")}
"""Program -> where its lists begin, and the group that it runs with to read them."""


@dataclass(frozen=True, slots=True)
class CronDesired:
    """Who may have commands run later."""

    users: tuple[str, ...]


def desired(center: Center, device: Device) -> CronDesired:
    """From the baseline."""
    return CronDesired((device.baseline or center.baseline).cron_users)


def diff(wanted: CronDesired, facts: CronFacts) -> Difference:
    """A list of who may; lists of who may not are read no more, and go."""
    changes: list[Change] = []
    for program in sorted(facts.installed & _GROUPS.keys()):
        changes += _lists(program, wanted, facts)
    places = tuple(_places(facts))
    if places:
        changes.append(ModeChange(entries=places))
    unit = unit_named(facts.units, "cron.service")
    if unit.is_there and not unit.is_enabled:
        changes.append(ServiceChange(unit=unit.name, action="enable"))
    if unit.is_there and not unit.is_running:
        changes.append(ServiceChange(unit=unit.name, action="start", reason="it does not run"))
    return Difference(tuple(changes))


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_cron))


def _lists(program: str, wanted: CronDesired, facts: CronFacts) -> Iterator[Change]:
    start, group = _GROUPS[program]
    text = "".join(f"{user}\n" for user in wanted.users)
    allow = file_change(file_at(facts.files, f"{start}.allow"), text, mode=0o640, group=group)
    if allow is not None:
        yield allow
    if file_at(facts.files, f"{start}.deny").exists:
        yield RemovalChange(path=f"{start}.deny", reason="a list of who may is enough")


def _places(facts: CronFacts) -> Iterator[Mode]:
    for now in facts.places:
        mode = 0o600 if now.path == "/etc/crontab" else 0o700
        if (now.mode & mode, "root", "root") == (now.mode, now.owner, now.group):
            continue
        yield Mode(
            path=now.path,
            mode=now.mode & mode,
            owner="root",
            group="root",
            before_mode=now.mode,
            before_owner=now.owner,
            before_group=now.group,
        )

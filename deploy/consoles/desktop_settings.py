"""The locked settings of a console's desktop, and the idle lock with dispatch's exemption from it.

What counts is what dconf says for somebody who has set nothing: a file that was not compiled, or
another one that wins, is drift as well.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from deploy.area import Difference, Vantage
from deploy.change import Change, CommandChange, PackageChange, file_change
from deploy.consoles.settings import COMPILE, IdleLock, idle_lock, keyfile, locks, settings
from deploy.hardening.roster import roster
from inventory.facts import console as facts_of_console
from inventory.facts.collect import HostFacts
from inventory.facts.console import ConsoleFacts
from inventory.facts.textfile import file_at
from inventory.model import Center, Device, Kind

FACTS = ("console",)
AFTER: tuple[str, ...] = ()
RISKY = False
ADMIN_FIRST = False

PROFILE = "/etc/dconf/profile/user"
KEYS = "/etc/dconf/db/local.d/10-watchfloor"
LOCKS = "/etc/dconf/db/local.d/locks/10-watchfloor"
_PROFILE_TEXT = "user-db:user\nsystem-db:local\n"
PACKAGES = ("dconf-cli", "gsettings-desktop-schemas")


def applies(_center: Center, device: Device) -> bool:
    """Linux consoles; a Windows console is inventory and monitoring only."""
    return device.kind is Kind.CONSOLE


@dataclass(frozen=True, slots=True)
class SettingsDesired:
    """What dconf has to say."""

    values: Mapping[str, str]
    lock: IdleLock
    admins: tuple[str, ...]
    """Accounts of consoles alone that could become root."""


def desired(center: Center, device: Device, today: date) -> SettingsDesired:
    """From the baseline profile and the desk."""
    lock = idle_lock(device.baseline or center.baseline, device.desk, today)
    admins = tuple(a.name for a in roster(center, device) if a.roles and a.sudo != "none")
    return SettingsDesired(settings(lock), lock, admins)


def diff(wanted: SettingsDesired, facts: ConsoleFacts) -> Difference:
    """The files, and the database made anew when what holds is another."""
    changes: list[Change] = []
    missing = tuple(name for name in PACKAGES if name not in facts.installed)
    if missing:
        changes.append(PackageChange(names=missing))
    files = list(_files(wanted, facts))
    changes.extend(files)
    wrong = _wrong(wanted, facts)
    if files or missing or (wrong and not facts.other_files):
        changes.append(_compile(wrong if not files else ()))
    others = f"; {', '.join(facts.other_files)} may say so" if facts.other_files else ""
    unmet = tuple(f"{line}{others}" for line in wrong) if not changes else ()
    return Difference(tuple(changes), unmet=unmet, notes=_notes(wanted))


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    today = datetime.now(UTC).date()
    return diff(desired(center, device, today), facts.read(facts_of_console))


def _files(wanted: SettingsDesired, facts: ConsoleFacts) -> Iterator[Change]:
    texts = {PROFILE: _PROFILE_TEXT, KEYS: keyfile(wanted.values), LOCKS: locks(wanted.values)}
    for path, text in texts.items():
        change = file_change(file_at(facts.files, path), text)
        if change is not None:
            yield change


def _compile(wrong: tuple[str, ...]) -> CommandChange:
    why = f" ({wrong[0]}{f', and {len(wrong) - 1} more' if wrong[1:] else ''})" if wrong else ""
    return CommandChange(title=f"make dconf's database anew{why}", command=COMPILE)


def _wrong(wanted: SettingsDesired, facts: ConsoleFacts) -> tuple[str, ...]:
    """What holds for an operator and should not."""
    values = (
        f"{key} is {facts.settings.get(key, 'not set')}, not {value}"
        for key, value in wanted.values.items()
        if facts.settings.get(key) != value
    )
    free = (f"{key} is not locked" for key in wanted.values if key not in facts.locks)
    return (*values, *free)


def _notes(wanted: SettingsDesired) -> tuple[str, ...]:
    admins = (f"{name} works at consoles and may use sudo there" for name in wanted.admins)
    return (*((wanted.lock.note,) if wanted.lock.note else ()), *admins)

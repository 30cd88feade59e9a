"""sudo: in a terminal of its own, logged, asking again, and asking everybody but who deploys.

Files of others keep their rules; only what lets somebody past the password is taken out of them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deploy.area import Difference, Vantage, everywhere
from deploy.change import FileChange, file_change
from deploy.hardening.accounts import SUDO_CHECK, SUDO_DEFAULTS, SUDOERS
from deploy.hardening.conflicts import conflict_notes
from deploy.hardening.roster import roster
from deploy.rendering import render
from inventory.facts import sudo as facts_of_sudo
from inventory.facts.area import READER
from inventory.facts.collect import HostFacts
from inventory.facts.sudo import SudoFacts, is_drop_in
from inventory.facts.textfile import TextFile, file_at
from inventory.model import Center, Device

FACTS = ("sudo",)
AFTER = ("accounts", "pam")
RISKY = True
ADMIN_FIRST = False
applies = everywhere

_LEFT_OUT = "# left out by Watchfloor: "
_PASSING = re.compile(r"\bNOPASSWD\s*:\s*")
_UNASKING = re.compile(r"^\s*Defaults\b.*!authenticate\b")


@dataclass(frozen=True, slots=True)
class SudoDesired:
    """What sudo should do."""

    text: str
    settings: Mapping[str, str]
    """What has to hold in the end."""
    trusted: frozenset[str]
    """Accounts that the inventory lets become root without a password."""
    notes: tuple[str, ...]


def desired(center: Center, device: Device) -> SudoDesired:
    """From the baseline and the accounts."""
    base = device.baseline or center.baseline
    minutes = base.sudo_reauthenticate_min
    return SudoDesired(
        text=render("sudoers-defaults.j2", reauthenticate_min=minutes),
        settings={
            "use_pty": "true",
            "logfile": "/var/log/sudo.log",
            "timestamp_timeout": str(minutes),
            "timestamp_type": "tty",
            "authenticate": "true",
            "visiblepw": "false",
        },
        trusted=frozenset(
            account.name for account in roster(center, device) if account.sudo == "nopasswd"
        ),
        notes=conflict_notes(base, "sudo_reauthenticate_min"),
    )


def diff(wanted: SudoDesired, facts: SudoFacts) -> Difference:
    """Our file, and others' without their ways past the password."""
    if not facts.installed:
        return Difference()
    if facts.invalid:
        return Difference(unmet=(f"sudo refuses its configuration: {facts.invalid[:200]}",))
    changes = tuple(_files(wanted, facts))
    return Difference(
        changes,
        unmet=() if changes else tuple(_unmet(wanted, facts)),
        notes=wanted.notes if changes else (),
    )


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_sudo))


def asking(text: str, trusted: frozenset[str]) -> str:
    """A sudoers file in which only the trusted are not asked. Their rules stay as they are."""
    return "".join(_asking(line, trusted) for line in text.splitlines(keepends=True))


def _asking(line: str, trusted: frozenset[str]) -> str:
    if line.lstrip().startswith("#"):
        return line
    if _UNASKING.match(line):
        return f"{_LEFT_OUT}{line}"
    who = line.split(maxsplit=1)[0] if line.strip() else ""
    return line if who in trusted else _PASSING.sub("", line)


def _files(wanted: SudoDesired, facts: SudoFacts) -> Iterator[FileChange]:
    ours = file_change(
        file_at(facts.files, SUDO_DEFAULTS),
        wanted.text,
        mode=0o440,
        validate_with=("visudo", "-cqf", "{}"),
        check_with=SUDO_CHECK,
    )
    if ours is not None:
        yield ours
    for file in facts.files:
        if file.path in (SUDO_DEFAULTS, SUDOERS) or not _is_read(file):
            continue
        change = file_change(
            file,
            asking(file.content, wanted.trusted),
            mode=0o440,
            check_with=SUDO_CHECK,
        )
        if change is not None:
            yield change


def _is_read(file: TextFile) -> bool:
    return file.kind == "file" and (file.path == "/etc/sudoers" or is_drop_in(file.path))


def _unmet(wanted: SudoDesired, facts: SudoFacts) -> Iterator[str]:
    for name, value in wanted.settings.items():
        found = facts.defaults.get(name, value if name in _BY_DEFAULT else "not set")
        if found.removesuffix(".0") != value:
            yield f"sudo's {name} is {found}, not {value}, and no line of its files explains it"
    # What area accounts' own file says too much is a change of that area's.
    theirs = file_at(facts.files, SUDOERS).content.splitlines()
    for rule in facts.unasked:
        may_read = rule.commands in ((READER,), (f'{READER} ""',))
        is_theirs = any(line.split()[:1] == [rule.who] and "NOPASSWD" in line for line in theirs)
        if rule.who not in wanted.trusted and not may_read and not is_theirs:
            yield f"sudo asks {rule.who} for no password, and no line of its files explains it"


_BY_DEFAULT = frozenset({"authenticate", "visiblepw", "timestamp_type"})
"""Settings that hold as wanted when nothing is said."""

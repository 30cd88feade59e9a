"""Shells: one that stands idle at its prompt ends, nobody can switch that off, and the umask."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from deploy.area import Difference, Vantage, everywhere
from deploy.change import FileChange, file_change
from deploy.hardening.conflicts import conflict_notes
from deploy.rendering import render
from inventory.facts import shell as facts_of_shell
from inventory.facts.collect import HostFacts
from inventory.facts.shell import BASHRC, DROP_IN, PROFILE, ShellFacts, Started
from inventory.facts.textfile import TextFile
from inventory.model import Center, Device

FACTS = ("shell",)
AFTER: tuple[str, ...] = ()
RISKY = False
ADMIN_FIRST = False
applies = everywhere

_BLOCK = re.compile(r"^# Watchfloor: begin\..*?^# Watchfloor: end\.\n", re.MULTILINE | re.DOTALL)
_OTHERS = re.compile(
    r"^\s*(?:(?:export|readonly|declare|typeset)\s+(?:-\w+\s+)*)?(?:TMOUT\b|umask\s+[0-7u])"
)
_LEFT_OUT = "# left out by Watchfloor: "


@dataclass(frozen=True, slots=True)
class ShellDesired:
    """What shells start with."""

    drop_in: str
    block: str
    """The lines at the top of bash.bashrc, which no drop-in replaces."""
    started: Started
    notes: tuple[str, ...]


def desired(center: Center, device: Device) -> ShellDesired:
    """From the baseline."""
    base = device.baseline or center.baseline
    values = {"umask": base.umask.removeprefix("0"), "timeout_s": base.shell_timeout_s}
    return ShellDesired(
        drop_in=render("profile.sh.j2", **values),
        block=render("bashrc-block.j2", **values),
        started=Started(base.umask, str(base.shell_timeout_s), is_fixed=True),
        notes=conflict_notes(base, "shell_timeout_s", "umask"),
    )


def diff(wanted: ShellDesired, facts: ShellFacts) -> Difference:
    """Our drop-in, bash's own file, and other files without lines that would come first."""
    changes = tuple(_files(wanted, facts))
    unmet = () if changes else tuple(_unmet(wanted, facts))
    return Difference(changes, unmet=unmet, notes=wanted.notes if changes else ())


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_shell))


def _files(wanted: ShellDesired, facts: ShellFacts) -> Iterator[FileChange]:
    for file in facts.files:
        if file.path != DROP_IN and file.kind != "file":
            continue
        change = file_change(
            file,
            _text(wanted, file),
            mode=file.mode if file.path != DROP_IN and file.exists else 0o644,
            validate_with=("bash", "-n", "{}"),
        )
        if change is not None:
            yield change


def _text(wanted: ShellDesired, file: TextFile) -> str:
    if file.path == DROP_IN:
        return wanted.drop_in
    if file.path == BASHRC:
        return wanted.block + _without(_BLOCK.sub("", file.content))
    return _without(file.content)


def _without(text: str) -> str:
    """Other lines that set either come before ours, and a fixed one cannot be set again."""
    return "".join(
        f"{_LEFT_OUT}{line}" if _OTHERS.match(line) else line
        for line in text.splitlines(keepends=True)
    )


def _unmet(wanted: ShellDesired, facts: ShellFacts) -> Iterator[str]:
    for kind, found in (("login", facts.login), ("interactive", facts.interactive)):
        if found is None:
            yield f"a {kind} shell of bash did not start; look at {PROFILE} and {BASHRC}"
        elif (found.umask, found.timeout_s) != (wanted.started.umask, wanted.started.timeout_s):
            yield f"a {kind} shell starts with umask {found.umask} and TMOUT {found.timeout_s}"
        elif kind == "login" and not found.is_fixed:
            yield "a login shell lets its user switch TMOUT off"

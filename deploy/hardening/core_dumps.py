"""No core dumps: a crashed program's memory holds passwords and case data (CIS 1.5.3)."""

from collections.abc import Iterable, Iterator

from deploy.area import Difference, Vantage, everywhere
from deploy.change import Change, CommandChange, FileChange, file_change
from deploy.hardening.kernel_settings import Wanted, settings_difference
from deploy.rendering import render
from inventory.facts import core_dumps as facts_of_core_dumps
from inventory.facts import sysctl as facts_of_sysctl
from inventory.facts.collect import HostFacts
from inventory.facts.core_dumps import COREDUMP, LIMITS, MANAGER, CoreDumpsFacts
from inventory.facts.textfile import file_at
from inventory.model import Center, Device

FACTS = ("core_dumps", "sysctl")
AFTER: tuple[str, ...] = ()
RISKY = False
ADMIN_FIRST = False
applies = everywhere

DROP_IN = "/etc/sysctl.d/zz-watchfloor-core.conf"
_TEXTS = {
    LIMITS: "limits-core.conf.j2",
    MANAGER: "system-core.conf.j2",
    COREDUMP: "coredump.conf.j2",
}


def desired(_center: Center, _device: Device) -> dict[str, Wanted]:
    """The kernel's part: nothing of a privileged program, and nowhere to put the rest."""
    return {
        "fs/suid_dumpable": Wanted("0"),
        "kernel/core_pattern": Wanted("|/bin/false"),
        "kernel/core_uses_pid": Wanted("1"),
    }


def diff(facts: CoreDumpsFacts) -> Difference:
    """The limits of logins and services, and what systemd-coredump keeps."""
    files = list(_files(facts))
    changes: list[Change] = [*files]
    if any(file.path == MANAGER for file in files) or facts.manager != "0":
        changes.append(
            CommandChange(
                title="let systemd read its limits", command=("systemctl", "daemon-reexec")
            )
        )
    return Difference(tuple(changes), unmet=() if changes else tuple(_unmet(facts)))


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    limits = diff(facts.read(facts_of_core_dumps))
    wanted = desired(center, device)
    kernel = settings_difference(wanted, facts.read(facts_of_sysctl), DROP_IN)
    return Difference(
        (*limits.changes, *kernel.changes),
        unmet=(*limits.unmet, *kernel.unmet),
        notes=kernel.notes,
    )


def _files(facts: CoreDumpsFacts) -> Iterator[FileChange]:
    for path, template in _TEXTS.items():
        change = file_change(file_at(facts.files, path), render(template))
        if change is not None:
            yield change


def _unmet(facts: CoreDumpsFacts) -> Iterator[str]:
    for (domain, kind), value in _last(facts.limits).items():
        if value != "0":
            yield f"pam_limits has a line `{domain} {kind} core {value}`: somebody may dump"
    last = dict(line.partition("=")[::2] for line in facts.coredump)
    if last != {"Storage": "none", "ProcessSizeMax": "0"}:
        yield f"another file of systemd-coredump's wins: {', '.join(facts.coredump)}"


def _last(lines: Iterable[tuple[str, ...]]) -> dict[tuple[str, str], str]:
    """Domain and type -> value; of several lines for one of them the last counts."""
    values: dict[tuple[str, str], str] = {}
    for domain, kind, _, value in (words for words in lines if len(words) == 4):
        for each in ("hard", "soft") if kind == "-" else (kind,):
            values[domain, each] = value
    return values

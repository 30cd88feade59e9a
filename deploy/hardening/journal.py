"""The system journal: kept on disk, compressed, bounded, and passed on to rsyslog."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deploy.area import Difference, Vantage, everywhere
from deploy.change import Change, CommandChange, FileChange, ServiceChange, file_change
from deploy.rendering import render
from inventory.facts import journal as facts_of_journal
from inventory.facts.collect import HostFacts
from inventory.facts.journal import JournalFacts
from inventory.facts.textfile import file_at
from inventory.model import Center, Device

FACTS = ("journal",)
AFTER: tuple[str, ...] = ()
RISKY = False
ADMIN_FIRST = False
applies = everywhere

DROP_IN = "/etc/systemd/journald.conf.d/zz-watchfloor.conf"
"""Drop-ins are read in the order of their names, and the last one wins (journald.conf(5))."""
_UNIT = "systemd-journald.service"
# A journald that was volatile goes on in /run until it is told that the disk is there.
_FLUSH = CommandChange(
    title="have the journal kept on the disk",
    command=("journalctl", "--flush"),
    again_on_undo=False,
)
_LEFT_OUT = "# left out by Watchfloor: "


@dataclass(frozen=True, slots=True)
class JournalDesired:
    """journald.conf(5)'s keys that matter."""

    settings: Mapping[str, str]

    @property
    def text(self) -> str:
        return render("journald.conf.j2", settings=self.settings.items())


def desired(center: Center, device: Device) -> JournalDesired:
    """From the baseline profile."""
    base = device.baseline or center.baseline
    return JournalDesired(
        {
            "Storage": "persistent",
            "Compress": "yes",
            "ForwardToSyslog": "yes",
            "RateLimitIntervalSec": "30s",
            "RateLimitBurst": "10000",
            "SystemMaxUse": f"{base.journal_max_mib}M",
        }
    )


def diff(wanted: JournalDesired, facts: JournalFacts) -> Difference:
    """The drop-in, then what overrules it; what journald has open decides whether that worked."""
    files = tuple(_files(wanted, facts))
    changes: list[Change] = [*files]
    reason = _reason(facts, bool(files))
    if reason:
        changes.append(ServiceChange(unit=_UNIT, action="restart", reason=reason))
        changes.append(_FLUSH)
    return Difference(tuple(changes), unmet=() if files else tuple(_unmet(wanted, facts)))


def _reason(facts: JournalFacts, files_change: bool) -> str:
    """Why journald has to begin anew; empty when it has not."""
    if files_change:
        return "its configuration"
    if facts.is_stale:
        return "it runs with an older configuration than its files"
    return "" if facts.writes_to_disk else "it does not write to the disk"


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_journal))


def without(text: str, keys: Mapping[str, str]) -> str:
    """The text with its assignments of these keys commented out."""
    return re.sub(rf"(?m)^(?=[ \t]*(?:{'|'.join(map(re.escape, keys))})[ \t]*=)", _LEFT_OUT, text)


def _files(wanted: JournalDesired, facts: JournalFacts) -> Iterator[FileChange]:
    ours = file_change(file_at(facts.files, DROP_IN), wanted.text)
    if ours is not None:
        yield ours
    for file in facts.files:
        if file.path > DROP_IN and file.path.startswith(DROP_IN.rpartition("/")[0]):
            text = without(file.content, wanted.settings)
            change = file_change(file, text, mode=file.mode, owner=file.owner or "root")
            if change is not None and file.kind == "file":
                yield change


def _unmet(wanted: JournalDesired, facts: JournalFacts) -> Iterator[str]:
    for key, value in wanted.settings.items():
        found = facts.settings.get(key, "")
        if found != value:
            yield (
                f"journald's {key} is {found or 'not set'}, not {value}, and no file in"
                " /etc/systemd/journald.conf.d explains it"
            )

"""What both sides have to bring about: taken from a plan, handed to the play, compared on hosts."""

import difflib
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.processes import BenchError
from deploy.change import Change, CommandChange, FileChange, ServiceChange
from deploy.live_change import Mode, ModeChange, SysctlChange
from deploy.plan import HostPlan
from tests.lab import LabHost

_ACCOUNTS = "getent passwd | cut -d: -f1,5-7; id -Gn analyst; getent shadow | cut -d: -f1,2"
_SEEN = "/var/lib/pam/seen"
"""pam-auth-update's list of the profiles that it knows; its order is that of their coming."""


@dataclass(frozen=True, slots=True)
class EndState:
    """The changes of a fresh host's plan."""

    changes: tuple[Change, ...]

    @classmethod
    def planned(cls, plan: HostPlan) -> "EndState":
        return cls(tuple(change for area in plan.areas for change in area.changes))

    @property
    def files(self) -> tuple[FileChange, ...]:
        return tuple(change for change in self.changes if isinstance(change, FileChange))

    def values(self, sources: Path, folders: Sequence[str] = ()) -> dict[str, Any]:
        """The play's variables; writes the texts below `sources` as they lie on a host.

        `folders` are those that have to be made.
        """
        for file in self.files:
            place = sources / file.path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(file.content)
        half = len(self.files) // 2
        entries = [_entry(file) for file in self.files]
        return {
            "sources": str(sources),
            "folders": list(folders),
            "templates": entries[:half],
            "copies": entries[half:],
            "modes": [_mode(entry) for entry in self._modes],
            "commands": [list(command) for command in self._commands],
        }

    @property
    def _modes(self) -> Iterable[Mode]:
        return (
            entry
            for change in self.changes
            if isinstance(change, ModeChange)
            for entry in change.entries
        )

    @property
    def _commands(self) -> Iterable[tuple[str, ...]]:
        for change in self.changes:
            if isinstance(change, CommandChange):
                yield change.command
            elif isinstance(change, ServiceChange):
                yield ("systemctl", change.action, change.unit)

    def missing_folders(self, fresh: LabHost) -> list[str]:
        """The folders of its files that a host does not have."""
        folders = sorted({str(Path(file.path).parent) for file in self.files})
        return [f for f in folders if fresh.attempt(["test", "-d", f]).exit_code]

    def on(self, host: LabHost) -> str:
        """All of it as a host has it now: files, modes, accounts, kernel, and what sshd says."""
        paths = [file.path for file in self.files if file.path != _SEEN]
        paths += [entry.path for entry in self._modes]
        keys = [
            f"/proc/sys/{setting.key}"
            for change in self.changes
            if isinstance(change, SysctlChange)
            for setting in change.settings
        ]
        files = " ".join(map(shlex.quote, paths))
        parts = [f"stat -c '%n %a %U %G' {files}", f"cat {files} 2>&1", f"sort {_SEEN}"]
        parts += ["sshd -T | sort", _ACCOUNTS]
        if keys:
            parts.append(f"grep -H '' {' '.join(map(shlex.quote, keys))}")
        return host.attempt(["sh", "-c", "; ".join(parts)]).stdout

    def compare(self, ours: LabHost, theirs: LabHost) -> None:
        """Raises `BenchError` with the first line that differs."""
        here, there = (self.on(host).splitlines() for host in (ours, theirs))
        found = list(difflib.unified_diff(here, there, n=0, lineterm=""))[3:]
        if found:
            raise BenchError(f"the two sides' hosts are not the same: {'; '.join(found[:4])}")


def _entry(file: FileChange) -> dict[str, str]:
    entry = {
        "path": file.path,
        "owner": file.owner,
        "group": file.group or file.owner,
        "mode": f"{file.mode:04o}",
    }
    if file.validate_with:
        entry["validate"] = " ".join(file.validate_with).replace("{}", "%s")
    return entry


def _mode(entry: Mode) -> dict[str, str]:
    return {
        "path": entry.path,
        "owner": entry.owner,
        "group": entry.group,
        "mode": f"{entry.mode:04o}",
    }

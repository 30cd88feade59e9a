"""Control groups that hold a lab's processes, so that none can be lost, frozen or not."""

import os
import shlex
import signal
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.wait import until

MOUNT = Path("/sys/fs/cgroup")
TOP = "watchfloor-lab"


@cache
def hierarchies() -> tuple[Path, ...]:
    """The hierarchies a guest's systemd needs as its own, and the freezer.

    One with cgroup v2; with v1 systemd's named one, the hybrid v2 one beside it, and the freezer.
    Resource controllers stay as they are: a lab limits nothing.
    """
    if (MOUNT / "cgroup.controllers").exists():
        return (MOUNT,)
    named = (MOUNT / name for name in ("systemd", "unified", "freezer"))
    return tuple(path for path in named if (path / "cgroup.procs").exists())


@dataclass(frozen=True, slots=True)
class ControlGroup:
    """One group by its path below the lab's own, such as `12/h1`; every hierarchy has it."""

    path: str

    def folders(self) -> tuple[Path, ...]:
        return tuple(top / TOP / self.path for top in hierarchies())

    def create(self) -> None:
        for folder in self.folders():
            folder.mkdir(parents=True, exist_ok=True)

    def launcher(self, argv: Sequence[str | Path]) -> list[str]:
        """`argv` behind a shell that joins this group first, so that no child starts outside it."""
        joins = "".join(
            f"echo $$ > {shlex.quote(str(folder / 'cgroup.procs'))} && "
            for folder in self.folders()
        )
        return ["/bin/sh", "-c", f'{joins}exec "$@"', "sh", *(str(word) for word in argv)]

    def pids(self) -> frozenset[int]:
        """Every process in this group or below it."""
        return frozenset(pid for folder in self.folders() for pid in _pids_below(folder))

    def freeze(self) -> None:
        self._set_frozen(frozen=True)

    def thaw(self) -> None:
        self._set_frozen(frozen=False)

    def _set_frozen(self, *, frozen: bool) -> None:
        # Thawing a group leaves those below it frozen that were frozen by themselves.
        for folder in self.folders():
            for parent, _, files in os.walk(folder):
                if "cgroup.freeze" in files:
                    _write_if_there(Path(parent, "cgroup.freeze"), "1" if frozen else "0")
                if "freezer.state" in files:
                    _write_if_there(Path(parent, "freezer.state"), "FROZEN" if frozen else "THAWED")
                if frozen:
                    break

    def kill(self, timeout_s: float = 20) -> None:
        """SIGKILL to every process, until there is none; frozen ones are thawed to die."""
        self.thaw()
        until(self._killed, timeout_s, f"the processes of lab group {self.path} to end")

    def _killed(self) -> bool:
        pids = self.pids()
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not pids

    def remove(self) -> None:
        """Kills what is left and removes the group with all below it. Done twice, it is done."""
        self.kill()
        for folder in self.folders():
            until(lambda folder=folder: _removed(folder), 10, f"{folder} to be removable")  # type: ignore[misc] # mypy cannot infer a lambda with a default


def forget_empty_top() -> None:
    """Removes the labs' own parent group once no lab is left in it."""
    for folder in ControlGroup(".").folders():
        with suppress(OSError):
            folder.rmdir()


def _pids_below(folder: Path) -> Iterator[int]:
    for parent, _, _ in os.walk(folder):
        # A group may vanish, and a v2 group may turn threaded, while it is being read.
        with suppress(OSError):
            yield from map(int, Path(parent, "cgroup.procs").read_text().split())


def _removed(folder: Path) -> bool:
    for parent, _, _ in os.walk(folder, topdown=False):
        with suppress(OSError):
            Path(parent).rmdir()
    return not folder.exists()


def _write_if_there(file: Path, text: str) -> None:
    with suppress(FileNotFoundError, ProcessLookupError):
        file.write_text(text)

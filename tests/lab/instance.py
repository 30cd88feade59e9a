"""One lab's place on this machine: its number, its folder, and how all of it is removed.

Names of links, namespaces, control groups and mounts follow from the number, so that a lab whose
process was killed can be removed by any other process.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.cgroups import ControlGroup, forget_empty_top
from tests.lab.errors import LabError
from tests.lab.mounts import unmount_below
from tests.lab.network import LabNetwork

STATE = Path("/run/watchfloor-lab")
NUMBERS = range(1, 255)


@dataclass(frozen=True, slots=True)
class Instance:
    """A numbered lab. It is held by the process that keeps its lock file locked.

    A lab that is neither held nor marked as kept is abandoned: whoever finds it removes it.
    """

    number: int
    _lock: list[int] = field(default_factory=list, repr=False, compare=False)

    @property
    def folder(self) -> Path:
        return STATE / str(self.number)

    @property
    def network(self) -> LabNetwork:
        return LabNetwork(self.number)

    @property
    def group(self) -> ControlGroup:
        return ControlGroup(str(self.number))

    @property
    def _kept_mark(self) -> Path:
        return self.folder / "kept"

    def keep(self, owner: Path) -> None:
        """Lets the lab outlive this process, for whoever uses the folder `owner`."""
        self._kept_mark.write_text(str(owner))

    @property
    def kept_for(self) -> Path | None:
        """The folder that it is kept for."""
        return Path(self._kept_mark.read_text()) if self._kept_mark.exists() else None

    def hold(self) -> bool:
        """Locks the lab for this process until `remove` or its end; False if another holds it."""
        handle = os.open(self.folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._lock.append(handle)
        return True

    def release(self) -> None:
        while self._lock:
            os.close(self._lock.pop())

    def remove(self) -> None:
        """Ends its processes and removes all that it made. Done twice, it is done.

        Only `close` and the other functions of this module call it: they hold the numbers' lock.
        """
        self.group.remove()
        unmount_below(self.folder)
        self.network.remove()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.release()


def claim() -> Instance:
    """A new lab that this process holds, on the first number that nothing uses."""
    with _numbers_locked():
        _remove_abandoned()
        for instance in map(Instance, NUMBERS):
            if not instance.folder.exists() and instance.network.is_free():
                instance.folder.mkdir()
                instance.hold()
                instance.group.create()
                return instance
    raise LabError("all 254 lab numbers are taken; run make lab-down")


def close(instance: Instance) -> None:
    """Removes the lab, unless it is to be kept; this process holds it no longer."""
    with _numbers_locked():
        if instance.kept_for is None:
            instance.remove()
            _forget_last()
    instance.release()


def remove_abandoned() -> tuple[int, ...]:
    """Removes the labs whose process died without doing so; returns their numbers."""
    with _numbers_locked():
        return _remove_abandoned()


def remove_kept(owner: Path | None) -> tuple[int, ...]:
    """Removes the labs kept for `owner` (or for anybody), and the abandoned ones."""
    with _numbers_locked():
        kept = [one for one in instances() if one.kept_for and owner in (None, one.kept_for)]
        for instance in kept:
            instance.remove()
        return (*(one.number for one in kept), *_remove_abandoned())


def instances() -> list[Instance]:
    """Every lab that has a folder, whoever holds it."""
    if not STATE.exists():
        return []
    numbers = sorted(int(entry.name) for entry in STATE.iterdir() if entry.name.isdecimal())
    return [Instance(number) for number in numbers]


def _remove_abandoned() -> tuple[int, ...]:
    abandoned = [one for one in instances() if one.kept_for is None and one.hold()]
    for instance in abandoned:
        instance.remove()
    _forget_last()
    return tuple(one.number for one in abandoned)


def _forget_last() -> None:
    if not instances():
        forget_empty_top()


@contextmanager
def _numbers_locked() -> Iterator[None]:
    STATE.mkdir(parents=True, exist_ok=True)
    handle = os.open(STATE / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)

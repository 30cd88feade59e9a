"""A host's disk: an overlay over the base image, with its changes in memory of a set size."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.lab.command import attempt, run
from tests.lab.errors import LabError


@dataclass(frozen=True, slots=True)
class Disk:
    """One host's file system, in a folder of its own."""

    folder: Path

    @property
    def root(self) -> Path:
        return self.folder / "root"

    def mount(self, image: Path, size_mib: int) -> None:
        """An empty layer of `size_mib` over `image`. Memory is used only for what is written."""
        self.folder.mkdir(parents=True)
        run(["mount", "-t", "tmpfs", "-o", f"size={size_mib}m,mode=755", "wf-lab", self.folder])
        for name in ("upper", "work", "root"):
            (self.folder / name).mkdir()
        layers = f"lowerdir={image},upperdir={self.folder}/upper,workdir={self.folder}/work"
        run(["mount", "-t", "overlay", "-o", layers, "wf-lab", self.root])


def unmount_below(folder: Path) -> None:
    """Unmounts all that is mounted in `folder`, the latest first. Done twice, it is done."""
    for point in reversed([p for p, _ in _mounts() if p.is_relative_to(folder)]):
        if attempt(["umount", point]).exit_code:
            # Somebody has a shell in there: the mount goes as soon as that ends.
            run(["umount", "--lazy", point])
    left = [str(p) for p, _ in _mounts() if p.is_relative_to(folder)]
    if left:
        raise LabError(f"still mounted: {', '.join(left)}; unmount it and run make lab-down")


def mounted_lowers() -> frozenset[Path]:
    """The base images that some mounted overlay stands on."""
    return frozenset(
        Path(name)
        for _, options in _mounts()
        for lower in re.findall(r"lowerdir=([^,]+)", options)
        for name in lower.split(":")
    )


def _mounts() -> Iterator[tuple[Path, str]]:
    """Mount point and file system options of every mount (proc_pid_mountinfo(5))."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        yield Path(_unescaped(before.split(" ")[4])), after.split(" ")[-1]


def _unescaped(word: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), word)

"""Watchfloor itself on a host: the release that the inventory names, installed and switched to.

Every release has a folder of its own, so that the one before stays as it was until the new one has
proved itself, and an undo is a link that goes back.
"""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from shlex import quote
from types import MappingProxyType

from deploy.change import Change, CommandChange, PackageChange
from deploy.operations.releases import switch
from deploy.operations.shipments import FOLDER as SHIPMENTS
from deploy.releases.manifest import FILES, Release, ReleaseError
from deploy.shipped_change import ReleaseChange, release_folder
from inventory.facts.watchfloor import CURRENT, PACKAGE, PROGRAM, WatchfloorFacts
from inventory.model import Device

PACKAGES = (PACKAGE,)
PYTHONS: Mapping[str, str] = MappingProxyType(
    {"debian-12": "3.11", "debian-13": "3.13", "ubuntu-22.04": "3.10", "ubuntu-24.04": "3.12"}
)
"""Operating system -> the version of its python3."""


@dataclass(frozen=True, slots=True)
class ProgramDesired:
    """The release that a host is to use."""

    version: str
    sha256: str
    size: int
    files_sha256: str
    python: str

    @property
    def folder(self) -> str:
        return release_folder(self.version, self.sha256)


def desired_program(device: Device, release: Release) -> ProgramDesired:
    """The release, for that host. Raises `ReleaseError` when it is not for its Python."""
    python = PYTHONS.get(device.os, "")
    if python not in release.pythons:
        raise ReleaseError(
            f"{release.path.name}: is for Python {', '.join(release.pythons)}, and {device.os} has"
            f" {python or 'none'}; make it with `watchfloor release --python {python or '…'}`"
        )
    return ProgramDesired(
        release.version, release.sha256, release.size, release.files_sha256, python
    )


def installing(wanted: ProgramDesired, facts: WatchfloorFacts) -> Iterator[Change]:
    """Its files; nothing uses them before `switching`."""
    if not facts.has_venv:
        yield PackageChange(names=PACKAGES)
    repairs: tuple[str, ...] = ()
    if is_current(wanted, facts):
        repairs = facts.differing or ((FILES,) if facts.files_sha256 != wanted.files_sha256 else ())
        if not repairs:
            return
    yield ReleaseChange(
        sha256=wanted.sha256,
        size=wanted.size,
        version=wanted.version,
        python=wanted.python,
        repairs=repairs,
        replaces="" if repairs else facts.current,
    )


def switching(wanted: ProgramDesired, facts: WatchfloorFacts) -> Iterator[Change]:
    """The link to it."""
    if is_current(wanted, facts):
        return
    back = switch(f"{PROGRAM}/{facts.current}") if facts.current else ("rm", "-f", CURRENT)
    was = f"from {facts.current} " if facts.current else ""
    yield CommandChange(
        title=f"switch {was}to {posixpath.basename(wanted.folder)}",
        command=switch(wanted.folder),
        again_on_undo=False,
        undo_with=back,
    )


def forgetting(wanted: ProgramDesired, facts: WatchfloorFacts) -> Iterator[Change]:
    """Of older releases, the one before is kept."""
    if is_current(wanted, facts):
        return
    kept = "|".join(
        quote(posixpath.basename(name)) for name in (wanted.folder, facts.current) if name
    )
    script = (
        f"cd {PROGRAM} || exit 0\n"
        "for stamp in */release; do\n"
        "  one=${stamp%/release}\n"
        '  if [ -h "$one" ] || [ ! -f "$stamp" ]; then continue; fi\n'
        '  read -r version sha256 <"$stamp"\n'
        f'  case $one in {kept}) ;; *) rm -rf -- "$one" "{SHIPMENTS}/$sha256.tar" ;; esac\n'
        "done\n"
    )
    yield CommandChange(
        title="keep the release before this one, and no older",
        command=("sh", "-c", script),
        again_on_undo=False,
    )


def is_current(wanted: ProgramDesired, facts: WatchfloorFacts) -> bool:
    """Whether the release is what the link leads to."""
    return facts.sha256 == wanted.sha256 and facts.current == posixpath.basename(wanted.folder)

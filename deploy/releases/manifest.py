"""What is in a release, and whether it is whole.

A release is a plain tar file: `manifest.json`, the wheels, one hashed list of them for each version
of Python, and `files.sha256`, which says what Watchfloor's own files have to be once installed.
"""

import hashlib
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from inventory.errors import WatchfloorError

FORMAT = 1
LARGEST = 512 * 1024**2
"""Octets of a release; one of two Pythons has some forty million."""
MOST_MEMBERS = 2000
MANIFEST = "manifest.json"
FILES = "files.sha256"
"""For sha256sum(1), in the folder that the packages are installed in."""

_LARGEST_MANIFEST = 1024**2
_BLOCK = 1024**2

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 in hex."""
PythonVersion = Annotated[str, StringConstraints(pattern=r"^3\.[0-9]{1,2}$")]
"""`3.11`."""
Version = Annotated[str, StringConstraints(pattern=r"^[0-9][A-Za-z0-9.+]{0,39}$")]
MemberName = Annotated[
    str, StringConstraints(pattern=r"^(wheels/)?[A-Za-z0-9][A-Za-z0-9._+-]{0,200}$")
]


class ReleaseError(WatchfloorError):
    """A release that is missing, damaged or cannot be made."""


class Member(BaseModel):
    """One file of a release."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: MemberName
    size: int = Field(ge=0, le=LARGEST)
    sha256: Digest


class Manifest(BaseModel):
    """The table of contents."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    version: Version
    """Watchfloor's own."""
    pythons: tuple[PythonVersion, ...] = Field(min_length=1, max_length=20)
    members: tuple[Member, ...] = Field(max_length=MOST_MEMBERS)
    """All files but this one."""

    def member(self, name: str) -> Member | None:
        return next((member for member in self.members if member.name == name), None)


@dataclass(frozen=True, slots=True)
class Release:
    """A release that was found whole."""

    path: Path
    version: str
    pythons: tuple[str, ...]
    size: int
    sha256: str
    """Of the file."""
    files_sha256: str
    """Of `files.sha256` in it."""


def requirements_name(python: str) -> str:
    """The list of the wheels for that version of Python."""
    return f"requirements-{python}.txt"


def read_release(path: Path) -> Release:
    """Reads all of it and checks every file against the manifest. Raises `ReleaseError`."""
    try:
        with path.open("rb") as file:
            size, sha256 = _weighed(path, file)
            file.seek(0)
            manifest = _checked(path, file)
    except OSError as error:
        why = error.strerror or "it is no release"
        raise ReleaseError(
            f"{path}: the release cannot be read: {why}; make it with `watchfloor release`"
        ) from error
    files = manifest.member(FILES)
    if files is None:
        raise _damaged(path, f"has no {FILES}")
    return Release(path, manifest.version, manifest.pythons, size, sha256, files.sha256)


def _weighed(path: Path, file: IO[bytes]) -> tuple[int, str]:
    found, size = hashlib.sha256(), 0
    while block := file.read(_BLOCK):
        found.update(block)
        size += len(block)
        if size > LARGEST:
            raise _damaged(path, "is larger than any release")
    return size, found.hexdigest()


def _checked(path: Path, file: IO[bytes]) -> Manifest:
    try:
        with tarfile.open(fileobj=file, mode="r:") as archive:
            manifest = _manifest(path, archive)
            _check_members(path, archive, manifest)
    except tarfile.TarError as error:
        raise _damaged(path, f"is no tar file, or not all of one ({error})") from error
    return manifest


def _manifest(path: Path, archive: tarfile.TarFile) -> Manifest:
    first = archive.next()
    content = archive.extractfile(first) if first and first.isreg() else None
    if first is None or content is None or first.name != MANIFEST:
        raise _damaged(path, f"does not begin with {MANIFEST}")
    if first.size > _LARGEST_MANIFEST:
        raise _damaged(path, f"has a {MANIFEST} that is too large")
    try:
        return Manifest.model_validate_json(content.read())
    except ValidationError as error:
        raise _damaged(path, f"has a {MANIFEST} of another version than {FORMAT}") from error


def _check_members(path: Path, archive: tarfile.TarFile, manifest: Manifest) -> None:
    """Every file is listed and as listed; nothing is listed that is not there."""
    wanted = {member.name: member for member in manifest.members}
    while (found := archive.next()) is not None:
        member = wanted.pop(found.name, None)
        content = archive.extractfile(found) if found.isreg() else None
        if member is None or content is None:
            raise _damaged(path, f"holds {found.name[:80]!r}, which its manifest does not name")
        if found.size != member.size or _sha256(content) != member.sha256:
            raise _damaged(path, f"has a damaged {member.name}")
    if wanted:
        raise _damaged(path, f"lacks {next(iter(wanted))}")


def _sha256(content: IO[bytes]) -> str:
    found = hashlib.sha256()
    while block := content.read(_BLOCK):
        found.update(block)
    return found.hexdigest()


def _damaged(path: Path, what: str) -> ReleaseError:
    return ReleaseError(f"{path}: the release {what}; make it again with `watchfloor release`")

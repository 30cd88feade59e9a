"""Typed changes whose content is too large for a script: it is shipped as a tar file beforehand.

They are among `deploy.change.Change`. A plan has the digest; the file is found by it on the machine
that deploys, and checked by it on the host before anything of it is used.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from deploy.typed_change import TypedChange
from inventory.facts.watchfloor import PROGRAM

STAMP = "release"
"""The file in a release's folder that says that all of it is installed."""

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 in hex."""
# No control characters, nothing that leaves the folder.
RELATIVE = r"^[A-Za-z0-9_][A-Za-z0-9_@+,. -]*(/[A-Za-z0-9_][A-Za-z0-9_@+,. -]*){0,7}$"
"""A file's path within its folder."""
Relative = Annotated[str, StringConstraints(pattern=RELATIVE, max_length=250)]
_NAMED = 4
"""So many files are named in a title; more are counted."""


class ShippedChange(TypedChange):
    """What the shipped ones have in common."""

    sha256: Digest
    """Of the tar file."""
    size: int = Field(ge=1, le=512 * 1024**2)
    """Its octets."""

    @property
    def parcels(self) -> tuple[str, ...]:
        return (self.sha256,)


class ReleaseChange(ShippedChange):
    """Watchfloor gets installed beside what is there; nothing uses it yet.

    With `repairs`, its own files get installed once more in the release's folder.
    """

    kind: Literal["release"] = "release"
    version: Annotated[str, StringConstraints(pattern=r"^[0-9][A-Za-z0-9.+]{0,39}$")]
    python: Annotated[str, StringConstraints(pattern=r"^3\.[0-9]{1,2}$")]
    """The host's."""
    repairs: tuple[str, ...] = ()
    """Its files on the host that are not the release's, for people; a few of them."""
    replaces: Annotated[str, StringConstraints(max_length=100)] = ""
    """The folder of the release that is used now: it comes back when this one does not answer."""
    timeout_s: int = Field(default=600, ge=1, le=800)

    @property
    def folder(self) -> str:
        return release_folder(self.version, self.sha256)

    @property
    def title(self) -> str:
        """One line for people."""
        name = f"Watchfloor {self.version} ({self.sha256[:12]})"
        if self.repairs:
            return f"install the files of {name} anew: {_some(self.repairs)} changed"
        return f"install {name}, {self.size / 1024**2:.0f} MiB, for Python {self.python}"


class FolderChange(ShippedChange):
    """Files of a folder become those of a tar file; what else is there stays."""

    kind: Literal["folder"] = "folder"
    path: Annotated[str, StringConstraints(pattern=r"^/[^\x00\n]+$", max_length=250)]
    group: Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_.-]{0,31}$")]
    """Who may read it, beside root whose it is."""
    create: tuple[Relative, ...] = ()
    change: tuple[Relative, ...] = ()
    remove: tuple[Annotated[str, StringConstraints(pattern=r"^[^\x00\n]{1,250}$")], ...] = ()

    @property
    def title(self) -> str:
        """One line for people."""
        parts = (
            f"{word} {_some(names)}"
            for word, names in (
                ("create", self.create),
                ("change", self.change),
                ("remove", self.remove),
            )
            if names
        )
        return f"in {self.path}: {'; '.join(parts)}"


def release_folder(version: str, sha256: str) -> str:
    """Where a release is installed."""
    return f"{PROGRAM}/{version}-{sha256[:12]}"


def _some(names: tuple[str, ...]) -> str:
    more = len(names) - _NAMED
    shown = ", ".join(names[:_NAMED])
    return f"{shown} and {more} more" if more > 0 else shown

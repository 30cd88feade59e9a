"""What is shipped to hosts as it is: the release of Watchfloor, and the center's folder.

Nothing of it is read until an area asks: most plans need neither.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from deploy.center_folder import CenterFolder, center_folder
from deploy.releases.manifest import Release, ReleaseError, read_release
from deploy.signing import allowed_signer
from inventory.errors import WatchfloorError
from inventory.model import Center

BUNDLES = "watchfloor-bundle"
"""The namespace that bundles are signed in."""
FOLDER = "shipments"
"""In the runtime folder: what is made only to be shipped."""


class CargoError(WatchfloorError):
    """Something that a plan ships is not here any more."""


class Cargo(Protocol):
    """What areas ask of it."""

    @property
    def release(self) -> Release:
        """The release that the inventory names. Raises `ReleaseError`."""

    @property
    def center_folder(self) -> CenterFolder:
        """What a monitor gets of the center's folder. Raises `CenterFolderError`."""

    @property
    def signers(self) -> str:
        """Whose bundles count, for an allowed signers file. Raises `SigningError`."""


_FROM_HERE = "nothing can be shipped from here; use `watchfloor apply`"


class NoCargo:
    """Stands where nothing can be shipped."""

    @property
    def release(self) -> Release:
        """Raises `CargoError`."""
        raise CargoError(_FROM_HERE)

    @property
    def center_folder(self) -> CenterFolder:
        """Raises `CargoError`."""
        raise CargoError(_FROM_HERE)

    @property
    def signers(self) -> str:
        """Raises `CargoError`."""
        raise CargoError(_FROM_HERE)


@dataclass(frozen=True)
class Hold:
    """The cargo of one center, on the machine that deploys."""

    center: Center
    folder: Path
    """The center's."""
    state: Path
    """With the key that bundles are signed with."""
    runtime: Path

    @cached_property
    def release(self) -> Release:
        """See `Cargo`."""
        path = release_path(self.center, self.folder)
        if path is None:
            raise ReleaseError(f"{self.center.name}: the center names no `release`")
        return read_release(path)

    @cached_property
    def center_folder(self) -> CenterFolder:
        """See `Cargo`."""
        return center_folder(self.center, self.folder)

    @cached_property
    def signers(self) -> str:
        """See `Cargo`."""
        return allowed_signer(self.state, BUNDLES)

    def parcels(self, digests: Iterable[str]) -> dict[str, str]:
        """SHA-256 -> the file on this machine that has it. Raises `WatchfloorError`."""
        return {digest: str(self._parcel(digest)) for digest in sorted(set(digests))}

    def _parcel(self, digest: str) -> Path:
        if self.center.release and digest == self.release.sha256:
            return self.release.path.resolve()
        if digest == self.center_folder.sha256:
            return self._packed(self.center_folder)
        raise CargoError(
            f"{self.center.name}: its release or its folder has changed since the plan was made;"
            " plan again"
        )

    def _packed(self, found: CenterFolder) -> Path:
        """The folder's tar file; only the last one is kept."""
        place = self.runtime / FOLDER / f"{found.sha256}.tar"
        try:
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not place.is_file() or place.read_bytes() != found.content:
                for old in place.parent.glob("*.tar"):
                    old.unlink(missing_ok=True)
                place.write_bytes(found.content)
        except OSError as error:
            raise CargoError(f"{place}: cannot be written: {error.strerror}") from error
        return place.resolve()


def release_path(center: Center, folder: Path) -> Path | None:
    """The file that the inventory names; None when it names none."""
    name = center.release.removeprefix("file:")
    return folder / Path(name).expanduser() if name else None

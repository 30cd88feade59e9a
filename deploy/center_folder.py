"""What of a center's folder a monitor gets: what its program reads there, and no secret.

These are the inventory's files, the center's own device profiles, and the certificates of
authorities by which a device's TLS is judged. Secrets that are `file:` references stay out.
"""

import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from deploy.releases.packing import pack
from deploy.shipped_change import RELATIVE
from inventory.errors import WatchfloorError
from inventory.loader import MOST_BYTES, MOST_FILES
from inventory.model import Center
from inventory.reach import Certified

LARGEST = 64 * 1024**2
"""Octets of all files together."""
PROFILES = "profiles"
_NAME = re.compile(RELATIVE)
_ELSEWHERE = ("", "system")
"""Authorities that are in no file of the center's."""


class CenterFolderError(WatchfloorError):
    """A file of the center's folder that cannot be given to a monitor."""


@dataclass(frozen=True, slots=True)
class CenterFolder:
    """The files, packed."""

    files: Mapping[str, str]
    """Path within the folder -> SHA-256 of the content."""
    content: bytes
    """A tar file of them."""
    sha256: str
    """Of the tar file."""


def center_folder(center: Center, folder: Path) -> CenterFolder:
    """Reads and packs them. Raises `CenterFolderError`."""
    texts: dict[str, bytes] = {}
    size = 0
    for name in _names(center, folder):
        texts[name] = _read(folder / name)
        size += len(texts[name])
        if size > LARGEST:
            raise CenterFolderError(f"{folder}: has more than {LARGEST // 1024**2} MiB of files")
    out = io.BytesIO()
    pack(out, sorted(texts.items()))
    content = out.getvalue()
    return CenterFolder(
        MappingProxyType({name: _sha256(text) for name, text in sorted(texts.items())}),
        content,
        _sha256(content),
    )


def authorities(center: Center) -> frozenset[str]:
    """The files of authorities that the inventory names, as it names them."""
    found = (
        part.ca
        for device in center.devices.values()
        for part in (device.monitoring.redfish_tls, *device.monitoring.reach)
        if isinstance(part, Certified)
    )
    return frozenset(found) - set(_ELSEWHERE)


def _names(center: Center, folder: Path) -> Iterator[str]:
    inventory = _listed(folder, folder)
    profiles = _listed(folder / PROFILES, folder) if (folder / PROFILES).is_dir() else []
    own = [name for name in sorted(authorities(center)) if not Path(name).is_absolute()]
    for name in (*inventory, *profiles, *own):
        if not _NAME.match(name):
            raise CenterFolderError(f"{folder / name}: cannot be shipped by that name; rename it")
        yield name


def _listed(folder: Path, top: Path) -> list[str]:
    try:
        found = sorted(path for path in folder.glob("*.yaml") if not path.is_dir())
    except OSError as error:
        raise CenterFolderError(f"{folder}: cannot be read: {error.strerror}") from error
    if len(found) > MOST_FILES:
        raise CenterFolderError(f"{folder}: has more than {MOST_FILES} files; join some")
    return [str(path.relative_to(top)) for path in found]


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise CenterFolderError(f"{path}: cannot be read: {error.strerror}") from error
    if len(text) > MOST_BYTES:
        raise CenterFolderError(f"{path}: is larger than any file of an inventory")
    return text


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

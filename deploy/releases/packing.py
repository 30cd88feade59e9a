"""Tar files that are the same whenever they are made of the same files."""

import io
import tarfile
from collections.abc import Iterable
from typing import IO

MODE = 0o644


def pack(out: IO[bytes], files: Iterable[tuple[str, bytes]]) -> None:
    """Writes a plain tar file of these names and contents; owners and times say nothing."""
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), MODE
            archive.addfile(entry, io.BytesIO(content))

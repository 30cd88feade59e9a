"""Writes a file whole or not at all, for its owner's eyes, and through no link laid in its way."""

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, text: str | Iterable[str]) -> None:
    """Writes beside its place, then renames: a reader sees the old file or the new one.

    The text may come in pieces. Nobody but its owner can read it (mode 600), whatever was there
    before. Raises `OSError`.
    """
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines([text] if isinstance(text, str) else text)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(beside).unlink()
        raise

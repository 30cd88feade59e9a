"""The serial numbers of bundles: the last one made here, and the last one taken here."""

import time
from pathlib import Path

from inventory.errors import WatchfloorError
from inventory.whole_file import write_whole

MADE, TAKEN = "bundle-made", "bundle-taken"


class SerialError(WatchfloorError):
    """The file that remembers a serial number is damaged or cannot be written."""


def last(state: Path, name: str) -> int:
    """0 when there was none. Raises `SerialError`: forgetting it would let an old bundle in."""
    path = state / name
    try:
        return int(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        return 0
    except (OSError, ValueError) as error:
        raise SerialError(f"{path}: is no serial number; put the last one there") from error


def following(state: Path) -> int:
    """The next one to make, remembered. Seconds since 1970, so that a lost file does no harm."""
    serial = max(last(state, MADE) + 1, int(time.time()))
    remember(state, MADE, serial)
    return serial


def remember(state: Path, name: str, serial: int) -> None:
    """Raises `SerialError`."""
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(state / name, f"{serial}\n")
    except OSError as error:
        raise SerialError(f"{state / name}: cannot be written: {error.strerror}") from error

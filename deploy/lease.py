"""One lease per center on this machine: two applies of one center wait for no accident to happen.

The kernel holds it (flock), so it ends with its process, however that ends. Administrators on two
machines are kept apart by the lock that each host holds itself (`deploy.remote.hostlock`).
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from inventory.errors import WatchfloorError


class LeaseError(WatchfloorError):
    """Somebody else holds the center's lease, or its file cannot be used."""


@contextmanager
def lease(folder: Path, center: str, owner: str, run: str) -> Iterator[None]:
    """Holds the center's lease. Raises `LeaseError` that names the present holder."""
    path = folder / f"{center}.lease"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        raise LeaseError(f"{path}: the lease cannot be taken: {error.strerror}") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LeaseError(_taken(center, handle)) from error
        _write_card(handle, owner, run)
        yield
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _write_card(handle: int, owner: str, run: str) -> None:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    card = {"owner": owner, "pid": os.getpid(), "since": since, "run": run}
    os.ftruncate(handle, 0)
    os.pwrite(handle, json.dumps(card).encode(), 0)


def _taken(center: str, handle: int) -> str:
    try:
        card = json.loads(os.pread(handle, 4096, 0))
        who = f"{card['owner']} (pid {card['pid']}, run {card['run']}) since {card['since']}"
    except (ValueError, KeyError, TypeError):
        who = "another process"
    return f"{center}: {who} is deploying it; wait for that to end"

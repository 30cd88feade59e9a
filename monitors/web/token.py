"""The token that programs need for writing: made at the first start, readable by its owner only."""

import os
import secrets
from pathlib import Path

from inventory.errors import WatchfloorError

NAME = "api-token"
LONGEST = 4096


class TokenError(WatchfloorError):
    """The token's file cannot be used."""


def api_token(state: Path) -> str:
    """The token of this state folder; a new one if there is none. Raises `TokenError`."""
    path = state / NAME
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return _read(path)
        token = secrets.token_urlsafe(32)
        with os.fdopen(descriptor, "w") as file:
            file.write(token + "\n")
        return token
    except OSError as error:
        raise TokenError(
            f"{path}: {error.strerror}; the monitor keeps its API token there"
        ) from error


def _read(path: Path) -> str:
    if path.stat().st_mode & 0o077:
        raise TokenError(f"{path}: others can read it; `chmod 600` it, or remove it for a new one")
    token = path.read_text()[:LONGEST].strip()
    if len(token) < 16:
        raise TokenError(f"{path}: holds no token; remove it for a new one")
    return token

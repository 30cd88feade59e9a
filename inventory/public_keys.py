"""The SSH public keys of an account: written out, or in a file or variable that it refers to."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from inventory.errors import WatchfloorError
from inventory.model import Account

LONGEST = 64 * 1024

PUBLIC_KEY = re.compile(
    r"(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)"
    r"|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com) [A-Za-z0-9+/]+={0,3}(?: [^\r\n]*)?\Z"
)
"""One line of `authorized_keys` without options: those are the deploying side's to add."""


class PublicKeyError(WatchfloorError):
    """An account's key that is not there, or is none."""


def public_keys(
    account: Account, folder: Path, environment: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """The account's keys, one line each, references resolved. Raises `PublicKeyError`.

    `folder` is the center's: relative `file:` references start there.
    """
    environment = os.environ if environment is None else environment
    found: dict[str, None] = {}
    for key in account.keys:
        for line in _text(account.name, key, folder, environment).splitlines():
            if line.strip() and not line.startswith("#"):
                found[_checked(account.name, line.strip())] = None
    return tuple(found)


def _text(name: str, key: str, folder: Path, environment: Mapping[str, str]) -> str:
    scheme, _, rest = key.partition(":")
    if scheme == "env":
        if not environment.get(rest):
            raise PublicKeyError(f"account {name}: {rest} is not set: export the public key in it")
        return environment[rest]
    if scheme != "file":
        return key
    path = folder / Path(rest).expanduser()
    try:
        with path.open("rb") as file:
            return file.read(LONGEST).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise PublicKeyError(
            f"account {name}: {path} cannot be read: put the public key there"
        ) from error


def _checked(name: str, line: str) -> str:
    if "PRIVATE KEY" in line:
        raise PublicKeyError(f"account {name}: that is a private key: refer to its .pub file")
    if not PUBLIC_KEY.match(line):
        raise PublicKeyError(f'account {name}: not a public key: it starts "ssh-ed25519 AAAA…"')
    return line

"""The managed file of SSH host keys: one file for all centers, each device under a name of its own.

The file has the format of sshd(8)'s known_hosts. A device stands in it under an alias made from its
id, not its address: so its key stays known when its address changes or is redirected, and plain
OpenSSH can use the file as well (`ssh -o HostKeyAlias=ALIAS -o UserKnownHostsFile=FILE`).
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from inventory.errors import WatchfloorError
from inventory.model import Center, Device

LARGEST = 8 * 1024 * 1024
_TYPE = re.compile(r"^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521))$")


class HostKeyFileError(WatchfloorError):
    """The managed known_hosts file cannot be read or written, or has a line that is no host key."""


@dataclass(frozen=True, slots=True)
class HostKey:
    """One public host key."""

    type: str
    """`ssh-ed25519` …"""
    blob: str
    """The key in base64, as known_hosts has it."""

    @property
    def fingerprint(self) -> str:
        """`SHA256:…`, as `ssh-keygen -l` prints it."""
        digest = hashlib.sha256(base64.b64decode(self.blob)).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    def __str__(self) -> str:
        return f"{self.type} {self.blob}"


def host_key(text: str) -> HostKey:
    """The key in `TYPE BASE64 …`. Raises `ValueError`."""
    words = text.split()
    if len(words) < 2 or not _TYPE.match(words[0]):
        raise ValueError("not a host key that is in use here (ed25519, ecdsa or rsa)")
    try:
        blob = base64.b64decode(words[1], validate=True)
    except binascii.Error as error:
        raise ValueError(f"not base64: {error}") from error
    name = words[0].encode()
    if blob[: 4 + len(name)] != len(name).to_bytes(4, "big") + name:
        raise ValueError("its type and its content do not agree")
    return HostKey(words[0], words[1])


def alias(center: Center, device: Device) -> str:
    """The name that a device has in the managed known_hosts: `<id>.<center>`."""
    return f"{device.id}.{center.name}"


def read_host_keys(path: Path) -> dict[str, tuple[HostKey, ...]]:
    """Alias -> its keys; empty when there is no file yet. Raises `HostKeyFileError`."""
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(LARGEST + 1)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise HostKeyFileError(f"{path}: the host keys cannot be read: {error}") from error
    if len(text) > LARGEST:
        raise HostKeyFileError(f"{path}: larger than {LARGEST} characters; enroll anew into it")
    return _keys(path, text)


def _keys(path: Path, text: str) -> dict[str, tuple[HostKey, ...]]:
    found: dict[str, tuple[HostKey, ...]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, rest = line.partition(" ")
        try:
            found[name] = (*found.get(name, ()), host_key(rest))
        except ValueError as error:
            raise HostKeyFileError(
                f"{path}:{number}: {error}; remove the line and enroll the device again"
            ) from error
    return found

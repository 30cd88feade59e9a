"""Where secrets come from: the environment, a private file, an age file or a vault."""

import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from inventory.errors import WatchfloorError
from inventory.vault import VaultError, read_vault

LONGEST = 64 * 1024
"""Bytes; a private key has a few thousand."""
AGE_TIMEOUT_S = 10

Environment = Mapping[str, str]


class SecretError(WatchfloorError):
    """A secret that cannot be had: says whose, where it was looked for, and what to do."""


def read_secret(name: str, reference: str, folder: Path, environment: Environment) -> str:
    """The value behind a reference, without its final line break. Raises `SecretError`.

    `name` is the credential's, for the message.
    """
    scheme, _, rest = reference.partition(":")
    source = _SOURCES.get(scheme)
    if source is None or not rest:
        raise SecretError(
            f'credential "{name}" holds no reference: write env:NAME, file:path, age:path '
            "or vault:path#key"
        )
    try:
        value = source(rest, folder, environment)
    except (SecretError, VaultError) as error:
        raise SecretError(f'credential "{name}": {error}') from error
    value = value.removesuffix("\n").removesuffix("\r")
    if not value:
        raise SecretError(f'credential "{name}": {scheme}:{rest} is empty; put the secret there')
    return value


def key_path(name: str, reference: str, folder: Path, environment: Environment) -> Path | None:
    """The private key's file: `file:path`, or an `env:` variable that holds a path.

    None when the reference leads to the key's text itself. Raises `SecretError`.
    """
    scheme, _, rest = reference.partition(":")
    text = environment.get(rest, "") if scheme == "env" else rest if scheme == "file" else ""
    if scheme not in {"file", "env"} or text.startswith("-----BEGIN"):
        return None
    if not text:
        read_secret(name, reference, folder, environment)  # says that the variable is not set
    path = folder / Path(text).expanduser()
    try:
        os.close(_open_private(path))
    except SecretError as error:
        raise SecretError(f'credential "{name}": {error}') from error
    return path.absolute()


def _from_environment(name: str, _: Path, environment: Environment) -> str:
    value = environment.get(name)
    if value is None:
        raise SecretError(f"the environment variable {name} is not set: export it before the run")
    return value


def _from_file(text: str, folder: Path, _: Environment) -> str:
    path = folder / Path(text).expanduser()
    with os.fdopen(_open_private(path), "rb") as file:
        return _decoded(file.read(LONGEST + 1), str(path))


def _open_private(path: Path) -> int:
    """A descriptor of a file that only its owner, who is us or root, can read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise SecretError(f"{path}: {error.strerror}; put the secret there, mode 600") from error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        problem = f"{path} is not a regular file: put the secret into one, mode 600"
    elif status.st_mode & 0o077:
        problem = f"{path} can be read by others: chmod 600 {path}"
    elif status.st_uid not in {os.geteuid(), 0}:
        problem = f"{path} belongs to another user: chown it to the one who runs this"
    else:
        return descriptor
    os.close(descriptor)
    raise SecretError(problem)


def _from_age(text: str, folder: Path, environment: Environment) -> str:
    path = folder / Path(text).expanduser()
    identity = environment.get("WATCHFLOOR_AGE_IDENTITY")
    if not identity:
        raise SecretError(f"{path} needs a key: set WATCHFLOOR_AGE_IDENTITY to the identity's file")
    age = shutil.which("age")
    if age is None:
        raise SecretError(f"{path} needs the program age: install it (Debian package age)")
    try:
        done = subprocess.run(
            [age, "--decrypt", "--identity", identity, "--", str(path)],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=AGE_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SecretError(f"{path}: age did not finish: {type(error).__name__}") from error
    if done.returncode != 0:
        why = (done.stderr.decode(errors="replace").splitlines() or ["no reason given"])[0]
        raise SecretError(f"{path} cannot be decrypted: {why[:120]}; check the identity")
    return _decoded(done.stdout, str(path))


def _from_vault(text: str, _folder: Path, environment: Environment) -> str:
    path, _, key = text.partition("#")
    return read_vault(path, key, environment)


def _decoded(value: bytes, where: str) -> str:
    if len(value) > LONGEST:
        raise SecretError(f"{where} is larger than {LONGEST} bytes: that is no secret")
    try:
        return value.decode()
    except UnicodeDecodeError:
        # Without "from": the cause would carry the bytes.
        raise SecretError(f"{where} is not UTF-8 text: store the secret as text") from None


_SOURCES: dict[str, Callable[[str, Path, Environment], str]] = {
    "env": _from_environment,
    "file": _from_file,
    "age": _from_age,
    "vault": _from_vault,
}

"""Reads a host's facts over SSH with the OpenSSH client, and tells apart why it could not."""

import asyncio
import os
import re
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from inventory.errors import WatchfloorError
from inventory.facts.collect import SECTION_LIMIT, HostFacts, batch, host_facts

DEADLINE_S = 120.0
CONNECT_TIMEOUT_S = 10
_STDERR_LIMIT = 16 * 1024
_CHUNK = 64 * 1024


class HostReadError(WatchfloorError):
    """A host's facts could not be read."""


class HostUnreachableError(HostReadError):
    """No way to the host, no answer in time, or its name does not resolve."""


class PortClosedError(HostReadError):
    """The host answers, and nothing listens on its SSH port."""


class HostKeyUnknownError(HostReadError):
    """The host shows a key, and none is on record."""


class HostKeyWrongError(HostReadError):
    """The host shows another key than the one on record."""


class KeyRefusedError(HostReadError):
    """The host does not let the user in with this key."""


class KeyFileError(HostReadError):
    """Our own private key cannot be read or used."""


class SudoRefusedError(HostReadError):
    """Logged in, and sudo does not let the user run the reader without a password."""


@dataclass(frozen=True, slots=True)
class SshAccess:
    """How a host is reached. The key file holds a secret; its path does not."""

    host: str
    port: int
    user: str
    key_file: Path
    known_hosts: Path
    host_key_alias: str = ""
    """The name that known_hosts has the host under, when it is not its address."""

    @property
    def place(self) -> str:
        """Who and where, for messages: `audit@10.20.1.11:22`."""
        return f"{self.user}@{self.host}:{self.port}"


_CAUSES: tuple[tuple[re.Pattern[str], type[HostReadError], str], ...] = tuple(
    (re.compile(pattern, re.MULTILINE), error, remedy)
    for pattern, error, remedy in (
        (
            r"IDENTIFICATION HAS CHANGED|host key .* has changed|REVOKED HOST KEY",
            HostKeyWrongError,
            "its host key is not the one on record; if the host was reinstalled, compare the"
            " fingerprint at its console and run `watchfloor enroll` again",
        ),
        (
            r"host key is known for|Host key verification failed",
            HostKeyUnknownError,
            "its host key is not on record; run `watchfloor enroll` first",
        ),
        (
            r"Load key .*|Identity file .* not accessible|UNPROTECTED PRIVATE KEY",
            KeyFileError,
            "the private key cannot be used; it has to exist, be a key, and have mode 0600",
        ),
        (
            r"Permission denied \(",
            KeyRefusedError,
            "the host refuses the key; is the account there, and the key in its authorized_keys?",
        ),
        (
            r"Too many authentication failures",
            KeyRefusedError,
            "the host refuses the key after too many attempts",
        ),
        (
            r"^sudo: ",
            SudoRefusedError,
            "sudo refuses; the account has to be allowed to run the reader without a password",
        ),
        (
            r"Connection refused",
            PortClosedError,
            "the host answers, but nothing listens on that port; is sshd running?",
        ),
        (
            r"timed out|No route to host|Network is unreachable|Host is down",
            HostUnreachableError,
            "no answer; check power, cable and the firewalls on the way",
        ),
        (
            r"Could not resolve hostname",
            HostUnreachableError,
            "its name does not resolve; check the address in the inventory",
        ),
    )
)


async def read_host(
    access: SshAccess, areas: Iterable[str], *, deadline_s: float = DEADLINE_S
) -> HostFacts:
    """The facts of these areas, read with one login. Raises `HostReadError` or `FactError`."""
    names = tuple(areas)
    script = batch(names)
    _check_key_file(access)
    limit = (len(names) + 1) * (SECTION_LIMIT + 1024)
    try:
        async with asyncio.timeout(deadline_s):
            status, out, err = await _run(_argv(access), script.encode(), limit)
    except FileNotFoundError as error:
        raise HostReadError("there is no program ssh; install openssh-client") from error
    except TimeoutError:
        raise HostUnreachableError(
            f"{access.place}: not read within {deadline_s:g} s; is the host overloaded?"
        ) from None
    if len(out) > limit:
        raise HostReadError(f"{access.place}: sent more than {limit} octets; reading was ended")
    if status != 0:
        raise _failure(access, status, err.decode(errors="replace"))
    return host_facts(out.decode(errors="backslashreplace"))


def _check_key_file(access: SshAccess) -> None:
    # ssh itself goes on without the key, and then blames the host for refusing it.
    if not access.key_file.is_file():
        raise KeyFileError(f"{access.place}: there is no private key file {access.key_file}")


def _argv(access: SshAccess) -> list[str]:
    options = {
        "BatchMode": "yes",
        "ConnectTimeout": str(CONNECT_TIMEOUT_S),
        "ConnectionAttempts": "1",
        "ControlMaster": "no",
        "ControlPath": "none",
        "ForwardAgent": "no",
        "GlobalKnownHostsFile": "/dev/null",
        "HashKnownHosts": "no",
        "IdentitiesOnly": "yes",
        "IdentityAgent": "none",
        "IdentityFile": _path(access.key_file),
        "LogLevel": "ERROR",  # and so the server's banner cannot pose as our client's message
        "PreferredAuthentications": "publickey",
        "ServerAliveCountMax": "3",
        "ServerAliveInterval": "5",
        "StrictHostKeyChecking": "yes",
        "UpdateHostKeys": "no",
        "UserKnownHostsFile": _path(access.known_hosts),
    }
    if access.host_key_alias:
        options["HostKeyAlias"] = access.host_key_alias
    flags = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    reader = "/bin/sh -s" if access.user == "root" else "sudo -n -- /bin/sh -s"
    where = ["-p", str(access.port), "-l", access.user, "--", access.host]
    return ["ssh", "-F", "none", "-T", *flags, *where, reader]


def _path(path: Path) -> str:
    """A path as ssh's options take it: quoted, and with its own percent signs kept."""
    return '"' + str(path).replace("%", "%%").replace("\\", "\\\\").replace('"', '\\"') + '"'


async def _run(argv: list[str], script: bytes, limit: int) -> tuple[int, bytes, bytes]:
    environment = {**os.environ, "LC_ALL": "C"}
    process = await asyncio.create_subprocess_exec(
        *argv, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment
    )
    try:
        _, out, err = await asyncio.gather(
            _feed(process, script),
            _bounded(process.stdout, limit, process),
            _bounded(process.stderr, _STDERR_LIMIT),
        )
        return await process.wait(), out, err
    finally:
        if process.returncode is None:
            # It may have ended between the question and the signal.
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _feed(process: Process, script: bytes) -> None:
    assert process.stdin is not None
    # A client that could not log in closes its stdin; its status and stderr say why.
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(script)
        await process.stdin.drain()
    process.stdin.close()


async def _bounded(
    stream: asyncio.StreamReader | None, limit: int, process: Process | None = None
) -> bytes:
    """What the stream brings, at most one octet more than `limit`; then `process` is ended.

    Without a process, the rest is read and dropped.
    """
    assert stream is not None
    kept = bytearray()
    while chunk := await stream.read(_CHUNK):
        kept += chunk[: limit + 1 - len(kept)]
        if len(kept) > limit and process is not None:
            process.kill()
            break
    return bytes(kept)


def _failure(access: SshAccess, status: int, stderr: str) -> HostReadError:
    for pattern, error, remedy in _CAUSES:
        if pattern.search(stderr):
            return error(f"{access.place}: {remedy}")
    last = next((line for line in reversed(stderr.splitlines()) if line.strip()), "no message")
    return HostReadError(f"{access.place}: ssh ended with status {status}: {last[:200]}")

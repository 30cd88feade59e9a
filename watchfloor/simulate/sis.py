"""An Extron wall processor on an SSH port, with its login and its faults.

Simulated, not proved on a device.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import logging
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import paramiko
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_SUCCEEDED,
)

from watchfloor.simulate.errors import GearError
from watchfloor.simulate.sis_commands import SisCommands, SisState

_LOG = "watchfloor.simulate.sis"
logging.getLogger(_LOG).disabled = True
_IDLE_S = 60.0
_LOGIN_S = 10.0


@dataclass(slots=True)
class SisFaults:
    """How the processor misbehaves on the wire. Each can be set and cleared while it runs."""

    silence: bool = False
    """Let people in, then answer nothing."""
    delay_s: float = 0.0
    garbage: bytes | None = None
    """Send these octets in place of each answer."""
    hang_up: bool = False
    """End each session at the first command."""
    deaf: bool = False
    """Accept connections and say nothing at all."""


class SimulatedSis:
    """One processor. Use it as `async with`; its sessions live in threads."""

    def __init__(
        self,
        *,
        user: str,
        password: str,
        host: str = "127.0.0.1",
        port: int = 0,
        state: SisState | None = None,
    ) -> None:
        self._login = (user, password)
        self._bind = (host, port)
        self._key = paramiko.ECDSAKey.generate()
        self._listener: socket.socket | None = None
        self._threads: list[threading.Thread] = []
        self._transports: list[paramiko.Transport] = []
        self._ended = threading.Event()
        self.state = state or SisState()
        self.faults = SisFaults()
        self.logins = 0
        """Times that somebody offered a password."""
        self.requests: list[str] = []
        """Commands that came in."""

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens, once it runs."""
        if self._listener is None:
            raise GearError("the processor does not run: enter it with `async with` first")
        host, port = self._listener.getsockname()[:2]
        return host, port

    @property
    def host_key(self) -> str:
        """The fingerprint of its host key, as `ssh-keygen -l` prints it."""
        digest = hashlib.sha256(self._key.asbytes()).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    async def __aenter__(self) -> Self:
        self._ended.clear()
        self._listener = socket.create_server(self._bind)
        self._listener.settimeout(0.2)
        self._spawn(self._accept, self._listener)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        await asyncio.to_thread(self._end)

    def hang_up(self) -> None:
        """Ends every session, as a restart does."""
        for transport in self._transports:
            transport.close()
        self._transports.clear()

    def _end(self) -> None:
        self.hang_up()
        for thread in self._threads:
            thread.join(10)
        if self._listener is not None:
            self._listener.close()
        self._listener = None

    def _spawn(self, work: Callable[[socket.socket], None], connection: socket.socket) -> None:
        thread = threading.Thread(target=work, args=(connection,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(TimeoutError):
                connection, _ = listener.accept()
                self._spawn(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.closing(connection):
            if self.faults.deaf:
                self._ended.wait(_IDLE_S)
                return
            transport = paramiko.Transport(connection)
            transport.set_log_channel(_LOG)
            transport.add_server_key(self._key)
            self._transports.append(transport)
            door = _Door(self, self._login)
            # Whoever scans the port or gives up in the middle is no concern of a simulator.
            with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
                transport.start_server(server=door)
                channel = transport.accept(_LOGIN_S)
                if channel is not None and door.shell.wait(_LOGIN_S):
                    self._converse(channel)
            transport.close()

    def _converse(self, channel: paramiko.Channel) -> None:
        commands = SisCommands(self.state)
        channel.settimeout(_IDLE_S)
        channel.sendall(f"\r\n{commands.greeting}\r\n".encode())
        rest = ""
        while received := channel.recv(1024):
            asked, rest = commands.split(rest + received.decode("ascii", "replace"))
            for command in asked:
                self.requests.append(command)
                if self.faults.hang_up:
                    return
                self._answer(channel, commands.answer(command))

    def _answer(self, channel: paramiko.Channel, line: str) -> None:
        if self.faults.silence or not line or self._ended.wait(self.faults.delay_s):
            return
        channel.sendall(self.faults.garbage or f"{line}\r\n".encode())


class _Door(paramiko.ServerInterface):
    """Lets one user in by password, to a shell."""

    def __init__(self, gear: SimulatedSis, login: tuple[str, str]) -> None:
        self._gear = gear
        self._login = login
        self.shell = threading.Event()

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002 - the library's signature
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:
        self._gear.logins += 1
        user, known = self._login
        right = hmac.compare_digest(known.encode(), password.encode()) and username == user
        return AUTH_SUCCESSFUL if right else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002 - as above
        return OPEN_SUCCEEDED if kind == "session" else OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_pty_request(self, *_: object) -> bool:
        return True

    def check_channel_shell_request(self, channel: paramiko.Channel) -> bool:  # noqa: ARG002 - as above
        self.shell.set()
        return True

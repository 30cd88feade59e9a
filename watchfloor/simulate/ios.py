"""The SSH port of a simulated IOS switch. Simulated, not proved on a device."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import logging
import socket
import threading
from types import TracebackType
from typing import Self

import paramiko
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_SUCCEEDED,
)

from watchfloor.simulate.ios_switch import Shell, Switch

_LOG = "watchfloor.simulate.ios"
logging.getLogger(_LOG).disabled = True
_IDLE_S = 120.0
_LOGIN_S = 10.0
_LONGEST = 8192


class SimulatedSwitch:
    """One switch on a port of its own. Use it as `with`; its sessions live in threads."""

    def __init__(self, switch: Switch, *, user: str, password: str) -> None:
        self.switch = switch
        self._login = (user, password)
        self._key = paramiko.ECDSAKey.generate()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def host_key(self) -> str:
        """The fingerprint of its host key, as `ssh-keygen -l` prints it."""
        digest = hashlib.sha256(self._key.asbytes()).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    def __enter__(self) -> Self:
        self._spawn(threading.Thread(target=self._accept, daemon=True))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(10)
        self.switch.confirm()

    def _spawn(self, thread: threading.Thread) -> None:
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        """While nobody can reach it, nothing listens."""
        while not self._ended.is_set():
            with contextlib.closing(self._listener):
                self._listener.settimeout(0.1)
                while self.switch.is_reachable and not self._ended.is_set():
                    with contextlib.suppress(TimeoutError):
                        connection, _ = self._listener.accept()
                        self._spawn(
                            threading.Thread(target=self._serve, args=(connection,), daemon=True)
                        )
            while not self.switch.is_reachable and not self._ended.wait(0.1):
                pass
            if not self._ended.is_set():
                self._listener = socket.create_server(self.address)

    def _serve(self, connection: socket.socket) -> None:
        # Whoever scans the port or goes away in the middle is no concern of a simulator.
        with (
            contextlib.closing(connection),
            contextlib.suppress(paramiko.SSHException, EOFError, OSError),
        ):
            transport = paramiko.Transport(connection)
            transport.set_log_channel(_LOG)
            transport.add_server_key(self._key)
            door = _Door(self._login)
            try:
                transport.start_server(server=door)
                channel = transport.accept(_LOGIN_S)
                if channel is not None and door.shell.wait(_LOGIN_S):
                    self._converse(channel)
            finally:
                transport.close()

    def _converse(self, channel: paramiko.Channel) -> None:
        shell = Shell(self.switch)
        self._say(channel, f"\r\n{shell.prompt}")
        rest = ""
        while not shell.is_over and (more := self._received(channel)):
            rest += more.replace("\r", "")
            if len(rest) > _LONGEST:
                return
            *lines, rest = rest.split("\n")
            for line in lines:
                answer = shell.answer(line).replace("\n", "\r\n")
                self._say(channel, f"{line}\r\n{answer}{shell.prompt}")

    def _received(self, channel: paramiko.Channel) -> str:
        """What came in; empty at its end, or when it says nothing for long."""
        channel.settimeout(0.2)
        for _ in range(int(_IDLE_S / 0.2)):
            if self._ended.is_set():
                return ""
            with contextlib.suppress(TimeoutError):
                return channel.recv(4096).decode("utf-8", "replace")
        return ""

    def _say(self, channel: paramiko.Channel, text: str) -> None:
        if self.switch.is_reachable:
            channel.sendall(text.encode())


class _Door(paramiko.ServerInterface):
    """Lets one user in by password, to a shell."""

    def __init__(self, login: tuple[str, str]) -> None:
        self._login = login
        self.shell = threading.Event()

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002 - the library's signature
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:
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

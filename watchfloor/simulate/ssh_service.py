"""An SSH port that lets one user in, by password, to a shell."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import logging
import socket
import threading
from collections.abc import Callable

import paramiko
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_SUCCEEDED,
)

_LOG = "watchfloor.simulate.ssh_service"
logging.getLogger(_LOG).disabled = True
_LOGIN_S = 10.0


class SshService:
    """Serves each connection in a thread of its own. Subclasses say in `converse` what is said.

    When it listens is theirs too.
    """

    def __init__(self, *, user: str, password: str) -> None:
        self._login = (user, password)
        self._key = paramiko.ECDSAKey.generate()
        self._threads: list[threading.Thread] = []
        self._transports: list[paramiko.Transport] = []
        self._ended = threading.Event()
        self.logins = 0
        """Times that somebody offered a password."""

    @property
    def host_key(self) -> str:
        """The fingerprint of its host key, as `ssh-keygen -l` prints it."""
        digest = hashlib.sha256(self._key.asbytes()).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    def hang_up(self) -> None:
        """Ends every session, as a restart does."""
        for transport in self._transports:
            transport.close()
        self._transports.clear()

    def lets_in(self, user: str, password: str) -> bool:
        """Whether this is the user that it knows."""
        self.logins += 1
        known, secret = self._login
        return hmac.compare_digest(secret.encode(), password.encode()) and user == known

    def converse(self, channel: paramiko.Channel) -> None:
        """One session; returning ends it."""
        raise NotImplementedError

    def _spawn(self, work: Callable[[socket.socket], None], port: socket.socket) -> None:
        thread = threading.Thread(target=work, args=(port,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _join(self) -> None:
        for thread in self._threads:
            thread.join(10)

    def _take(self, listener: socket.socket) -> None:
        """The next connection, if one comes before the listener's timeout."""
        with contextlib.suppress(TimeoutError):
            connection, _ = listener.accept()
            self._spawn(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        # Whoever scans the port or gives up in the middle is no concern of a simulator.
        with (
            contextlib.closing(connection),
            contextlib.suppress(paramiko.SSHException, EOFError, OSError),
        ):
            transport = paramiko.Transport(connection)
            transport.set_log_channel(_LOG)
            transport.add_server_key(self._key)
            self._transports.append(transport)
            door = _Door(self)
            try:
                transport.start_server(server=door)
                channel = transport.accept(_LOGIN_S)
                if channel is not None and door.shell.wait(_LOGIN_S):
                    self.converse(channel)
            finally:
                transport.close()


class _Door(paramiko.ServerInterface):
    def __init__(self, service: SshService) -> None:
        self._service = service
        self.shell = threading.Event()

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002 - the library's signature
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:
        return AUTH_SUCCESSFUL if self._service.lets_in(username, password) else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002 - as above
        return OPEN_SUCCEEDED if kind == "session" else OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_pty_request(self, *_: object) -> bool:
        return True

    def check_channel_shell_request(self, channel: paramiko.Channel) -> bool:  # noqa: ARG002 - as above
        self.shell.set()
        return True

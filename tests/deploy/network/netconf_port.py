"""Debian's netconfd with an SSH port of our own in front of it, which can lose answers."""

import base64
import contextlib
import hashlib
import os
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import paramiko
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_SUCCEEDED

from tests.requirements import need
from tests.wait import until

SOCKET = Path("/tmp/ncxserver.sock")  # netconfd has it there and nowhere else

_CONFIRMED = re.compile(rb"confirmed\s*/?>")


class NetconfPort:
    """Hands NETCONF sessions on to netconfd's own subsystem program."""

    def __init__(self, user: str, password: str) -> None:
        self.login = (user, password)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self.listener.getsockname()[:2]
        self.key = paramiko.ECDSAKey.generate()
        self.holds = False
        """Whether who asks for a confirmed commit is told nothing any more."""
        self.held = threading.Event()
        self._muted: set[paramiko.Channel] = set()

    @property
    def fingerprint(self) -> str:
        digest = hashlib.sha256(self.key.asbytes()).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    def accept(self) -> None:
        """Runs in a thread until the listener is closed."""
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(paramiko.SSHException, OSError, EOFError):
            transport = paramiko.Transport(connection)
            transport.set_log_channel("netconf-port")
            transport.add_server_key(self.key)
            door = Door(self)
            transport.start_server(server=door)
            channel = transport.accept(10)
            if channel is not None and door.asked.wait(10):
                self._join(channel)
            transport.close()

    def _join(self, channel: paramiko.Channel) -> None:
        environment = {
            "SSH_CONNECTION": f"127.0.0.1 1 127.0.0.1 {self.address[1]}",
            "USER": "root",
            "LOGNAME": "root",
            "PATH": os.environ["PATH"],
        }
        with subprocess.Popen(
            [need("netconf-subsystem")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        ) as child:
            assert child.stdin is not None
            back = threading.Thread(target=self._back, args=(channel, child), daemon=True)
            back.start()
            while received := channel.recv(65536):
                if self.holds and _CONFIRMED.search(received):
                    self._muted.add(channel)
                    self.held.set()
                child.stdin.write(received)
                child.stdin.flush()
            child.stdin.close()
            back.join(10)

    def _back(self, channel: paramiko.Channel, child: "subprocess.Popen[bytes]") -> None:
        assert child.stdout is not None
        # Who was killed has closed its end in the middle of something.
        with contextlib.suppress(OSError, ValueError, EOFError, paramiko.SSHException):
            while answer := os.read(child.stdout.fileno(), 65536):
                if channel not in self._muted:
                    channel.sendall(answer)
            channel.close()


class Door(paramiko.ServerInterface):
    """Lets one user in, to NETCONF."""

    def __init__(self, port: NetconfPort) -> None:
        self._port = port
        self.asked = threading.Event()

    def get_allowed_auths(self, username: str) -> str:
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:
        right = (username, password) == self._port.login
        return AUTH_SUCCESSFUL if right else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED

    def check_channel_subsystem_request(self, channel: paramiko.Channel, name: str) -> bool:
        self.asked.set()
        return name == "netconf"


@contextlib.contextmanager
def netconfd(folder: Path, user: str, password: str) -> Iterator[NetconfPort]:
    """netconfd, empty, behind a port."""
    port = NetconfPort(user, password)
    threading.Thread(target=port.accept, daemon=True).start()
    argv = [
        need("netconfd"),
        f"--port={port.address[1]}",
        "--superuser=root",
        "--access-control=off",
        "--module=ietf-system",
        "--no-startup",
    ]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    with (folder / "netconfd.log").open("wb") as log:
        server = subprocess.Popen(argv, stdout=log, stderr=log, cwd=folder, env=environment)
    try:
        until(SOCKET.exists, 20, "netconfd's socket")
        yield port
    finally:
        port.listener.close()
        server.terminate()
        server.wait(10)
        SOCKET.unlink(missing_ok=True)

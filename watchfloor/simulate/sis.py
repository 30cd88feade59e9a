"""An Extron wall processor on an SSH port, with its login and its faults.

Simulated, not proved on a device.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import paramiko

from watchfloor.simulate.errors import GearError
from watchfloor.simulate.sis_commands import SisCommands, SisState
from watchfloor.simulate.ssh_service import SshService

_IDLE_S = 60.0


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


class SimulatedSis(SshService):
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
        super().__init__(user=user, password=password)
        self._bind = (host, port)
        self._listener: socket.socket | None = None
        self.state = state or SisState()
        self.faults = SisFaults()
        self.requests: list[str] = []
        """Commands that came in."""

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens, once it runs."""
        if self._listener is None:
            raise GearError("the processor does not run: enter it with `async with` first")
        host, port = self._listener.getsockname()[:2]
        return host, port

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

    def _end(self) -> None:
        self.hang_up()
        self._join()
        if self._listener is not None:
            self._listener.close()
        self._listener = None

    def _accept(self, listener: socket.socket) -> None:
        while not self._ended.is_set():
            self._take(listener)

    def _serve(self, connection: socket.socket) -> None:
        if not self.faults.deaf:
            super()._serve(connection)
            return
        with contextlib.closing(connection):
            self._ended.wait(_IDLE_S)

    def converse(self, channel: paramiko.Channel) -> None:
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

"""The SSH port of a simulated IOS switch. Simulated, not proved on a device."""

from __future__ import annotations

import contextlib
import socket
from types import TracebackType
from typing import Self

import paramiko

from watchfloor.simulate.ios_switch import Shell, Switch
from watchfloor.simulate.ssh_service import SshService

_IDLE_S = 120.0
_LONGEST = 8192


class SimulatedSwitch(SshService):
    """One switch on a port of its own. Use it as `with`; its sessions live in threads."""

    def __init__(self, switch: Switch, *, user: str, password: str) -> None:
        super().__init__(user=user, password=password)
        self.switch = switch
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._listener.getsockname()[:2]

    def __enter__(self) -> Self:
        self._spawn(self._accept, self._listener)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._join()
        self.switch.confirm()

    def _accept(self, listener: socket.socket) -> None:
        """While nobody can reach it, nothing listens."""
        while not self._ended.is_set():
            with contextlib.closing(listener):
                listener.settimeout(0.1)
                while self.switch.is_reachable and not self._ended.is_set():
                    self._take(listener)
            while not self.switch.is_reachable and not self._ended.wait(0.1):
                pass
            if not self._ended.is_set():
                listener = socket.create_server(self.address)

    def converse(self, channel: paramiko.Channel) -> None:
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

"""A display on a PJLink TCP port, with its greeting, its authentication and its faults."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from watchfloor.simulate.display import DisplayCommands, DisplayState
from watchfloor.simulate.errors import GearError
from watchfloor.simulate.tcp_service import TcpService, WireFaults, misbehave

LONGEST_LINE = 136
"""Octets of the longest command with its end, without a digest."""
_DIGEST_LETTERS = 32
_END = b"\r"


@dataclass(slots=True)
class DisplayFaults(WireFaults):
    """How the display misbehaves on the wire. Each can be set and cleared while it runs."""

    no_greeting: bool = False
    """A silent display still greets."""
    hang_up: bool = False
    """Close each connection as soon as it is made."""


class SimulatedDisplay(TcpService):
    """One display. With a password, the first command of a connection must carry the digest."""

    longest_line = LONGEST_LINE + _DIGEST_LETTERS

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        password: str | None = None,
        klass: int = 2,
        state: DisplayState | None = None,
        idle_timeout_s: float = 30.0,
    ) -> None:
        if klass not in (1, 2):
            raise GearError(f"PJLink has classes 1 and 2, not {klass}")
        super().__init__(host=host, port=port)
        self._password = password
        self._idle_timeout_s = idle_timeout_s
        self.state = state or DisplayState(klass=klass)
        self.faults = DisplayFaults()
        self.requests = 0
        """Command lines that came in, whatever they held."""
        self._commands = DisplayCommands(self.state)

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until the other side goes, idles too long or fails to authenticate."""
        if self.faults.hang_up:
            return
        salt = secrets.token_hex(4)
        if not self.faults.no_greeting:
            await self._send(writer, "PJLINK 0" if self._password is None else f"PJLINK 1 {salt}")
        known = self._password is None
        while True:
            async with asyncio.timeout(self._idle_timeout_s):
                line = await reader.readuntil(_END)
            self.requests += 1
            command, proved = self._stripped(line.rstrip(_END).decode("utf-8", "replace"), salt)
            if not (known or proved):
                await self._send(writer, "PJLINK ERRA")
                return
            known = True
            await self._answer(writer, command)

    def _stripped(self, line: str, salt: str) -> tuple[str, bool]:
        """The command without a digest, and whether the digest was right."""
        if self._password is None or line.startswith("%"):
            return line, False
        # MD5 is what PJLink prescribes.
        digest = hashlib.md5((salt + self._password).encode(), usedforsecurity=False).hexdigest()
        given = line[:_DIGEST_LETTERS].encode()
        return line[_DIGEST_LETTERS:], hmac.compare_digest(given, digest.encode())

    async def _answer(self, writer: asyncio.StreamWriter, command: str) -> None:
        answer = self._commands.answer(command)
        if answer is not None and not await misbehave(self.faults, writer):
            await self._send(writer, answer)

    @staticmethod
    async def _send(writer: asyncio.StreamWriter, line: str) -> None:
        writer.write(line.encode() + _END)
        await writer.drain()

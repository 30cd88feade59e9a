"""A display on a PJLink TCP port, with its greeting, its authentication and its faults."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from watchfloor.simulate.display import DisplayCommands, DisplayState
from watchfloor.simulate.errors import GearError

LONGEST_LINE = 136
"""Octets of the longest command with its end, without a digest."""
_DIGEST_LETTERS = 32
_END = b"\r"


@dataclass(slots=True)
class DisplayFaults:
    """How the display misbehaves on the wire. Each can be set and cleared while it runs."""

    silence: bool = False
    """Accept and greet, then answer nothing."""
    no_greeting: bool = False
    delay_s: float = 0.0
    garbage: bytes | None = None
    """Send these octets in place of each answer."""
    hang_up: bool = False
    """Close each connection as soon as it is made."""


class SimulatedDisplay:
    """One display. With a password, the first command of a connection must carry the digest."""

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
        self._bind = (host, port)
        self._password = password
        self._idle_timeout_s = idle_timeout_s
        self.state = state or DisplayState(klass=klass)
        self.faults = DisplayFaults()
        self.requests = 0
        """Command lines that came in, whatever they held."""
        self._commands = DisplayCommands(self.state)
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> tuple[str, int]:
        """Where the display listens, once it runs."""
        if self._server is None:
            raise GearError("the display does not run: enter it with `async with` first")
        host, port = self._server.sockets[0].getsockname()[:2]
        return host, port

    async def __aenter__(self) -> Self:
        host, port = self._bind
        try:
            self._server = await asyncio.start_server(
                self._connected, host, port, limit=LONGEST_LINE + _DIGEST_LETTERS
            )
        except OSError as error:
            raise GearError(f"no display on {host} port {port}: {error.strerror}") from error
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._server is None:
            return
        self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until the other side goes, idles too long or fails to authenticate."""
        with contextlib.suppress(ConnectionError, TimeoutError, asyncio.IncompleteReadError):
            with contextlib.closing(writer):
                if not self.faults.hang_up:
                    await self._converse(reader, writer)
            await writer.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        salt = secrets.token_hex(4)
        if not self.faults.no_greeting:
            await self._send(writer, "PJLINK 0" if self._password is None else f"PJLINK 1 {salt}")
        known = self._password is None
        while True:
            async with asyncio.timeout(self._idle_timeout_s):
                try:
                    line = await reader.readuntil(_END)
                except asyncio.LimitOverrunError:
                    return
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
        if self.faults.silence or answer is None:
            return
        if self.faults.delay_s:
            await asyncio.sleep(self.faults.delay_s)
        if self.faults.garbage is not None:
            writer.write(self.faults.garbage)
            await writer.drain()
        else:
            await self._send(writer, answer)

    @staticmethod
    async def _send(writer: asyncio.StreamWriter, line: str) -> None:
        writer.write(line.encode() + _END)
        await writer.drain()

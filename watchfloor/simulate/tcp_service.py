"""A TCP port, with TLS or without, that serves each connection in a task of its own."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from watchfloor.simulate.errors import GearError


@dataclass(slots=True)
class WireFaults:
    """How a service misbehaves on the wire. Each can be set and cleared while it runs."""

    silence: bool = False
    """Answer nothing."""
    delay_s: float = 0.0
    garbage: bytes | None = None
    """Send these octets in place of each answer."""


class TcpService:
    """Listens while it is entered. Subclasses say in `converse` what is said on a connection."""

    longest_line = 64 * 1024
    """Octets."""

    def __init__(
        self, *, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
    ) -> None:
        self._bind = (host, port)
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.accepted = 0
        """Connections that were made, TLS included."""

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens, once it runs."""
        if self._server is None:
            raise GearError("the service does not run: enter it with `async with` first")
        host, port = self._server.sockets[0].getsockname()[:2]
        return host, port

    async def __aenter__(self) -> Self:
        host, port = self._bind
        try:
            self._server = await asyncio.start_server(
                self._connected, host, port, limit=self.longest_line, ssl=self._tls
            )
        except OSError as error:
            raise GearError(f"no service on {host} port {port}: {error.strerror}") from error
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
        self.hang_up()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    def hang_up(self) -> None:
        """Ends every connection; new ones are still taken."""
        for connection in self._connections:
            connection.cancel()

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection; returning ends it."""
        raise NotImplementedError

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        task = asyncio.create_task(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(
            ConnectionError, TimeoutError, ssl.SSLError, asyncio.IncompleteReadError
        ):
            try:
                await self.converse(reader, writer)
            except asyncio.LimitOverrunError:
                pass  # whoever sends such lines is not served
            finally:
                writer.close()
            await writer.wait_closed()


async def misbehave(faults: WireFaults, writer: asyncio.StreamWriter) -> bool:
    """Does in place of an answer what the faults say; whether that was all there is to say."""
    if faults.silence:
        return True
    if faults.delay_s:
        await asyncio.sleep(faults.delay_s)
    if faults.garbage is None:
        return False
    writer.write(faults.garbage)
    await writer.drain()
    return True

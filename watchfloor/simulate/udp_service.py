"""A UDP port that answers datagram by datagram."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from watchfloor.simulate.errors import GearError
from watchfloor.simulate.tcp_service import WireFaults


class UdpService(asyncio.DatagramProtocol):
    """Listens while it is entered. Subclasses say in `answer` what comes back."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._bind = (host, port)
        self._transport: asyncio.DatagramTransport | None = None
        self.requests = 0
        """Datagrams that came in, whatever they held."""

    @property
    def wire(self) -> WireFaults:
        """How it misbehaves."""
        raise NotImplementedError

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens, once it runs."""
        if self._transport is None:
            raise GearError("the service does not run: enter it with `async with` first")
        host, port = self._transport.get_extra_info("sockname")[:2]
        return host, port

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        try:
            self._transport, _ = await loop.create_datagram_endpoint(
                lambda: self, local_addr=self._bind
            )
        except OSError as error:
            host, port = self._bind
            raise GearError(f"no service on {host} port {port}: {error.strerror}") from error
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def answer(self, packet: bytes) -> bytes | None:
        """What comes back; None for nothing."""
        raise NotImplementedError

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """asyncio calls this for every datagram."""
        self.requests += 1
        reply = self.wire.garbage if self.wire.garbage is not None else self.answer(data)
        if reply is None or self.wire.silence:
            return
        loop = asyncio.get_running_loop()
        loop.call_later(self.delay_s(), self._send, reply, addr)

    def delay_s(self) -> float:
        """How long this answer takes."""
        return self.wire.delay_s

    def _send(self, reply: bytes, addr: tuple[str, int]) -> None:
        if self._transport is not None:
            self._transport.sendto(reply, addr)

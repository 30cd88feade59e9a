"""A UDP port that answers datagram by datagram."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from watchfloor.simulate.errors import GearError
from watchfloor.simulate.tcp_service import WireFaults


@dataclass(slots=True)
class UdpFaults(WireFaults):
    """How a service misbehaves datagram by datagram."""

    drop_rate: float = 0.0
    """The share of the answers that get lost, 0 to 1."""


class UdpService(asyncio.DatagramProtocol):
    """Listens while it is entered. Subclasses say in `answer` what comes back.

    Whoever asks and goes away is no concern of it.
    """

    faults: UdpFaults
    """How it misbehaves."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._bind = (host, port)
        self._transport: asyncio.DatagramTransport | None = None
        self.requests = 0
        """Datagrams that came in, whatever they held."""
        self.answers = 0
        """Datagrams that went back."""

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
            # The loop closes the socket in its next turn; a test may bind the port right after.
            await asyncio.sleep(0)

    def answer(self, packet: bytes) -> bytes | None:
        """What comes back; None for nothing."""
        raise NotImplementedError

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """asyncio calls this for every datagram."""
        self.requests += 1
        faults = self.faults
        # A simulated loss needs no secrecy.
        if faults.silence or random.random() < faults.drop_rate:  # noqa: S311
            return
        reply = self.answer(data) if faults.garbage is None else faults.garbage
        if reply is None:
            return
        if delay_s := self.delay_s():
            asyncio.get_running_loop().call_later(delay_s, self.send, reply, addr)
        else:
            self.send(reply, addr)

    def delay_s(self) -> float:
        """How long this answer takes."""
        return self.faults.delay_s

    def send(self, reply: bytes, addr: tuple[str, int]) -> None:
        """Sends an answer, unless the service has ended."""
        if self._transport is not None and not self._transport.is_closing():
            self.answers += 1
            self._transport.sendto(reply, addr)

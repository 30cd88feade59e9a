"""A UDP relay between a console and a BMC that duplicates, delays, drops and forges packets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Packets = list[bytes]
Mangle = Callable[[bytes], Packets]


@dataclass
class Relay:
    """`to_console` and `to_bmc` turn each packet into the packets that are sent in its place."""

    bmc: tuple[str, int]
    to_console: Mangle = field(default=lambda packet: [packet])
    to_bmc: Mangle = field(default=lambda packet: [packet])
    port: int = 0
    _console: tuple[str, int] = ("127.0.0.1", 9)
    _near: asyncio.DatagramTransport | None = None
    _far: asyncio.DatagramTransport | None = None

    def from_console(self, packet: bytes, source: tuple[str, int]) -> None:
        """Hands a packet on to the BMC."""
        self._console = source
        assert self._far is not None
        for each in self.to_bmc(packet):
            self._far.sendto(each)

    def from_bmc(self, packet: bytes, _: tuple[str, int]) -> None:
        """Hands a packet on to the console."""
        assert self._near is not None
        for each in self.to_console(packet):
            self._near.sendto(each, self._console)


class _Side(asyncio.DatagramProtocol):
    def __init__(self, take: Callable[[bytes, tuple[str, int]], None]) -> None:
        self._take = take

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._take(data, addr)


@asynccontextmanager
async def relaying(relay: Relay) -> AsyncIterator[Relay]:
    """The relay, listening on `relay.port` of loopback."""
    loop = asyncio.get_running_loop()
    relay._near, _ = await loop.create_datagram_endpoint(
        lambda: _Side(relay.from_console), local_addr=("127.0.0.1", 0)
    )
    relay._far, _ = await loop.create_datagram_endpoint(
        lambda: _Side(relay.from_bmc), remote_addr=relay.bmc
    )
    relay.port = relay._near.get_extra_info("sockname")[1]
    try:
        yield relay
    finally:
        relay._near.close()
        relay._far.close()
        await asyncio.sleep(0)


class PairSwapper:
    """Holds each second packet back, so that it comes before the one that it followed."""

    def __init__(self) -> None:
        self._held: bytes | None = None

    def __call__(self, packet: bytes) -> Packets:
        """Packets in changed order; while only one is under way it is not held."""
        if self._held is None:
            self._held = packet
            asyncio.get_running_loop().call_later(0.01, self._forget)
            return [packet]
        held, self._held = self._held, None
        return [packet, held]

    def _forget(self) -> None:
        self._held = None

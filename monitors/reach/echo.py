"""Echo requests and their replies: ICMP (RFC 792, RFC 4443), or UDP (RFC 862) where mapped."""

import asyncio
import errno
import secrets
import socket
import struct
import time
from dataclasses import dataclass

from monitors.net.errors import OurSideError, network_error

ECHO_REQUEST_V4, ECHO_REQUEST_V6 = 8, 128
_ECHO_REPLIES = (b"\x00", b"\x81")
_LONGEST = 1500
_PAYLOAD = struct.Struct("!14sH")
_ICMP_HEAD = 8
SPACING_S = 0.05
"""Between two requests of a burst: a queue that drops bursts is not taken for a bad line."""


@dataclass(slots=True)
class EchoSocket:
    """An open socket to one address, and what makes our requests ours."""

    sock: socket.socket
    token: bytes
    kind: int = 0
    """The ICMP type of a request; 0 for UDP."""
    ip_header: bool = False
    """Whether packets come with their IP header, as on raw IPv4 sockets."""

    def request(self, number: int) -> bytes:
        """The packet with a sequence number."""
        payload = _PAYLOAD.pack(self.token, number)
        if not self.kind:
            return payload
        # The kernel fills in a datagram socket's checksum and identifier, and ICMPv6's checksum.
        identifier = int.from_bytes(self.token[:2], "big")
        head = struct.pack("!BBHHH", self.kind, 0, 0, identifier, number)
        return head[:2] + struct.pack("!H", checksum(head + payload)) + head[4:] + payload

    def number_of(self, packet: bytes) -> int | None:
        """Which request a packet replies to; None for everybody else's."""
        if self.ip_header and packet:
            packet = packet[(packet[0] & 0x0F) * 4 :]
        if self.kind:
            if packet[:1] not in _ECHO_REPLIES:
                return None
            packet = packet[_ICMP_HEAD:]
        if len(packet) != _PAYLOAD.size:
            return None
        token, number = _PAYLOAD.unpack(packet)
        return int(number) if token == self.token else None


def checksum(packet: bytes) -> int:
    """RFC 1071; the packet has an even number of octets."""
    total: int = sum(struct.unpack(f"!{len(packet) // 2}H", packet))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


async def open_echo(host: str, udp_port: int | None = None) -> EchoSocket:
    """A socket for echoes over ICMP, or over UDP to a port. Raises NetError."""
    where = f"echo of {host}"
    try:
        infos = await asyncio.get_running_loop().getaddrinfo(
            host, udp_port or 0, type=socket.SOCK_DGRAM
        )
        family, *_, address = infos[0]
        opened = _udp(family) if udp_port else _icmp(family, where)
    except OSError as error:
        raise network_error(where, error, 0) from error
    try:
        opened.sock.setblocking(False)
        opened.sock.connect(address)
    except OSError as error:
        opened.sock.close()
        raise network_error(where, error, 0) from error
    return opened


def _udp(family: int) -> EchoSocket:
    return EchoSocket(socket.socket(family, socket.SOCK_DGRAM), secrets.token_bytes(14))


def _icmp(family: int, where: str) -> EchoSocket:
    """Linux's ICMP datagram socket, which net.ipv4.ping_group_range permits; else a raw one, which
    CAP_NET_RAW permits."""
    v6 = family == socket.AF_INET6
    protocol = socket.IPPROTO_ICMPV6 if v6 else socket.IPPROTO_ICMP
    kind = ECHO_REQUEST_V6 if v6 else ECHO_REQUEST_V4
    for socket_kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            sock = socket.socket(family, socket_kind, protocol)
        except OSError:
            continue
        raw = socket_kind == socket.SOCK_RAW
        return EchoSocket(sock, secrets.token_bytes(14), kind, ip_header=raw and not v6)
    raise OurSideError(
        f"{where}: this process may not ping: widen net.ipv4.ping_group_range to its group,"
        " or give it CAP_NET_RAW"
    )


async def ask_echoes(
    echo: EchoSocket, count: int, timeout_s: float, spacing_s: float = SPACING_S
) -> tuple[float | None, ...]:
    """The round trip of each request in seconds, None for the lost ones. Closes the socket.

    Raises OurSideError when the own firewall forbids it.
    """
    loop = asyncio.get_running_loop()
    sent_at: list[float] = []
    trips: dict[int, float] = {}
    with echo.sock:
        receiving = loop.create_task(_receive(echo, count, sent_at, trips))
        try:
            for number in range(count):
                sent_at.append(time.perf_counter())
                _send(echo, number)
                if number + 1 < count:
                    await asyncio.sleep(spacing_s)
            async with asyncio.timeout(timeout_s):
                await receiving
        except TimeoutError:
            pass  # what is missing is lost
        finally:
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)
    return tuple(trips.get(number) for number in range(count))


def _send(echo: EchoSocket, number: int) -> None:
    try:
        echo.sock.send(echo.request(number))
    except OSError as error:
        if error.errno in (errno.EPERM, errno.EACCES):
            raise OurSideError(
                "this machine's own firewall forbids pings: let ICMP echoes out"
            ) from error
        # Refused or unreachable may be about the request before: only a full count of replies
        # says that all is well, and the missing ones are lost.


async def _receive(
    echo: EchoSocket, count: int, sent_at: list[float], trips: dict[int, float]
) -> None:
    """Waits for all replies; a raw socket hears everybody's."""
    loop = asyncio.get_running_loop()
    while len(trips) < count:
        try:
            packet = await loop.sock_recv(echo.sock, _LONGEST)
        except OSError:
            await asyncio.sleep(SPACING_S)  # an ICMP error about one of the requests
            continue
        number = echo.number_of(packet)
        if number is not None and number < len(sent_at):
            trips.setdefault(number, time.perf_counter() - sent_at[number])

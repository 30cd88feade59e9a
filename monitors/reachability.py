"""Whether a host is there at all: a ping, or TCP where pings are not allowed."""

import asyncio
import errno
import secrets
import socket
import struct

TIMEOUT_S = 1.0
ECHO_REQUEST_V4, ECHO_REQUEST_V6 = 8, 128
_ECHO_REPLIES = (b"\x00", b"\x81")
_LONGEST = 1500
_TCP_PORTS = (443, 80, 22)
"""Asked in this order where pings are not permitted: an answer or a refusal proves the host."""

Address = tuple[str | int, ...] | tuple[int, bytes]


async def reachable(host: str, timeout_s: float = TIMEOUT_S) -> bool | None:
    """Whether the host answers: True, False, or None when that could not be found out.

    Without permission to ping, silence proves nothing: then only True or None come back.
    """
    try:
        infos = await asyncio.get_running_loop().getaddrinfo(host, 0, type=socket.SOCK_DGRAM)
    except OSError:
        return None
    family, *_, address = infos[0]
    answered = await _ping(family, address, timeout_s)
    return answered if answered is not None else await _tcp_proves(str(address[0]), timeout_s)


async def _ping(family: int, address: Address, timeout_s: float) -> bool | None:
    """An echo request; None where this process may not send one."""
    v6 = family == socket.AF_INET6
    opened = _ping_socket(family, socket.IPPROTO_ICMPV6 if v6 else socket.IPPROTO_ICMP)
    if opened is None:
        return None
    probe, raw = opened
    identifier, payload = secrets.randbelow(1 << 16), secrets.token_bytes(16)
    # The kernel fills in a datagram socket's checksum and identifier, and ICMPv6 checksums always.
    request = _echo_request(ECHO_REQUEST_V6 if v6 else ECHO_REQUEST_V4, identifier, payload)
    with probe:
        probe.setblocking(False)
        try:
            probe.connect(address)
            probe.send(request)
            async with asyncio.timeout(timeout_s):
                # Raw IPv4 sockets hand over the IP header, too.
                await _echo(probe, payload, ip_header=raw and not v6)
        except TimeoutError:
            return False
        except OSError as error:
            return None if error.errno in (errno.EPERM, errno.EACCES) else False
    return True


def _ping_socket(family: int, protocol: int) -> tuple[socket.socket, bool] | None:
    """Linux's ICMP datagram socket, which net.ipv4.ping_group_range permits; else a raw one, which
    CAP_NET_RAW permits. The flag says whether it is raw."""
    for kind, raw in ((socket.SOCK_DGRAM, False), (socket.SOCK_RAW, True)):
        try:
            return socket.socket(family, kind, protocol), raw
        except OSError:
            continue
    return None


def _echo_request(kind: int, identifier: int, payload: bytes) -> bytes:
    head = struct.pack("!BBHHH", kind, 0, 0, identifier, 1)
    return head[:2] + struct.pack("!H", _checksum(head + payload)) + head[4:] + payload


def _checksum(packet: bytes) -> int:
    """RFC 1071; the packet has an even number of octets."""
    total: int = sum(struct.unpack(f"!{len(packet) // 2}H", packet))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


async def _echo(probe: socket.socket, payload: bytes, *, ip_header: bool) -> None:
    """Waits for the reply with our octets: a raw socket hears everybody's."""
    loop = asyncio.get_running_loop()
    while True:
        packet = await loop.sock_recv(probe, _LONGEST)
        icmp = packet[(packet[0] & 0x0F) * 4 :] if ip_header and packet else packet
        if icmp[:1] in _ECHO_REPLIES and icmp[8:] == payload:
            return


async def _tcp_proves(address: str, timeout_s: float) -> bool | None:
    for port in _TCP_PORTS:
        try:
            opening = asyncio.open_connection(address, port)
            _, writer = await asyncio.wait_for(opening, timeout_s / len(_TCP_PORTS))
        except ConnectionRefusedError:
            return True
        except (TimeoutError, OSError):
            continue
        writer.close()
        return True
    return None

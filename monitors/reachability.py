"""Whether a host is there at all: an unprivileged ping, or TCP where pings are not allowed."""

import asyncio
import errno
import secrets
import socket
import struct

TIMEOUT_S = 1.0
ECHO_REQUEST_V4, ECHO_REQUEST_V6 = 8, 128
_TCP_PORTS = (443, 80, 22)
"""Asked in this order where pings are not permitted: an answer or a refusal proves the host."""


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


async def _ping(
    family: int, address: tuple[str | int, ...] | tuple[int, bytes], timeout_s: float
) -> bool | None:
    """Linux's ICMP datagram sockets, which net.ipv4.ping_group_range permits."""
    v6 = family == socket.AF_INET6
    protocol = socket.IPPROTO_ICMPV6 if v6 else socket.IPPROTO_ICMP
    try:
        probe = socket.socket(family, socket.SOCK_DGRAM, protocol)
    except OSError:
        return None
    with probe:
        probe.setblocking(False)
        try:
            probe.connect(address)
            probe.send(
                struct.pack("!BBHHH", ECHO_REQUEST_V6 if v6 else ECHO_REQUEST_V4, 0, 0, 0, 1)
                + secrets.token_bytes(16)
            )
            # The kernel hands over only echo replies to this socket's own identifier.
            await asyncio.wait_for(asyncio.get_running_loop().sock_recv(probe, 1500), timeout_s)
        except TimeoutError:
            return False
        except OSError as error:
            return None if error.errno in (errno.EPERM, errno.EACCES) else False
    return True


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

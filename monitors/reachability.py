"""Whether a host is there at all: a ping, or TCP where pings are not allowed."""

import asyncio
import socket

from monitors.net.errors import NetError, OurSideError
from monitors.reach.echo import ask_echoes, open_echo

TIMEOUT_S = 1.0
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
    address = str(infos[0][4][0])
    answered = await _ping(address, timeout_s)
    return answered if answered is not None else await _tcp_proves(address, timeout_s)


async def _ping(address: str, timeout_s: float) -> bool | None:
    """An echo request; None where this process may not send one."""
    try:
        (trip,) = await ask_echoes(await open_echo(address), 1, timeout_s)
    except OurSideError:
        return None
    except NetError:
        return False
    return trip is not None


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

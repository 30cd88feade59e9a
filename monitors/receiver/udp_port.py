"""A UDP port that takes a bounded time of the processor, whatever is thrown at it."""

import asyncio
import errno
import os
import socket
import struct
from collections.abc import Callable
from contextlib import suppress

from inventory.endpoints import Endpoint, join_endpoint
from inventory.errors import WatchfloorError
from monitors.receiver.shield import Shield

LARGEST_DATAGRAM = 65_535
BUFFER_BYTES = 4 * 1024 * 1024
"""Asked of the kernel, so that a burst of real traps survives; it gives what it allows."""
PORTION = 64
"""Datagrams between two looks at everything else that the process does."""
WINDOW_S = 0.1
MOST_IN_WINDOW = 1000
"""Datagrams looked at in a window; the kernel keeps or drops the rest."""
UP_S = 10.0
"""How long a flood is kept out after it was last seen."""

_SO_MEMINFO, _MEMINFO, _DROPS = 55, struct.Struct("9I"), 8
"""Linux: what the kernel knows of a socket's memory, and at which place how much it dropped."""

Handler = Callable[[bytes, str], bytes | None]
"""Takes a datagram and its sender's address; returns what is to be answered."""


class ListenError(WatchfloorError):
    """An address cannot be listened on."""


class UdpPort:
    """One socket that is drained in portions."""

    def __init__(
        self,
        where: Endpoint,
        option: str,
        handler: Handler,
        shield: Shield,
        on_lost: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Binds. Raises `ListenError`, which names the option that chose the address.

        `on_lost` is told of datagrams that the kernel has dropped: nobody looked at them.
        """
        self._handler = handler
        self._on_lost = on_lost
        self._lost = 0
        self._shield = shield
        self._socket = bind(where, option, socket.SOCK_DGRAM)
        with suppress(OSError):  # more than the kernel allows; it has given what it does
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        self._loop = asyncio.get_running_loop()
        self._window_ends = 0.0
        self._left = MOST_IN_WINDOW
        self._resting: asyncio.TimerHandle | None = None
        self._lowering: asyncio.TimerHandle | None = None
        self._loop.add_reader(self._socket, self._drain)

    @property
    def address(self) -> Endpoint:
        """Where it listens."""
        host, port = self._socket.getsockname()[:2]
        return host, port

    def close(self) -> None:
        """Stops listening. Safe to call twice."""
        for timer in (self._resting, self._lowering):
            if timer is not None:
                timer.cancel()
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _drain(self) -> None:
        now = self._loop.time()
        if now >= self._window_ends:
            self._window_ends, self._left = now + WINDOW_S, MOST_IN_WINDOW
            self._shield.begin_window()
            self._count_lost()
        for _ in range(min(PORTION, self._left)):
            try:
                data, sender = self._socket.recvfrom(LARGEST_DATAGRAM)
            except OSError:
                return  # nothing left, or an ICMP error about an answer of ours
            self._left -= 1
            self._shield.count(sender[0])
            answer = self._handler(data, sender[0])
            if answer is not None:
                with suppress(OSError):  # who asked has gone, or the way to it has
                    self._socket.sendto(answer, sender)
        if not self._left:
            self._rest()

    def _count_lost(self) -> None:
        with suppress(OSError, struct.error):  # another system does not say
            said = self._socket.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
            lost = _MEMINFO.unpack(said)[_DROPS]
            if lost != self._lost:
                self._on_lost((lost - self._lost) % 2**32)
                self._lost = lost

    def _rest(self) -> None:
        self._shield.raise_against_flood(self._socket)
        if self._lowering is not None:
            self._lowering.cancel()
        # By the clock: what is kept out must not be what would have to come in to end it.
        self._lowering = self._loop.call_later(UP_S, self._shield.lower, self._socket)
        self._loop.remove_reader(self._socket)
        self._resting = self._loop.call_at(self._window_ends, self._wake)

    def _wake(self) -> None:
        self._resting = None
        self._loop.add_reader(self._socket, self._drain)


def bind(where: Endpoint, option: str, kind: socket.SocketKind) -> socket.socket:
    """A socket that does not block. Raises `ListenError`."""
    family = socket.AF_INET6 if ":" in where[0] else socket.AF_INET
    listener = socket.socket(family, kind | socket.SOCK_NONBLOCK)
    try:
        if kind == socket.SOCK_STREAM:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)
    except OSError as error:
        listener.close()
        raise ListenError(_why_not(where, option, error)) from error
    return listener


def _why_not(where: Endpoint, option: str, error: OSError) -> str:
    place, reason = join_endpoint(*where), os.strerror(error.errno or 0).lower()
    remedy = f"name another with {option} ADDRESS:PORT"
    if error.errno == errno.EACCES:
        remedy = (
            f"choose a port above 1023 with {option} ADDRESS:PORT and let the firewall send"
            " the other one there"
        )
    return f"{place} cannot be listened on ({reason}); {remedy}"

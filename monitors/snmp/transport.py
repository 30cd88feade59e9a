"""The UDP sockets of the SNMP manager: one per address family for all targets, errors included."""

import asyncio
import errno
import os
import socket
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass

Address = tuple[str, int]
"""IP address as the kernel writes it, and port."""

RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024
MAX_DATAGRAM = 65_535
MAX_PACKETS_PER_WAKEUP = 256
"""Then the event loop gets its turn, even when packets flood in."""

_LINUX = sys.platform.startswith("linux")
_IP_RECVERR, _IPV6_RECVERR = 11, 25  # linux/in.h, linux/in6.h; not in every Python
_MSG_ERRQUEUE = 0x2000
_EXTENDED_ERROR = struct.Struct("=IBBBBII")  # struct sock_extended_err, linux/errqueue.h
_REPORTED_BY_ICMP = (2, 3)  # SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6


@dataclass(frozen=True, slots=True)
class Undelivered:
    """The network said that a datagram did not arrive."""

    address: Address
    """Where it was going."""
    errno: int
    payload: bytes
    """As much of our datagram as the report quotes."""

    @property
    def port_closed(self) -> bool:
        """Whether the host itself answered that nothing listens there."""
        return self.errno == errno.ECONNREFUSED

    @property
    def words(self) -> str:
        """The operating system's words for it."""
        return os.strerror(self.errno)


class UdpSocket:
    """One unconnected, non-blocking socket that also reports ICMP errors (`IP_RECVERR`)."""

    def __init__(
        self,
        family: socket.AddressFamily,
        on_packet: Callable[[bytes, Address], None],
        on_undelivered: Callable[[Undelivered], None],
        gather_s: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """`gather_s` is asked after every look at the socket: how long until the next one.

        To be woken for each packet costs more than to read it, so packets may gather meanwhile.
        """
        self._on_packet = on_packet
        self._on_undelivered = on_undelivered
        self._gather_s = gather_s
        self._buffer = bytearray(MAX_DATAGRAM)
        self._view = memoryview(self._buffer)
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        if _LINUX and family is socket.AF_INET6:
            self._socket.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
        elif _LINUX:
            self._socket.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
        self._socket.bind(("::" if family is socket.AF_INET6 else "0.0.0.0", 0))  # noqa: S104 - a client's socket; replies are matched by source and id
        self._loop = asyncio.get_running_loop()
        self._listens = True
        self._loop.add_reader(self._socket.fileno(), self._on_readable)

    def send(self, packet: bytes, address: Address) -> OSError | None:
        """Sends now. A full buffer counts as loss on the way: the retransmission covers it.

        An error that the kernel has pending for another target is taken from it first.
        """
        if self._try_to_send(packet, address) is None:
            return None
        self._drain_errors()
        return self._try_to_send(packet, address)

    def _try_to_send(self, packet: bytes, address: Address) -> OSError | None:
        try:
            self._socket.sendto(packet, address)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError as error:
            return error
        return None

    def close(self) -> None:
        """Closes the socket; nothing is called back afterwards."""
        if self._socket.fileno() >= 0:
            self._listen(False)
            self._socket.close()

    def _on_readable(self) -> None:
        count = self._read() if self._socket.fileno() >= 0 else 0
        if self._socket.fileno() < 0:
            return
        wait_s = self._gather_s() if 0 < count < MAX_PACKETS_PER_WAKEUP else 0.0
        self._listen(not wait_s)
        if wait_s:
            self._loop.call_later(wait_s, self._on_readable)

    def _listen(self, wanted: bool) -> None:
        """Whether the event loop shall call when there is something to read."""
        if wanted is self._listens:
            return
        self._listens = wanted
        if wanted:
            self._loop.add_reader(self._socket.fileno(), self._on_readable)
        else:
            self._loop.remove_reader(self._socket.fileno())

    def _read(self) -> int:
        """Passes on what is there, so many packets at most; returns how many came, or errors."""
        receive, view, on_packet = self._socket.recvfrom_into, self._view, self._on_packet
        for count in range(MAX_PACKETS_PER_WAKEUP):
            try:
                size, address = receive(self._buffer)
            except (BlockingIOError, InterruptedError):
                return count
            except OSError:
                # The kernel hands a pending ICMP error to whatever call comes next.
                self._drain_errors()
                continue
            on_packet(bytes(view[:size]), address[:2])
            if self._socket.fileno() < 0:
                break
        return MAX_PACKETS_PER_WAKEUP

    def _drain_errors(self) -> None:
        if not _LINUX:
            return
        for _ in range(MAX_PACKETS_PER_WAKEUP):
            try:
                payload, ancillary, _, address = self._socket.recvmsg(
                    MAX_DATAGRAM, 512, _MSG_ERRQUEUE
                )
            except OSError:
                return
            for _level, _kind, data in ancillary:
                if len(data) < _EXTENDED_ERROR.size:
                    continue
                number, origin, *_ = _EXTENDED_ERROR.unpack_from(data)
                if origin in _REPORTED_BY_ICMP or number != errno.ECONNREFUSED:
                    self._on_undelivered(Undelivered(address[:2], number, payload))

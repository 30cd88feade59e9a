"""The UDP socket that all BMCs share, and the ICMP errors that the kernel keeps for it."""

import asyncio
import contextlib
import errno
import socket
import struct
import sys
from typing import Protocol

from monitors.ipmi.framing import LARGEST_PACKET

Address = tuple[str, int]
"""Numeric host and port."""

READ_AT_ONCE = 64
"""Packets taken before the event loop gets its turn again, so that a flood starves nobody."""
RECEIVE_BUFFER = 1 << 20
# Not in Python's socket module before 3.14; values of linux/in.h and linux/in6.h.
_IP_RECVERR = 11
_IPV6_RECVERR = 25
_MSG_ERRQUEUE = getattr(socket, "MSG_ERRQUEUE", 0)
_EXTENDED_ERROR = struct.Struct("=I")


class Receiver(Protocol):
    """Who wants to hear from one address."""

    def datagram_received(self, packet: bytes) -> None:
        """A packet from the address; must not raise."""

    def error_received(self, number: int) -> None:
        """The network said that a packet to the address did not arrive (an errno)."""


class UdpTransport:
    """One UDP socket per address family, made when it is first needed."""

    def __init__(self) -> None:
        self._sockets: dict[socket.AddressFamily, socket.socket] = {}
        self._receivers: dict[Address, tuple[Receiver, ...]] = {}
        self.strays = 0
        """Packets from addresses that nobody asked."""

    def add(self, address: Address, receiver: Receiver) -> None:
        """Lets `receiver` hear what comes from `address`."""
        self._receivers[address] = (*self._receivers.get(address, ()), receiver)

    def remove(self, address: Address, receiver: Receiver) -> None:
        """Undoes `add`."""
        left = tuple(each for each in self._receivers.get(address, ()) if each is not receiver)
        if left:
            self._receivers[address] = left
        else:
            self._receivers.pop(address, None)

    def send(self, address: Address, packet: bytes) -> None:
        """Sends one packet; what the kernel refuses is told to the address's receivers."""
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        open_socket = self._sockets.get(family) or self._open(family)
        for _ in range(2):
            try:
                open_socket.sendto(packet, address)
            except BlockingIOError:
                return  # A full buffer is a lost packet: retransmission covers it.
            except OSError as error:
                # A pending ICMP error of any target is reported once by the next call.
                if not self._drain_errors(open_socket):
                    self._tell(address, error.errno or errno.EIO)
                    return
            else:
                return

    def drain_errors(self) -> None:
        """Deals with ICMP errors that arrived before now, so that none is taken for a new one."""
        for open_socket in self._sockets.values():
            self._drain_errors(open_socket)

    def close(self) -> None:
        """Closes the sockets. Safe to call twice."""
        for open_socket in self._sockets.values():
            with contextlib.suppress(RuntimeError):  # the loop is closed already
                asyncio.get_running_loop().remove_reader(open_socket)
            open_socket.close()
        self._sockets.clear()

    def _open(self, family: socket.AddressFamily) -> socket.socket:
        opened = socket.socket(family, socket.SOCK_DGRAM)
        opened.setblocking(False)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        if sys.platform == "linux":
            if family == socket.AF_INET6:
                opened.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
            else:
                opened.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
        self._sockets[family] = opened
        asyncio.get_running_loop().add_reader(opened, self._readable, opened)
        return opened

    def _readable(self, open_socket: socket.socket) -> None:
        for count in range(READ_AT_ONCE):
            try:
                packet, source = open_socket.recvfrom(LARGEST_PACKET + 1)
            except BlockingIOError:
                if not count:  # woken, and not by a packet
                    self._drain_errors(open_socket)
                return
            except OSError:
                if not self._drain_errors(open_socket):
                    return
                continue
            self._deliver((source[0], source[1]), packet)

    def _deliver(self, source: Address, packet: bytes) -> None:
        receivers = self._receivers.get(source)
        if receivers is None:
            self.strays += 1
            return
        for receiver in receivers:
            receiver.datagram_received(packet)

    def _tell(self, address: Address, number: int) -> None:
        for receiver in self._receivers.get(address, ()):
            receiver.error_received(number)

    def _drain_errors(self, open_socket: socket.socket) -> int:
        """Hands the queued ICMP errors to whom they concern; returns how many there were."""
        if sys.platform != "linux":
            return 0
        for count in range(READ_AT_ONCE):
            try:
                _, notes, _, target = open_socket.recvmsg(0, 512, _MSG_ERRQUEUE)
            except OSError:
                return count
            for _, _, note in notes:
                if len(note) >= _EXTENDED_ERROR.size and target:
                    self._tell((target[0], target[1]), _EXTENDED_ERROR.unpack_from(note)[0])
        return READ_AT_ONCE

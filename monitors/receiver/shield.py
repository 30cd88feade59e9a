"""Keeps a flood out of the process: the kernel drops it before it costs anybody else their place.

While more comes in than is ever looked at, only known senders that keep their measure are let
through by a socket filter (Linux, classic BPF); everything else is dropped where it is cheap.
"""

import ctypes
import logging
import socket
import struct
from collections import Counter
from collections.abc import Collection
from contextlib import suppress
from ipaddress import IPv4Address, ip_address

log = logging.getLogger(__name__)

FLOODING_SHARE = 0.2
"""A known sender that makes up more than this of what was looked at is part of the flood."""
MOST_ADDRESSES = 1500
"""The kernel takes 4096 instructions, and an address needs two. Where more than so many may send,
the filter names those that flood, and lets the rest through."""

_SO_ATTACH_FILTER, _SO_DETACH_FILTER = 26, 27
_LOAD_WORD, _JUMP_EQUAL, _RETURN = 0x20, 0x15, 0x06
_IPV4_SOURCE = 0xFFF00000 + 12
"""SKF_NET_OFF, the IP header, and the source address in it (RFC 791)."""
_ALL, _NONE = 0xFFFFFFFF, 0
_INSTRUCTION = struct.Struct("HBBI")
_PROGRAM = struct.Struct("HL")


class Shield:
    """The filter of one socket. Only for IPv4: other sockets are left as they are."""

    def __init__(self, addresses: Collection[str]) -> None:
        self._known = sorted(a for a in addresses if isinstance(ip_address(a), IPv4Address))
        self._seen: Counter[str] = Counter()
        self._is_up = False

    @property
    def is_up(self) -> bool:
        """Whether a flood is being kept out."""
        return self._is_up

    def count(self, address: str) -> None:
        """Notes who a datagram came from."""
        self._seen[address] += 1

    def begin_window(self) -> None:
        """Forgets who sent how much until now."""
        self._seen.clear()

    def lower(self, guarded: socket.socket) -> None:
        """Takes the filter away."""
        self._is_up = False
        with suppress(OSError):  # there was none: the system has no such filters
            guarded.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)

    def raise_against_flood(self, guarded: socket.socket) -> None:
        """More came than is looked at: lets through who is known and keeps their measure."""
        most = sum(self._seen.values()) * FLOODING_SHARE
        calm = [address for address in self._known if self._seen[address] <= most]
        loud = [
            address for address, count in self._seen.most_common(MOST_ADDRESSES) if count > most
        ]
        if guarded.family != socket.AF_INET:
            return
        if not self._is_up:
            worst = ", ".join(address for address, _ in self._seen.most_common(3))
            log.warning("a flood comes in, most of it from %s: kept out for a while", worst)
        self._is_up = True
        with suppress(OSError):  # another system: the bound on what is looked at holds alone
            if len(calm) <= MOST_ADDRESSES:
                _attach(guarded, calm, named=_ALL, others=_NONE)
            else:
                _attach(guarded, loud, named=_NONE, others=_ALL)


def _attach(guarded: socket.socket, addresses: Collection[str], *, named: int, others: int) -> None:
    """How many bytes to keep of datagrams from the named addresses, and of all others."""
    code = [_INSTRUCTION.pack(_LOAD_WORD, 0, 0, _IPV4_SOURCE)]
    for address in addresses:
        code.append(_INSTRUCTION.pack(_JUMP_EQUAL, 0, 1, int(IPv4Address(address))))
        code.append(_INSTRUCTION.pack(_RETURN, 0, 0, named))
    code.append(_INSTRUCTION.pack(_RETURN, 0, 0, others))
    buffer = ctypes.create_string_buffer(b"".join(code))
    program = _PROGRAM.pack(len(code), ctypes.addressof(buffer))
    guarded.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)

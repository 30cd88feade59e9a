"""Pings at a steady beat, and how many of them nobody answered."""

import os
import select
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_ECHO = 8
_REPLY = 0
_ANSWER_S = 1.0
"""After the last ping, so long is waited for answers."""


@dataclass(slots=True)
class Pinged:
    """What came of the pings; whole when the `with` has ended."""

    every_s: float
    sent: set[int] = field(default_factory=set)
    answered: set[int] = field(default_factory=set)

    @property
    def lost_s(self) -> float:
        """How long nobody answered, in all."""
        return len(self.sent - self.answered) * self.every_s


@contextmanager
def pings(address: str, every_s: float = 0.1) -> Iterator[Pinged]:
    """Pings an IPv4 address for the length of a `with`. Needs root."""
    found = Pinged(every_s)
    ended = threading.Event()
    thread = threading.Thread(target=_ping, args=(address, found, ended))
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join()


def _ping(address: str, found: Pinged, ended: threading.Event) -> None:
    mark = os.getpid() & 0xFFFF
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as line:
        began = time.monotonic()
        while not ended.is_set():
            number = len(found.sent) + 1
            line.sendto(_echo(mark, number), (address, 0))
            found.sent.add(number)
            _listen(line, mark, found, began + number * found.every_s)
        _listen(line, mark, found, time.monotonic() + _ANSWER_S)


def _listen(line: socket.socket, mark: int, found: Pinged, until: float) -> None:
    while (left_s := until - time.monotonic()) > 0 and select.select([line], [], [], left_s)[0]:
        packet = line.recv(1024)
        icmp = packet[(packet[0] & 0x0F) * 4 :][:8]
        kind, _, _, whose, number = struct.unpack("!BBHHH", icmp)
        if (kind, whose) == (_REPLY, mark):
            found.answered.add(number)


def _echo(mark: int, number: int) -> bytes:
    sum_of_words = (_ECHO << 8) + mark + number
    checksum = ~((sum_of_words & 0xFFFF) + (sum_of_words >> 16)) & 0xFFFF
    return struct.pack("!BBHHH", _ECHO, 0, checksum, mark, number)

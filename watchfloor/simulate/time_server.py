"""A clock's NTP service (RFC 5905), with a clock that can be wrong, unset or tired of questions."""

from __future__ import annotations

import struct
import time
from dataclasses import dataclass

from watchfloor.simulate.udp_service import UdpFaults, UdpService

_PACKET = struct.Struct("!BBbbII4sQQQQ")
_EPOCH_S = 2_208_988_800
_CLIENT, _SERVER, _VERSION = 3, 4, 4


@dataclass(slots=True)
class TimeFaults(UdpFaults):
    """What is wrong with the clock."""

    offset_s: float = 0.0
    unset: bool = False
    """Leap indicator 3 and stratum 16: the clock was never set."""
    kiss: str = ""
    """A kiss-o'-death word: `RATE`, `DENY`."""
    strange_origin: bool = False
    """Answers as if somebody else had asked."""


class SimulatedTimeServer(UdpService):
    """One clock with a satellite receiver."""

    faults: TimeFaults

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, stratum: int = 1) -> None:
        super().__init__(host=host, port=port)
        self.faults = TimeFaults()
        self.stratum = stratum
        self.root_dispersion_s = 0.001

    def answer(self, packet: bytes) -> bytes | None:
        """The reply to a client's packet; nothing to others."""
        if len(packet) < _PACKET.size or packet[0] & 7 != _CLIENT:
            return None
        now = time.time() + self.faults.offset_s
        origin = 0 if self.faults.strange_origin else _PACKET.unpack_from(packet)[-1]
        unset = self.faults.unset
        stratum = 16 if unset else self.stratum
        reference = b"GPS\0"
        if self.faults.kiss:
            stratum, reference = 0, self.faults.kiss.encode().ljust(4, b"\0")[:4]
        return _PACKET.pack(
            (3 if unset else 0) << 6 | _VERSION << 3 | _SERVER,
            stratum,
            6,
            -20,
            0,
            int(self.root_dispersion_s * 65536),
            reference,
            _stamp(now - 10),
            origin,
            _stamp(now),
            _stamp(now),
        )


def _stamp(seconds: float) -> int:
    return int((seconds + _EPOCH_S) * (1 << 32)) & ((1 << 64) - 1)

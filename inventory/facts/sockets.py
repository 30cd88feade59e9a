"""The TCP and UDP sockets on which a host waits for others."""

import re
from dataclasses import dataclass
from ipaddress import ip_address

from inventory.facts.area import FactError, lines, parsed

SCRIPT = "ss -H -lntup\n"

_PROGRAM = re.compile(r'\(\("([^"]*)"')


@dataclass(frozen=True, slots=True)
class Socket:
    """One open port."""

    protocol: str
    """`tcp` or `udp`."""
    address: str
    """Where it listens; `*` is everywhere."""
    port: int
    program: str
    """The name of the process; empty when the kernel itself or nobody known holds it."""

    @property
    def is_loopback(self) -> bool:
        """Whether only the host itself can reach it."""
        return self.address != "*" and ip_address(self.address).is_loopback

    def __str__(self) -> str:
        held = f" ({self.program})" if self.program else ""
        return f"{self.protocol}/{self.port}{held}"


@dataclass(frozen=True, slots=True)
class SocketsFacts:
    """All listening sockets, in the kernel's order."""

    listening: tuple[Socket, ...]

    @property
    def exposed(self) -> tuple[Socket, ...]:
        """Those that other machines can reach if the firewall lets them."""
        return tuple(socket for socket in self.listening if not socket.is_loopback)


def parse(text: str) -> SocketsFacts:
    """Raises `FactError` for a line that ss(8) would not print, and for none at all.

    A host that is read over the network listens on something.
    """
    if not text.strip():
        raise FactError("ss listed no socket at all")
    return SocketsFacts(tuple(_socket(line) for line in lines(text)))


def _socket(line: str) -> Socket:
    words = line.split(None, 6)
    if len(words) < 6 or words[0] not in ("tcp", "udp"):
        raise FactError(f"not a listening socket: {line[:80]!r}")
    address, _, port = words[4].rpartition(":")
    program = _PROGRAM.search(words[6]) if len(words) > 6 else None
    return Socket(
        protocol=words[0],
        address=parsed("a socket's address", _address, address),
        port=parsed("a socket's port", int, port),
        program=program[1] if program else "",
    )


def _address(text: str) -> str:
    bare = text.strip("[]").partition("%")[0].strip("[]")
    return bare if bare == "*" else str(ip_address(bare))

"""What every check looks like to the probe: a part of the device, and a question about it."""

from dataclasses import dataclass
from typing import Protocol

from monitors.net.connection import Peer
from monitors.net.trust import Trust
from monitors.reach.part import Part
from monitors.reading import Reading


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service is asked."""

    host: str
    port: int
    name: str
    """As people know it, `10.20.40.11:554`; differs from host and port where traffic is mapped."""

    def peer(self, what: str, timeout_s: float, trust: Trust | None = None) -> Peer:
        """The same for a connection."""
        return Peer(f"{what} {self.name}", self.host, self.port, timeout_s, trust)


class Asker(Protocol):
    """Asks one thing. Made once, so that it can remember what came before."""

    @property
    def part(self) -> Part:
        """Whom the answer is about."""

    async def ask(self) -> tuple[Reading, ...]:
        """Asks once. Raises NetError where no answer came."""

"""Whether a TCP port accepts connections, and how soon."""

import time
from dataclasses import dataclass

from inventory.reach import TcpCheck
from monitors.net.connection import Connection
from monitors.reach.asker import Place
from monitors.reach.part import Part
from monitors.reading import Reading, SensorClass


@dataclass(slots=True)
class TcpAsker:
    """Connects, and hangs up."""

    part: Part
    place: Place
    check: TcpCheck

    async def ask(self) -> tuple[Reading, ...]:
        """Raises NetError where no connection comes about."""
        start = time.perf_counter()
        connection = await Connection.open(self.place.peer("TCP port", self.check.timeout_s))
        took_s = time.perf_counter() - start
        await connection.close()
        return (
            self.part.answers("accepts connections"),
            self.part.measured(SensorClass.DELAY, "Connecting", took_s),
        )

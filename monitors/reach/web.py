"""A web service: the status of its answer to one GET."""

import time
from dataclasses import dataclass

from inventory.reach import HttpCheck, Locator
from monitors.net.connection import Connection
from monitors.net.trust import Trust
from monitors.reach.asker import Place
from monitors.reach.part import Part
from monitors.reading import Reading, SensorClass, State


@dataclass(slots=True)
class WebAsker:
    """Asks for one page, and reads no more than the head of the answer."""

    part: Part
    place: Place
    check: HttpCheck
    locator: Locator
    trust: Trust | None
    """None: without TLS."""

    async def ask(self) -> tuple[Reading, ...]:
        """Raises NetError where no answer comes."""
        start = time.perf_counter()
        peer = self.place.peer("web service", self.check.timeout_s, self.trust)
        connection = await Connection.open(peer)
        try:
            connection.send(self._question())
            head = await connection.read_head()
        finally:
            await connection.close()
        took_s = time.perf_counter() - start
        right = self._is_right(head.status)
        text = f"{head.status} {head.reason}".strip()
        return (
            self.part.stated(
                self.part.name, float(head.status), State.OK if right else State.CRITICAL, text
            ),
            self.part.measured(SensorClass.DELAY, "Answer", took_s),
        )

    def _is_right(self, status: int) -> bool:
        return 200 <= status < 400 if self.check.status is None else status == self.check.status

    def _question(self) -> bytes:
        lines = (
            f"GET {self.locator.target} HTTP/1.1",
            f"Host: {self.place.name}",
            "User-Agent: watchfloor",
            "Accept: */*",
            "Connection: close",
        )
        return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")

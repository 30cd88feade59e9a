"""How late the event loop is: the honest measure of whether the engine keeps up."""

import asyncio
from collections import deque

TICK_S = 0.1
WINDOW_S = 10.0


class LagMeter:
    """Sleeps a little, again and again, and remembers how much longer it took."""

    def __init__(self) -> None:
        self._late: deque[tuple[float, float]] = deque(maxlen=round(WINDOW_S / TICK_S))
        """(When, by the loop's clock; how late)."""

    @property
    def worst_s(self) -> float:
        """The worst delay of the last ten seconds."""
        return max((late for _, late in self._late), default=0.0)

    def stalled_s(self, since: float) -> float:
        """How long the loop stood still after a moment of its clock, as far back as is known."""
        return max((late for at, late in self._late if at >= since), default=0.0)

    async def run(self) -> None:
        """Measures until it is cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + TICK_S
            await asyncio.sleep(TICK_S)
            now = loop.time()
            self._late.append((now, max(0.0, now - due)))

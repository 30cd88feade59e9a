"""How late the event loop is: the honest measure of whether the engine keeps up."""

import asyncio
from collections import deque

TICK_S = 0.1
WINDOW_S = 10.0


class LagMeter:
    """Sleeps a little, again and again, and remembers how much longer it took."""

    def __init__(self) -> None:
        self._late: deque[float] = deque(maxlen=round(WINDOW_S / TICK_S))

    @property
    def worst_s(self) -> float:
        """The worst delay of the last ten seconds."""
        return max(self._late, default=0.0)

    async def run(self) -> None:
        """Measures until it is cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + TICK_S
            await asyncio.sleep(TICK_S)
            self._late.append(max(0.0, loop.time() - due))

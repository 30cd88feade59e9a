"""Polls that cannot wait: a hint from a device brings its next poll forward, but not without end.

A hint decides nothing. It makes the monitor look sooner than its schedule says, at most once per
device in a pause; what comes within the pause is looked at when the pause is over.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from math import inf

PAUSE_S = 5.0
"""Between two polls of a device that hints have asked for."""


class Alarm:
    """A sleep until some moment that can be cut short."""

    def __init__(self) -> None:
        self.early = inf
        """When it rings before its time."""
        self._sleep: asyncio.Future[None] | None = None

    async def until(self, due: float) -> None:
        """Returns at `due` (the loop's clock), or at the earlier moment that `ring_at` named."""
        loop = asyncio.get_running_loop()
        while loop.time() < (end := min(due, self.early)):
            sleep = self._sleep = loop.create_future()
            handle = loop.call_at(end, _wake, sleep)
            try:
                await sleep
            finally:
                handle.cancel()
                self._sleep = None
        if self.early <= loop.time():
            self.early = inf

    def ring_at(self, moment: float) -> None:
        """Ends the sleep at this moment; one that begins later ends at once."""
        self.early = min(self.early, moment)
        if self._sleep is not None:
            _wake(self._sleep)


class Haste:
    """The alarms of every device, and when hints last had it polled."""

    def __init__(self, clock: Callable[[], float], pause_s: float = PAUSE_S) -> None:
        self._clock = clock
        self._pause_s = pause_s
        self._alarms: defaultdict[str, list[Alarm]] = defaultdict(list)
        self._rung: dict[str, float] = {}

    def alarm(self, device: str) -> Alarm:
        """A new alarm that rings when the device is hastened."""
        alarm = Alarm()
        self._alarms[device].append(alarm)
        return alarm

    def hasten(self, device: str) -> bool:
        """Rings the device's alarms, now or after the pause. False when that was due already."""
        now = self._clock()
        last = self._rung.get(device, -inf)
        if device not in self._alarms or last > now:
            return False
        moment = self._rung[device] = max(now, last + self._pause_s)
        for alarm in self._alarms[device]:
            alarm.ring_at(moment)
        return True


def _wake(sleep: "asyncio.Future[None]") -> None:
    if not sleep.done():
        sleep.set_result(None)

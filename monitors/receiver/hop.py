"""The way to the engine: events wait here until the engine has them on the disk."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from monitors.channel import ChannelError, Refusal
from monitors.events import Event
from monitors.heard import BEAT_S, MOST_EVENTS, Heard, ReceiverStatus
from monitors.receiver.drops import Tally

log = logging.getLogger(__name__)

CAPACITY = 5000
"""Events that may wait while the engine is away: some minutes of a bad night."""
SHARE = 0.2
"""Of the capacity, what one device may fill."""
GATHER_S = 0.02
"""What comes in so soon after the first event goes the same way."""
PAUSE_S = 0.5
"""After the engine could not be asked."""
SAID_AFTER = 10
"""Failures in a row that make it a line in the log: a start takes some, and is no trouble."""
GOODBYE_S = 2.0

Send = Callable[[bytes], Awaitable[object]]
"""Gives the engine one batch; returns once it is on the disk. Raises ChannelError, Refusal."""


class Hop:
    """Events wait in order; each leaves when the engine has said that it is kept."""

    def __init__(self, send: Send, tally: Tally, capacity: int = CAPACITY) -> None:
        self._send = send
        self._tally = tally
        self._capacity = capacity
        self._waiting: deque[Event] = deque()
        self._of: Counter[str] = Counter()
        self._news = asyncio.Event()
        self._lost = 0

    def keep(self, event: Event) -> bool:
        """Takes an event over. False, and counted, when too many wait, or of its device do."""
        full = len(self._waiting) >= self._capacity
        if full or self._of[event.device] >= self._capacity * SHARE:
            self._lost += 1
            return False
        self._waiting.append(event)
        self._of[event.device] += 1
        self._news.set()
        return True

    @property
    def status(self) -> ReceiverStatus:
        """What was counted until now."""
        return ReceiverStatus(
            received=dict(self._tally.received),
            dropped={port: dict(reasons) for port, reasons in self._tally.dropped.items()},
            queued=len(self._waiting),
            lost=self._lost,
        )

    async def run(self) -> None:
        """Brings events to the engine for ever, and says every now and then how we are."""
        failures = 0
        while True:
            try:
                async with asyncio.timeout(BEAT_S):
                    await self._news.wait()
                    await asyncio.sleep(GATHER_S)
            except TimeoutError:
                pass  # nothing came in; the engine is told that, too
            try:
                await self._deliver()
                failures = 0
            except (ChannelError, Refusal) as error:
                failures += 1
                if failures == SAID_AFTER:
                    log.warning("the engine does not take events now: %s", error)
                await asyncio.sleep(PAUSE_S)
                if self._waiting:
                    self._news.set()

    async def finish(self) -> None:
        """A last try for what waits; the rest is said to be lost."""
        try:
            async with asyncio.timeout(GOODBYE_S):
                while self._waiting:
                    await self._deliver()
        except (TimeoutError, ChannelError, Refusal) as error:
            log.warning("%d events are lost: %s", len(self._waiting), str(error) or "too slow")

    async def _deliver(self) -> None:
        self._news.clear()
        batch = [self._waiting[n] for n in range(min(MOST_EVENTS, len(self._waiting)))]
        heard = Heard(at=datetime.now(UTC), status=self.status, events=tuple(batch))
        try:
            await self._send(heard.model_dump_json().encode())
        except Refusal as refusal:
            if refusal.status != 400:
                raise
            log.error("%d events are lost: the engine refuses them: %s", len(batch), refusal)
            self._lost += len(batch)
        for event in batch:
            self._waiting.popleft()
            self._of[event.device] -= 1
        if self._waiting:
            self._news.set()

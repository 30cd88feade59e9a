"""The latest snapshot in the web process, and the fan-out of its changes to open pages."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from monitors.snapshot import Snapshot


class Board:
    """Holds one snapshot; every listener is told that there is a newer one, never queued up.

    A slow page so gets the latest state at its own pace, and cannot make memory grow.
    """

    def __init__(self) -> None:
        self._snapshot: Snapshot | None = None
        self._received_at: datetime | None = None
        self._listeners: set[asyncio.Event] = set()

    @property
    def snapshot(self) -> Snapshot | None:
        """The latest snapshot; None before the engine has sent one."""
        return self._snapshot

    @property
    def listeners(self) -> int:
        """How many pages are open."""
        return len(self._listeners)

    def publish(self, snapshot: Snapshot) -> None:
        """Takes over a full or partial snapshot and wakes the listeners."""
        if self._snapshot is not None and snapshot.partial:
            snapshot = self._snapshot.updated_by(snapshot)
        self._snapshot = snapshot
        self._received_at = datetime.now(UTC)
        for listener in self._listeners:
            listener.set()

    def age_s(self, now: datetime) -> float | None:
        """Seconds since the engine last spoke; None when it never did."""
        return None if self._received_at is None else (now - self._received_at).total_seconds()

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[asyncio.Event]:
        """An event that is set whenever there is something new; clear it before looking."""
        event = asyncio.Event()
        self._listeners.add(event)
        try:
            yield event
        finally:
            self._listeners.discard(event)

"""The event stream of an open page: changed regions as they change, and a tick every second.

The tick comes even when nothing changes, so that a page can tell quiet from dead.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from monitors.snapshot import Snapshot
from monitors.web.board import Board
from monitors.web.rendering import Renderer
from monitors.web.views import SILENT_AFTER_S, age, clock, page

TICK_S = 1.0
MOST_LISTENERS = 200
"""Open pages at the same time; a center has a wall, some desks and some phones."""


def event(name: str, value: object) -> bytes:
    """One server-sent event whose data is JSON on one line."""
    return f"event: {name}\ndata: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


class RegionFeed:
    """Renders each snapshot once for all pages, and remembers what each region last was."""

    def __init__(self, board: Board, renderer: Renderer) -> None:
        self._board = board
        self._renderer = renderer
        self._rendered_for: tuple[Snapshot, int] | None = None
        self._regions: dict[str, str] = {}

    def regions(self, now: datetime) -> dict[str, str]:
        """The regions' HTML now; ages in them move on every ten seconds at the latest."""
        snapshot = self._board.snapshot
        if snapshot is None:
            return {}
        key = (snapshot, int(now.timestamp()) // 10)
        if (
            self._rendered_for is None
            or key[1] != self._rendered_for[1]
            or (key[0] is not self._rendered_for[0])
        ):
            self._regions = self._renderer.regions(page(snapshot, now))
            self._rendered_for = key
        return self._regions

    def tick(self, now: datetime) -> dict[str, object]:
        """What the page's watchdog needs."""
        age_s = self._board.age_s(now)
        snapshot = self._board.snapshot
        taken_at = snapshot.taken_at if snapshot else None
        return {
            "age": age((now - taken_at).total_seconds()) if taken_at else "never",
            "silent": age_s is None or age_s > SILENT_AFTER_S,
            "taken_at": clock(snapshot.taken_at, ZoneInfo(snapshot.center.timezone))
            if snapshot
            else "never",
        }

    async def events(self) -> AsyncIterator[bytes]:
        """The endless stream of one page."""
        sent: dict[str, str] = {}
        yield b"retry: 2000\n\n"
        async with self._board.listen() as changed:
            while True:
                now = datetime.now(UTC)
                for name, html in self.regions(now).items():
                    if sent.get(name) != html:
                        sent[name] = html
                        yield event("region", {"id": name, "html": html})
                yield event("tick", self.tick(now))
                with suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), TICK_S)
                changed.clear()

"""One tile, as its unit runs it: a player or a browser that is put in its place and kept moving.

systemd is told that all is well only while the picture moves; without that word it ends the tile
and starts it again. A tile whose source has changed ends by itself, for the same reason.
"""

import os
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import mpv
from browser import Browser
from compositor import CompositorError, place, windows
from layouts import Spot, shown_tiles
from notify import notify
from places import Places
from show import mark_of

LOOK_S = 0.1
"""How often a window is looked for until it is in its place, and the layout for changes."""
SETTLED_S = 2.0
"""How often it is looked at afterwards."""
GRACE_S = 60.0
"""How long the first picture may take: a browser on a machine that has just started is slow."""


class TileError(Exception):
    """The tile cannot go on; its unit starts it again."""


class Show:
    """A player or a browser that runs, and how to tell whether its picture moves."""

    def __init__(self, places: Places, tile: str, said: Mapping[str, Any]) -> None:
        self._source = source = said["source"]
        self._ipc = places.player(tile)
        self._beat = places.heartbeat(tile)
        self._last: Any = None
        self._is_loaded = False
        self._browser: Browser | None = None
        if source["kind"] == "page":
            profile = places.pages / tile
            self._browser = Browser(profile, source["url"])
            self.process = self._browser.process
            return
        self._ipc.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            mpv.arguments(
                source["kind"], mark_of(tile), said["video"], self._ipc, Spot(*said["at"]).size
            ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def resize(self, spot: Spot) -> None:
        """Keeps it at the size of its new place."""
        if self._browser is None:
            with suppress(mpv.PlayerError):
                mpv.resize(self._ipc, spot.size)

    def moves(self) -> bool:
        """Whether the picture has moved since the last look. Raises TileError at its end."""
        if self._browser is not None:
            alive = self._browser.is_alive()
            if alive:
                self._beat.touch()
            return alive
        try:
            return self._plays()
        except mpv.PlayerError:
            return False  # not yet there, or it hangs: the watchdog knows the difference

    def _plays(self) -> bool:
        if not self._is_loaded:
            mpv.load(self._ipc, self._source)
            self._is_loaded = True
            return False
        now, is_idle = mpv.progress(self._ipc)
        if is_idle:
            raise TileError("the stream has ended, or cannot be opened")
        before, self._last = self._last, now
        return now is not None and now != before


def run(places: Places, tile: str) -> None:
    """Runs until something is wrong. Raises TileError."""
    said = _said(places, tile)
    _set_display(places)
    show = Show(places, tile, said)
    notify("READY=1", "STATUS=begins")
    began, looked_at = time.monotonic(), 0.0
    is_placed = has_moved = False
    while show.process.poll() is None:
        now = time.monotonic()
        before, said = said, _said(places, tile)
        if said["source"] != before["source"]:
            raise TileError("it is to show something else")
        if said["at"] != before["at"]:
            show.resize(Spot(*said["at"]))
            is_placed = False
        if now - looked_at > (SETTLED_S if is_placed else 0):
            is_placed = _put(places, tile, show.process.pid, Spot(*said["at"]))
            looked_at = now
            moves = show.moves()
            if moves or (not has_moved and now - began < GRACE_S):
                notify("WATCHDOG=1", "STATUS=shows" if moves else "STATUS=begins")
            has_moved = has_moved or moves
        time.sleep(LOOK_S)
    raise TileError(f"its program has ended with status {show.process.returncode}")


def _said(places: Places, tile: str) -> dict[str, Any]:
    said = shown_tiles(places).get(tile)
    if said is None:
        raise TileError("the layout that is shown has no such tile")
    return {"at": said["at"], "source": said["source"], "video": said.get("video", "gpu,wlshm")}


def _put(places: Places, tile: str, pid: int, spot: Spot) -> bool:
    """Whether the window was in its place; puts it there if not."""
    try:
        mine = [window for window in windows(places.sway) if window.pid == pid]
        wrong = [w for w in mine if w.spot != spot or mark_of(tile) not in w.marks]
        # The mark goes to one window: a second one is a dialog over the first.
        marks = {w.number: mark_of(tile) for w in wrong[:1]}
        place(places.sway, {w.number: spot for w in wrong}, marks)
    except CompositorError:
        return False
    return bool(mine) and not wrong


def _set_display(places: Places) -> None:
    """sway names its display by the first number that is free."""
    found = sorted(path.name for path in places.session.glob("wayland-*") if not path.suffix)
    if not found:
        raise TileError("no display yet")
    os.environ["WAYLAND_DISPLAY"] = Path(found[0]).name

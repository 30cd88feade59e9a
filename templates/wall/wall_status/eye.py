"""One look at everything on a wall node, and the memory of when each picture last moved."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path

from lines import line, unwatched
from patience import GoneError, HungError, in_time
from player import ask_mpv
from setup import Setup, Tile
from sway import Seen, output_line, see_sway

SICK_PROCESS = {"T": "stopped", "t": "stopped", "Z": "dead", "X": "dead"}
"""States in /proc/PID/stat (proc(5)) in which nobody draws."""
WRONG = (("idle-active", "idle"), ("eof-reached", "ended"), ("pause", "paused"))
"""mpv's flags of a player that plays nothing."""


class Eye:
    """Remembers when each tile last moved."""

    def __init__(self, runtime: Path) -> None:
        self._runtime = runtime
        self._moved: dict[str, tuple[object, float]] = {}
        self._playing: set[str] = set()

    async def look(self, setup: Setup) -> list[str]:
        """One look at everything, all at once; takes a little more than LOOK_TIMEOUT_S at most."""
        self._forget_all_but({tile.name for tile in setup.tiles})
        try:
            seen = await in_time(see_sway(self._runtime))
        except (GoneError, HungError) as error:
            word = "gone" if isinstance(error, GoneError) else "hung"
            return [line("compositor", "sway", word), *unwatched(setup)]
        outputs = [output_line(name, mode, seen) for name, mode in setup.outputs.items()]
        words = await asyncio.gather(*(self._look_at(t, setup, seen) for t in setup.tiles))
        tiles = [
            line(tile.kind, tile.name, word) for tile, word in zip(setup.tiles, words, strict=True)
        ]
        return [line("compositor", "sway", "running"), *outputs, *tiles]

    def _forget_all_but(self, names: set[str]) -> None:
        self._moved = {name: moved for name, moved in self._moved.items() if name in names}
        self._playing &= names

    async def _look_at(self, tile: Tile, setup: Setup, seen: Seen) -> str:
        hidden = self._hidden(tile, seen)
        if not tile.mpv:
            return hidden or _beat(tile, setup.frozen_after_s) or "showing"
        try:
            playing = await in_time(ask_mpv(tile.mpv))
        except GoneError:
            return "dead"
        except HungError:
            return "hung"
        return self._judge(tile.name, playing, setup.frozen_after_s) or hidden or "playing"

    def _judge(self, name: str, playing: Mapping[str, object], frozen_after_s: float) -> str:
        """What is wrong with a player that answers; empty when pictures move."""
        # The frame number alone is not enough: mpv has none without a frame rate.
        progress, now = (playing["time-pos"], playing["estimated-frame-number"]), time.monotonic()
        before = self._moved.get(name)
        if before is None or (before[0] != progress and playing["time-pos"] is not None):
            self._moved[name] = (progress, now)
            if before is not None:
                self._playing.add(name)
        for property_, word in WRONG:
            if playing[property_] is True:
                return word
        if now - self._moved[name][1] >= frozen_after_s:
            return "frozen"
        if playing["paused-for-cache"] is True:
            return "buffering"
        return "" if name in self._playing else "starting"

    def _hidden(self, tile: Tile, seen: Seen) -> str:
        if not tile.window:
            return ""
        window = seen.windows.get(tile.window)
        if window is None:
            return "dead" if not tile.mpv else "hidden"
        return _process_word(window.pid) or ("" if window.visible else "hidden")


def _process_word(pid: int) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "dead"
    return SICK_PROCESS.get(stat.rpartition(") ")[2][:1], "")


def _beat(tile: Tile, silent_after_s: float) -> str:
    if not tile.heartbeat:
        return ""
    try:
        age_s = time.time() - Path(tile.heartbeat).stat().st_mtime
    except OSError:
        return "silent"
    return "silent" if age_s > silent_after_s else ""

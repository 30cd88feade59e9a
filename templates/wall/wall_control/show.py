"""Puts a layout on the wall: moves what stays, starts what is new, stops what is gone."""

import json
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from compositor import CompositorError, Window, place, windows
from layouts import LayoutError, Layouts, Tile, shown_tiles, write
from places import Places

UNIT = "wall-tile@{}.service"
IN_PLACE_S = 10.0
"""How long a start may take until sway answers."""


@dataclass(frozen=True)
class Shown:
    """What switching did, tile by tile."""

    layout: str
    moved: tuple[str, ...]
    started: tuple[str, ...]
    stopped: tuple[str, ...]

    def as_json(self) -> str:
        return json.dumps(
            {
                "format": 1,
                "layout": self.layout,
                "moved": self.moved,
                "started": self.started,
                "stopped": self.stopped,
            }
        )


def show(places: Places, layout: str) -> Shown:
    """Chooses a layout and puts it on the wall. Raises LayoutError, CompositorError."""
    layouts = Layouts.read(places)
    layouts.tiles(layout)  # before anything is changed
    write(places.chosen, f"{layout}\n")
    return _put(places, layouts, layout)


def show_chosen(places: Places) -> Shown:
    """Puts the layout on the wall that was chosen last. Waits for a sway that is just starting."""
    layouts = Layouts.read(places)
    deadline = time.monotonic() + IN_PLACE_S
    while True:
        try:
            windows(places.sway)
            break
        except CompositorError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.05)
    return _put(places, layouts, layouts.chosen(places))


def status(places: Places) -> Mapping[str, Any]:
    """The layouts, the one that is shown, and where each of its tiles is and should be."""
    layouts = Layouts.read(places)
    chosen = layouts.chosen(places)
    there = by_mark(windows(places.sway))
    return {
        "format": 1,
        "layout": chosen,
        "layouts": {name: layouts.titles[name] for name in layouts.layouts},
        "digest": layouts.digest,
        "tiles": {tile.name: _tile_status(tile, there) for tile in layouts.tiles(chosen)},
    }


def _tile_status(tile: Tile, there: Mapping[str, Window]) -> Mapping[str, Any]:
    window = there.get(mark_of(tile.name))
    state = "no window" if window is None else "misplaced"
    if window is not None and window.spot == tile.spot:
        state = "in place"
    return {"state": state, "source": tile.source.kind, "at": list(vars(tile.spot).values())}


def mark_of(tile: str) -> str:
    """The mark of a tile's window: not every program lets its app_id be chosen."""
    return f"tile-{tile}"


def by_mark(seen: Iterable[Window]) -> Mapping[str, Window]:
    """The marked windows; sway lets no two have one mark."""
    return {mark: window for window in seen for mark in window.marks}


def _put(places: Places, layouts: Layouts, layout: str) -> Shown:
    tiles = {tile.name: tile for tile in layouts.tiles(layout)}
    before = shown_tiles(places)
    kept = [n for n in tiles if n in before and before[n].get("source") == _source(tiles[n])]
    write(places.shown, _setup_text(places, layouts, layout, tiles.values()))
    there = by_mark(windows(places.sway))
    spots = {there[mark].number: tiles[n].spot for n in kept if (mark := mark_of(n)) in there}
    place(places.sway, spots)
    gone = [name for name in before if name not in tiles]
    fresh = [name for name in tiles if name not in kept]
    changed = [name for name in fresh if name in before]
    _units("stop", gone)
    _units("restart", changed)
    # Also those that should run already: whoever stopped one did not choose this layout.
    _units("start", [name for name in tiles if name not in changed])
    return Shown(layout, tuple(kept), tuple(fresh), tuple(gone))


def _setup_text(places: Places, layouts: Layouts, layout: str, tiles: Iterable[Tile]) -> str:
    """What `wall_status` watches, and what the players find their place and source in."""
    said = {
        "format": 1,
        "layout": layout,
        "digest": layouts.digest,
        "frozen_after_s": 10,
        "outputs": {name: {"mode": mode} for name, mode in layouts.outputs.items()},
        "tiles": {tile.name: _tile_setup(places, tile, layouts.video) for tile in tiles},
    }
    return json.dumps(said, indent=1) + "\n"


def _tile_setup(places: Places, tile: Tile, video: str) -> dict[str, Any]:
    said: dict[str, Any] = {
        "window": mark_of(tile.name),
        "vital": tile.vital,
        "at": list(vars(tile.spot).values()),
        "source": _source(tile),
    }
    if tile.source.kind == "page":
        return {**said, "heartbeat": str(places.heartbeat(tile.name))}
    return {**said, "mpv": str(places.player(tile.name)), "video": video}


def _source(tile: Tile) -> dict[str, str]:
    return dict(vars(tile.source))


def _units(verb: str, tiles: Iterable[str]) -> None:
    names = [UNIT.format(name) for name in tiles]
    if not names:
        return
    command = ["systemctl", "--no-block", verb, *names]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    if done.returncode != 0:
        raise LayoutError(f"systemctl {verb} fails: {done.stderr.strip()[:200]}")

"""What one processor shows of its wall: outputs with their places, and every layout. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inventory.model import Center, Device, Kind
from inventory.walls import Driver, Rectangle, Tile, Wall, stream_of, stream_url, walls_of

GPU, MEMORY = "gpu,wlshm", "wlshm"
"""mpv's video outputs: with a graphics card, and where sway draws into memory."""


@dataclass(frozen=True, slots=True)
class Content:
    """A processor's part of a wall."""

    wall: Wall
    driver: Driver
    outputs: Mapping[str, Rectangle]
    """Connector -> its display's picture."""
    logins: frozenset[str]
    """The credentials that its streams need."""
    pages: tuple[str, ...]
    """The pages that any layout shows."""
    layouts: str
    """The layouts file, without its digest."""

    @property
    def digest(self) -> str:
        """Of the layouts file: what the running wall has to have been made from."""
        return hashlib.sha256(self.layouts.encode()).hexdigest()[:16]

    @property
    def text(self) -> str:
        """The layouts file."""
        said = json.loads(self.layouts)
        return json.dumps({**said, "digest": self.digest}, indent=1, ensure_ascii=False) + "\n"


def is_processor(center: Center, device: Device) -> bool:
    """Whether the host drives a wall by outputs of its own."""
    return device.kind is Kind.WALL_PROCESSOR and any(
        wall.processors[device.name].outputs for wall in walls_of(center.walls, device.name)
    )


def content(center: Center, device: Device) -> Content:
    """For a device that `is_processor`."""
    wall = next(walls_of(center.walls, device.name))
    driver = wall.processors[device.name]
    outputs = {output: wall.place_of(display) for output, display in driver.outputs.items()}
    layouts = {name: _tiles(center, wall, name, outputs) for name in wall.layouts}
    said = {
        "format": 1,
        "wall": wall.name,
        "outputs": dict.fromkeys(outputs, wall.resolution),
        "video": MEMORY if driver.headless else GPU,
        "start": wall.first_layout,
        "layouts": {
            name: {"title": wall.layouts[name].title, "tiles": tiles}
            for name, tiles in layouts.items()
        },
    }
    sources = [tile["source"] for tiles in layouts.values() for tile in tiles.values()]
    pages = tuple(dict.fromkeys(s["url"] for s in sources if s["kind"] == "page"))
    return Content(
        wall=wall,
        driver=driver,
        outputs=outputs,
        logins=frozenset(s["credential"] for s in sources if s.get("credential")),
        pages=pages,
        layouts=json.dumps(said, sort_keys=True, ensure_ascii=False),
    )


def _tiles(
    center: Center, wall: Wall, layout: str, outputs: Mapping[str, Rectangle]
) -> dict[str, dict[str, Any]]:
    """The tiles that lie on this processor's outputs."""
    found = {}
    for name, tile in wall.layouts[layout].tiles.items():
        place = wall.place_of_tile(tile)
        if any(picture.meets(place) for picture in outputs.values()):
            found[name] = {
                "at": [place.x, place.y, place.width, place.height],
                "source": _source(center, wall, name, tile),
                "vital": tile.vital,
            }
    return found


def _source(center: Center, wall: Wall, name: str, tile: Tile) -> dict[str, str]:
    if tile.page is not None:
        return {"kind": "page", "url": tile.page}
    if tile.text is not None:
        return {"kind": "text", "text": tile.text, "background": tile.background}
    login = tile.credential or wall.credentials.streams or ""
    if tile.url is not None:
        return {"kind": "stream", "url": tile.url, "credential": login}
    camera = center.devices[tile.camera or name]
    check = stream_of(camera.monitoring.reach, tile.stream)
    assert check is not None  # the inventory's checks have seen to it
    url = stream_url(check, camera.address)
    return {"kind": "stream", "url": url, "credential": login}

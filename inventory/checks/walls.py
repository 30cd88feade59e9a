"""Video walls: whole grids of displays, an output for each, tiles that fit and can be shown."""

from collections.abc import Iterator
from itertools import combinations

from inventory.draft import Draft
from inventory.model import Device, Kind, Purpose
from inventory.nearest import hint
from inventory.walls import Tile, Wall, stream_of

Path = tuple[str | int, ...]
Mistake = tuple[Path, str]

_PROTOCOLS = {"streams": "rtsp", "displays": "pjlink", "presets": "sis"}


def check_walls(draft: Draft) -> None:
    """Every wall; a display hangs in one of them."""
    hung: dict[str, str] = {}
    for wall in draft.walls.values():
        mistakes = [
            *_displays(draft, wall, hung),
            *_shared_processors(draft, wall),
            *_credentials(draft, wall),
        ]
        if all(len(row) == wall.columns for row in wall.displays):
            mistakes += [*_processors(draft, wall), *_layouts(draft, wall)]
        for path, message in mistakes:
            draft.report("walls", wall.name, path, message)


def _displays(draft: Draft, wall: Wall, hung: dict[str, str]) -> Iterator[Mistake]:
    for number, row in enumerate(wall.displays):
        if len(row) != wall.columns:
            yield (
                ("displays", number),
                f"has {len(row)} displays, the first row has {wall.columns}: make rows equal",
            )
        for column, name in enumerate(row):
            path = ("displays", number, column)
            device = draft.devices.get(name)
            if device is not None and device.kind is not Kind.DISPLAY:
                yield path, f"{name} is a {device.kind}: name a display"
            if (other := hung.setdefault(name, wall.name)) != wall.name:
                yield path, f"{name} hangs in the wall {other} already"
            elif wall.display_names.index(name) < number * wall.columns + column:
                yield path, f"{name} is there twice"


def _shared_processors(draft: Draft, wall: Wall) -> Iterator[Mistake]:
    for other in draft.walls.values():
        if other.name == wall.name:
            return
        for name in wall.processors.keys() & other.processors.keys():
            yield ("processors", name), f"{name} drives the wall {other.name} already"


def _processors(draft: Draft, wall: Wall) -> Iterator[Mistake]:
    driven: set[str] = set()
    only_outputs = True
    for name, driver in wall.processors.items():
        path: Path = ("processors", name)
        device = draft.devices.get(name)
        if device is None:
            if name not in draft.names("devices"):
                known = [d.name for d in draft.devices.values() if d.kind is Kind.WALL_PROCESSOR]
                yield path, f'no device is called "{name}": {hint(name, known)}'
            continue
        if device.kind is not Kind.WALL_PROCESSOR:
            yield path, f"{name} is a {device.kind}: name a wall-processor"
        elif device.is_deployable and not driver.outputs:
            yield path, f"{name} runs {device.os}: say which of its `outputs` drives which display"
        elif not device.is_deployable:
            only_outputs = False
            if driver.outputs:
                yield (
                    (*path, "outputs"),
                    f"{name} is an {device.os}: it shows presets, so leave `outputs` out",
                )
        yield from _outputs(wall, name)
        driven.update(driver.outputs.values())
    for name in wall.display_names:
        if only_outputs and name not in driven:
            yield ("processors",), f"no processor drives {name}: add its output"


def _outputs(wall: Wall, processor: str) -> Iterator[Mistake]:
    seen: dict[str, str] = {}
    for output, display in wall.processors[processor].outputs.items():
        path = ("processors", processor, "outputs", output)
        if display not in wall.display_names:
            yield path, f"{display} is no display of this wall: {hint(display, wall.display_names)}"
        elif (other := seen.setdefault(display, output)) != output:
            yield path, f"{display} hangs on {other} already"


def _layouts(draft: Draft, wall: Wall) -> Iterator[Mistake]:
    if wall.start is not None and wall.start not in wall.layouts:
        yield ("start",), f'no layout is called "{wall.start}": {hint(wall.start, wall.layouts)}'
    devices = [draft.devices.get(name) for name in wall.processors]
    by_preset = [d.name for d in devices if d is not None and not d.is_deployable]
    for name, layout in wall.layouts.items():
        path: Path = ("layouts", name)
        if by_preset and layout.preset is None:
            yield path, f"{by_preset[0]} keeps layouts in presets: say which `preset` this one is"
        if len(by_preset) < len(devices) and not layout.tiles:
            yield path, "shows nothing: give it `tiles`"
        yield from _overlaps(wall, name)
        for tile_name, tile in layout.tiles.items():
            place: Path = (*path, "tiles", tile_name)
            yield from ((place, text) for text in _fit(wall, tile))
            yield from (((*place, *key), text) for key, text in _source(draft, tile_name, tile))


def _overlaps(wall: Wall, layout: str) -> Iterator[Mistake]:
    places = {n: wall.place_of_tile(tile) for n, tile in wall.layouts[layout].tiles.items()}
    for (one, first), (other, second) in combinations(places.items(), 2):
        if first.meets(second):
            yield (
                ("layouts", layout, "tiles", other),
                f"{other} lies over {one}: move one, or make one smaller",
            )


def _fit(wall: Wall, tile: Tile) -> Iterator[str]:
    if tile.column - 1 + tile.columns > wall.columns or tile.row - 1 + tile.rows > wall.rows:
        yield (
            f"reaches to column {tile.column - 1 + tile.columns:g} and row"
            f" {tile.row - 1 + tile.rows:g} of a wall of {wall.columns}x{wall.rows} displays:"
            " make it smaller, or move it"
        )
        return
    place = wall.place_of_tile(tile)
    for name, driver in wall.processors.items():
        displays = [d for d in wall.display_names if wall.place_of(d).meets(place)]
        mine = [d for d in displays if d in driver.outputs.values()]
        if mine and len(mine) < len(displays):
            yield (f"lies on displays that {name} drives and on others: keep it to one processor's")


def _source(draft: Draft, name: str, tile: Tile) -> Iterator[Mistake]:
    if len(tile.sources) > 1:
        yield (tile.sources[1],), f"shows {' and '.join(tile.sources)} at once: keep one"
        return
    if tile.sources and tile.sources != ("camera",):
        return
    key: Path = ("camera",) if tile.camera else ()
    camera = tile.camera or name
    device = draft.devices.get(camera)
    if device is None:
        if camera not in draft.names("devices") and not tile.camera:
            yield (
                key,
                f'"{camera}" is no camera or recorder, and nothing else is said that it shows:'
                " give it `camera`, `url`, `page` or `text`",
            )
        return
    yield from ((key, text) for text in _stream(device, tile))


def _stream(device: Device, tile: Tile) -> Iterator[str]:
    if device.kind not in (Kind.CAMERA, Kind.RECORDER):
        yield f"{device.name} is a {device.kind}: name a camera or a recorder"
    elif stream_of(device.monitoring.reach, tile.stream) is None:
        titled = f' with the title "{tile.stream}"' if tile.stream else ""
        yield (
            f"{device.name} has no `rtsp` entry{titled} in `monitoring.reach`: add one, or give"
            " the stream as `url`"
        )


def _credentials(draft: Draft, wall: Wall) -> Iterator[Mistake]:
    named: list[tuple[Path, str | None, str]] = [
        (("credentials", key), getattr(wall.credentials, key), protocol)
        for key, protocol in _PROTOCOLS.items()
    ]
    named += [
        (("layouts", layout, "tiles", name, "credential"), tile.credential, "rtsp")
        for layout, shown in wall.layouts.items()
        for name, tile in shown.tiles.items()
    ]
    for path, name, protocol in named:
        credential = draft.credentials.get(name or "")
        if credential is None:
            continue
        if credential.protocol != protocol:
            yield path, f'"{name}" is for {credential.protocol}: name one for {protocol}'
        elif credential.purpose is not Purpose.DEPLOY:
            yield (
                path,
                f'"{name}" is for the purpose {credential.purpose}: a wall is deployed with one'
                f" for {Purpose.DEPLOY}",
            )

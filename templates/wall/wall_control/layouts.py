"""What a wall node can show: the layouts file, which deploys write, and the one that was chosen."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from places import Places

FORMAT = 1
LONGEST = 1_048_576
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class LayoutError(Exception):
    """The layouts cannot be used, or there is none of that name; the message says why."""


@dataclass(frozen=True)
class Spot:
    """Where a tile is, in pixels of the whole wall."""

    x: int
    y: int
    width: int
    height: int

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height


@dataclass(frozen=True)
class Source:
    """What a tile shows: a stream, a page or a text."""

    kind: str
    url: str = ""
    credential: str = ""
    """The name of the stream's login in the unit's credentials."""
    text: str = ""
    background: str = ""


@dataclass(frozen=True)
class Tile:
    """One picture of a layout. Tiles of one name and source are one player in every layout."""

    name: str
    spot: Spot
    source: Source
    vital: bool = False


@dataclass(frozen=True)
class Layouts:
    """The layouts file."""

    outputs: Mapping[str, str]
    """Output -> its mode, for `wall_status`."""
    layouts: Mapping[str, tuple[Tile, ...]]
    titles: Mapping[str, str]
    start: str
    video: str
    """mpv's video outputs, the first one that works: `gpu,wlshm`."""
    digest: str

    @classmethod
    def read(cls, places: Places) -> "Layouts":
        """Raises LayoutError."""
        text = _text_of(places.layouts)
        try:
            return cls._parse(json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise LayoutError(f"{places.layouts}: not a layouts file: {error!r}") from error

    @classmethod
    def _parse(cls, said: Any) -> "Layouts":
        if said["format"] != FORMAT:
            raise ValueError(f"its format is not {FORMAT}")
        layouts = {name: _layout(one["tiles"]) for name, one in said["layouts"].items()}
        if said["start"] not in layouts or not all(NAME.fullmatch(name) for name in layouts):
            raise ValueError("a name is wrong")
        return cls(
            outputs={name: str(mode) for name, mode in said["outputs"].items()},
            layouts=layouts,
            titles={name: str(one.get("title", "")) for name, one in said["layouts"].items()},
            start=said["start"],
            video=str(said["video"]),
            digest=str(said["digest"]),
        )

    def tiles(self, layout: str) -> tuple[Tile, ...]:
        """The tiles of a layout. Raises LayoutError."""
        try:
            return self.layouts[layout]
        except KeyError:
            known = ", ".join(self.layouts)
            raise LayoutError(f"there is no layout {layout!r}: there are {known}") from None

    def chosen(self, places: Places) -> str:
        """The layout that was chosen last, if there still is one of that name, or the start."""
        try:
            name = _text_of(places.chosen).strip()
        except LayoutError:
            return self.start
        return name if name in self.layouts else self.start


def write(path: Path, text: str) -> None:
    """Replaces a file that everybody may read, at once."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o644)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def shown_tiles(places: Places) -> Mapping[str, Mapping[str, Any]]:
    """The tiles that the wall shows now, by name; none before the first layout."""
    try:
        tiles = json.loads(_text_of(places.shown))["tiles"]
        return tiles if isinstance(tiles, dict) else {}
    except (LayoutError, ValueError, KeyError, TypeError, RecursionError):
        return {}


def _layout(said: Mapping[str, Any]) -> tuple[Tile, ...]:
    return tuple(
        Tile(
            name,
            Spot(*(int(number) for number in one["at"])),
            Source(**{key: str(value) for key, value in one["source"].items()}),
            one.get("vital") is True,
        )
        for name, one in said.items()
        if NAME.fullmatch(name)
    )


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            text = file.read(LONGEST + 1)
    except OSError as error:
        raise LayoutError(f"{path}: {error.strerror}") from error
    if len(text) > LONGEST:
        raise LayoutError(f"{path}: longer than {LONGEST} bytes")
    return text.decode("utf-8", "replace")

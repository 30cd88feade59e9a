"""What a wall node should show: its setup file, which deploys write and people may edit."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORMAT = 1
MOST_OUTPUTS, MOST_TILES = 32, 256
LONGEST_SETUP = 262_144
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")


class SetupError(Exception):
    """The node's setup file cannot be used; the message says why."""


@dataclass(frozen=True)
class Tile:
    """One picture on the wall: a player, a browser window, or both."""

    name: str
    mpv: str = ""
    """The player's JSON IPC socket; empty for a browser."""
    window: str = ""
    """The window's app_id, or a mark of it; empty when nobody looks for it."""
    heartbeat: str = ""
    """A file that is touched while the page is alive."""
    vital: bool = False

    @property
    def kind(self) -> str:
        """How its line begins."""
        return "vital_tile" if self.vital else "tile"


@dataclass(frozen=True)
class Setup:
    """What the node should show."""

    outputs: Mapping[str, str]
    """Output -> the mode that it should have, `3840x2160`; empty for any."""
    tiles: tuple[Tile, ...]
    frozen_after_s: float = 5.0

    @classmethod
    def read(cls, path: Path) -> "Setup":
        """Raises SetupError."""
        try:
            with path.open("rb") as file:
                text = file.read(LONGEST_SETUP + 1)
            if len(text) > LONGEST_SETUP:
                raise SetupError(f"{path}: longer than {LONGEST_SETUP} bytes")
            return cls.parse(json.loads(text))
        except (OSError, ValueError, RecursionError) as error:
            raise SetupError(f"{path}: {error}") from error

    @classmethod
    def parse(cls, said: Any) -> "Setup":
        """Raises ValueError for anything that is not a setup of this format."""
        if not isinstance(said, dict) or said.get("format") != FORMAT:
            raise ValueError(f"write a mapping with format {FORMAT}")
        outputs, tiles = said.get("outputs", {}), said.get("tiles", {})
        if not isinstance(outputs, dict) or not isinstance(tiles, dict):
            raise ValueError("outputs and tiles are mappings of names")
        if len(outputs) > MOST_OUTPUTS or len(tiles) > MOST_TILES:
            raise ValueError(f"more than {MOST_OUTPUTS} outputs or {MOST_TILES} tiles")
        if strange := [name for name in (*outputs, *tiles) if not NAME.fullmatch(name)]:
            raise ValueError(f"{strange[0]!r} is no name: letters, digits, dots and dashes")
        frozen_after_s = float(said.get("frozen_after_s", cls.frozen_after_s))
        if not 1 <= frozen_after_s <= 600:
            raise ValueError("frozen_after_s lies between 1 and 600")
        modes = {name: str(output.get("mode", "")) for name, output in _mappings(outputs)}
        return cls(modes, tuple(_tile(name, tile) for name, tile in _mappings(tiles)),
                   frozen_after_s)  # fmt: skip


def _mappings(named: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, said in sorted(named.items()):
        if not isinstance(said, dict):
            raise ValueError(f"{name}: write a mapping")
        yield name, said


def _tile(name: str, said: dict[str, Any]) -> Tile:
    texts = {key: said.get(key, "") for key in ("mpv", "window", "heartbeat")}
    if not all(isinstance(text, str) and len(text) < 108 for text in texts.values()):
        raise ValueError(f"{name}: mpv, window and heartbeat are texts of less than 108 bytes")
    if not (texts["mpv"] or texts["window"]):
        raise ValueError(f"{name}: give mpv (a socket), or window (an app_id)")
    return Tile(name, **texts, vital=said.get("vital") is True)

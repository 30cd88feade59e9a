"""The lines in which a wall node tells of its parts, and the file between watcher and reporter."""

import json
import re
import sys
import time
from pathlib import Path

from setup import FORMAT, LONGEST_SETUP, MOST_OUTPUTS, MOST_TILES, Setup, SetupError

MARK = f"wall{FORMAT}"
"""How each line begins, so that a reader knows the format."""
STALE_AFTER_S = 15.0
LINE = re.compile(MARK + r" [a-z_]{1,20} [A-Za-z0-9_.-]{1,63} [a-z-]{1,20} \S{1,40}")


def line(kind: str, name: str, word: str, more: str = "-") -> str:
    """One part, as `report` prints it: kind, name, word and a detail.

    Nothing in it changes while the part's state does not: a monitor that has read a line once
    knows the next one without looking closely.
    """
    return f"{MARK} {kind} {name} {word} {more}"


def unwatched(setup: Setup) -> list[str]:
    """Every part of the setup, when nobody knows how it is."""
    outputs = [line("output", name, "unwatched") for name in setup.outputs]
    return [*outputs, *(line(tile.kind, tile.name, "unwatched") for tile in setup.tiles)]


def publish(status: Path, lines: list[str]) -> None:
    """Replaces the status file at once, so that nobody reads half of it."""
    fresh = status.with_suffix(".new")
    fresh.write_text(json.dumps({"format": FORMAT, "at": time.monotonic(), "lines": lines}))
    fresh.chmod(0o644)
    fresh.replace(status)


def report(setup_path: Path, status: Path) -> list[str]:
    """What the watcher saw last; every part as unwatched when that was too long ago."""
    at, lines = _read_status(status)
    age_s = time.monotonic() - at
    if lines and 0 <= age_s <= STALE_AFTER_S:
        if lines[0].split(" ")[1] == "watcher":
            return lines
        return [line("watcher", "wall-status", "running"), *lines]
    said = line("watcher", "wall-status", "stale" if lines else "absent")
    try:
        return [said, line("compositor", "sway", "unwatched"), *unwatched(Setup.read(setup_path))]
    except SetupError as error:
        sys.stderr.write(f"wall-status: {error}\n")
        return [said]


def _read_status(status: Path) -> tuple[float, list[str]]:
    try:
        with status.open("rb") as file:
            said = json.loads(file.read(LONGEST_SETUP))
        lines = said["lines"][: MOST_OUTPUTS + MOST_TILES + 2]
        if said["format"] != FORMAT or not all(LINE.fullmatch(each) for each in lines):
            return 0.0, []
        return float(said["at"]), lines
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return 0.0, []

"""Shows layouts on a wall node that sway draws. Standard library only, Python 3.10.

`wall_control show LAYOUT` switches, as root; `restore` shows what was chosen last (the session's
unit runs it, so that a restart changes nothing); `list` and `status` tell, as JSON; `tile NAME` is
what a tile's unit runs.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from compositor import CompositorError
from layouts import LayoutError, Layouts
from places import Places
from show import show, show_chosen, status
from tile import TileError, run


def main() -> int:
    """Exits with 1, and says why, when the wall cannot be told what to show."""
    arguments = _parser().parse_args()
    os.umask(0o022)  # the players and snmpd read what root writes
    places = Places(arguments.root)
    try:
        _do(arguments, places)
    except (LayoutError, CompositorError, TileError) as error:
        sys.stderr.write(f"wall-control: {error}\n")
        return 1
    return 0


def _do(arguments: argparse.Namespace, places: Places) -> None:
    if arguments.command == "show":
        sys.stdout.write(show(places, arguments.layout).as_json() + "\n")
    elif arguments.command == "restore":
        sys.stdout.write(show_chosen(places).as_json() + "\n")
    elif arguments.command == "list":
        layouts = Layouts.read(places)
        said = {"layout": layouts.chosen(places), "layouts": layouts.titles}
        sys.stdout.write(json.dumps({"format": 1, **said}) + "\n")
    elif arguments.command == "status":
        sys.stdout.write(json.dumps(status(places)) + "\n")
    else:
        run(places, arguments.tile)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="wall_control", description=__doc__)
    parser.add_argument("--root", type=Path, default=Path("/"))
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("show").add_argument("layout")
    for word in ("restore", "list", "status"):
        commands.add_parser(word)
    commands.add_parser("tile").add_argument("tile")
    return parser


if __name__ == "__main__":
    sys.exit(main())

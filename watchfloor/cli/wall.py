"""`watchfloor wall`: what the video wall can show, what it shows, and switching it."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.text import Text

from deploy.change import printable
from deploy.events import event, tell
from deploy.wall_switch import Answer, ask, check_layout, differing, wall_named
from inventory.walls import Wall
from watchfloor.cli.center import Site, center_option
from watchfloor.cli.deploying import Desk, open_desk, say_what_waits
from watchfloor.cli.exits import Exit
from watchfloor.cli.output import json_option, print_json, print_table

F = TypeVar("F", bound=Callable[..., Any])


def wall_options(command: F) -> F:
    """Adds `--center`, `--wall`, `--endpoints` and `--json`."""
    endpoints = click.option(
        "--endpoints",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Where simulated or tunnelled devices answer. [default: $WATCHFLOOR_ENDPOINTS]",
    )
    name = click.option("--wall", "name", metavar="NAME", help="Which wall, if there are several.")
    return center_option(name(endpoints(json_option(command))))


@click.group()
def wall() -> None:
    """Switch the video wall to another layout, and see what it shows."""


@wall.command("list")
@center_option
@json_option
def list_(*, site: Site, as_json: bool) -> None:
    """List the walls and their layouts."""
    walls = site.center.walls.values()
    if as_json:
        print_json({"format": 1, "walls": [_described(each) for each in walls]})
        return
    rows = (
        (each.name, name, len(layout.tiles), "start" if name == each.first_layout else "",
         layout.title)
        for each in walls
        for name, layout in each.layouts.items()
    )  # fmt: skip
    print_table(("wall", "layout", "tiles", "", "title"), rows)


@wall.command()
@click.argument("layout")
@wall_options
def show(
    *, layout: str, site: Site, name: str | None, endpoints: Path | None, as_json: bool
) -> Exit:
    """Let the wall show LAYOUT, on all of its processors, at once.

    It stays until another one is chosen, also over restarts. Exits with 1 when a processor did not
    do it.
    """
    chosen = wall_named(site.center, name)
    check_layout(chosen, layout)
    desk = open_desk(site, (), (), None, endpoints)
    answers = ask(desk.access, chosen, "show", layout=layout, run=desk.run, owner=desk.owner)
    _print(chosen, answers, as_json)
    _report(desk, chosen, layout, answers)
    return Exit.FAILED if any(answer.failed for answer in answers) else Exit.OK


@wall.command()
@wall_options
def status(*, site: Site, name: str | None, endpoints: Path | None, as_json: bool) -> Exit:
    """Tell what the wall shows, processor by processor and tile by tile.

    Exits with 1 when a processor does not answer, 2 when they show different layouts or a tile is
    not in its place.
    """
    chosen = wall_named(site.center, name)
    desk = open_desk(site, (), (), None, endpoints)
    answers = ask(desk.access, chosen, "status", run=desk.run, owner=desk.owner)
    _print(chosen, answers, as_json)
    if any(answer.failed for answer in answers):
        return Exit.FAILED
    odd = any(tile["state"] != "in place" for answer in answers for _, tile in _tiles(answer))
    return Exit.CHANGES if odd or differing(answers) else Exit.OK


def _described(each: Wall) -> dict[str, Any]:
    return {
        "wall": each.name,
        "title": each.title,
        "columns": each.columns,
        "rows": each.rows,
        "processors": list(each.processors),
        "start": each.first_layout,
        "layouts": {
            name: {"title": layout.title, "tiles": list(layout.tiles)}
            for name, layout in each.layouts.items()
        },
    }


def _print(chosen: Wall, answers: Iterable[Answer], as_json: bool) -> None:
    if as_json:
        processors = [
            {
                "processor": answer.processor,
                "complaint": answer.complaint,
                "seconds": answer.seconds,
                **{key: value for key, value in answer.said.items() if key != "format"},
            }
            for answer in answers
        ]
        print_json({"format": 1, "wall": chosen.name, "processors": processors})
        return
    print_table(("processor", "layout", "seconds", ""), map(_row, answers))
    rows = [row for answer in answers for row in _tile_rows(answer)]
    if rows:
        print_table(("processor", "tile", "shows", "state"), rows)


def _row(answer: Answer) -> tuple[object, ...]:
    said = Text(f"failed: {printable(answer.complaint)}", style="red")
    layout = printable(str(answer.said.get("layout") or "-"))
    return (
        answer.processor,
        layout,
        f"{answer.seconds:.1f}",
        said if answer.failed else _did(answer),
    )


def _did(answer: Answer) -> str:
    done = ((key, answer.said.get(key)) for key in ("moved", "started", "stopped"))
    return ", ".join(
        f"{key} {printable(' '.join(map(str, names)))}"
        for key, names in done
        if isinstance(names, list) and names
    )


def _tile_rows(answer: Answer) -> Iterator[tuple[object, ...]]:
    for name, tile in _tiles(answer):
        shows, state = printable(str(tile.get("source"))), printable(str(tile["state"]))
        yield answer.processor, printable(name), shows, state


def _tiles(answer: Answer) -> Iterator[tuple[str, dict[str, Any]]]:
    tiles = answer.said.get("tiles")
    for name, tile in tiles.items() if isinstance(tiles, dict) else ():
        if isinstance(tile, dict) and "state" in tile:
            yield str(name), tile


def _report(desk: Desk, chosen: Wall, layout: str, answers: Iterable[Answer]) -> None:
    """The monitor hears who let the wall show what."""
    failed = [answer for answer in answers if answer.failed]
    payload = {
        "center": desk.center.name,
        "state": "failed" if failed else "done",
        "summary": f"wall {chosen.name} shows {layout}"
        + "".join(f"; {answer.processor} does not: {answer.complaint}" for answer in failed),
        "wall": chosen.name,
        "layout": layout,
    }
    say_what_waits(desk, tell(desk.settings, [event("run", desk.run, desk.owner, payload)]))

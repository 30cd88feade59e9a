"""`watchfloor check`: validates a center, and lists what has no margin by design."""

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import click

from deploy.cargo import release_path
from deploy.releases.manifest import ReleaseError, read_release
from inventory.loader import InventoryError, Problem, load
from inventory.model import Center
from inventory.topology import Topology
from watchfloor.cli.center import find_center
from watchfloor.cli.exits import Exit
from watchfloor.cli.output import json_option, print_json, print_table


@dataclass(frozen=True, slots=True)
class SinglePoint:
    """A function that one failure takes out, by design, and the devices whose failure that is."""

    function: str
    title: str
    single_points: tuple[str, ...]


@click.command()
@click.argument(
    "folder",
    metavar="[DIR]",
    required=False,
    envvar="WATCHFLOOR_CENTER",
    type=click.Path(path_type=Path),
)
@json_option
def check(folder: Path | None, as_json: bool) -> None:
    """Validate the center in DIR (default: the current folder).

    Prints every mistake as file:line:column with what would be right, and exits with 1. A valid
    center is summed up, with the functions that a single failure takes out by design.
    """
    try:
        where = find_center(folder)
        center = load(where)
        check_release(center, where)
    except InventoryError as error:
        _print_problems(error, as_json)
        click.get_current_context().exit(Exit.FAILED)
    points = single_points(center)
    notes = stale_waivers(center, datetime.now(UTC).date())
    if as_json:
        print_json(
            {"ok": True, "center": center.name, "problems": [], **_counts(center)}
            | {"margin_0": [asdict(point) for point in points], "notes": notes}
        )
    else:
        _print_summary(center, points, notes)


def check_release(center: Center, folder: Path) -> None:
    """Raises `InventoryError` when the release that the inventory names is not whole."""
    path = release_path(center, folder)
    if path is None:
        return
    try:
        read_release(path)
    except ReleaseError as error:
        problem = Problem(str(path), 0, 0, str(error).removeprefix(f"{path}: "))
        raise InventoryError([problem]) from error


def single_points(center: Center) -> list[SinglePoint]:
    """The functions with margin 0 by design, the most important first."""
    points = Topology(center).single_points()
    ordered = sorted(center.functions.values(), key=lambda f: (f.priority, f.name))
    return [SinglePoint(f.name, f.title, points[f.name]) for f in ordered if points[f.name]]


def stale_waivers(center: Center, today: date) -> list[str]:
    """A line for each waiver that has expired. `today` is the day in UTC."""
    return [
        f"waiver {waiver.name} expired on {waiver.expires}: renew it or remove it"
        for waiver in center.waivers.values()
        if waiver.expires < today
    ]


def _counts(center: Center) -> dict[str, int]:
    return {
        "devices": len(center.devices),
        "racks": len(center.racks),
        "groups": len(center.groups),
        "functions": len(center.functions),
    }


def _print_problems(error: InventoryError, as_json: bool) -> None:
    if as_json:
        problems = [asdict(problem) for problem in error.problems]
        print_json({"ok": False, "problems": problems, "truncated": error.truncated})
        return
    for problem in error.problems:
        click.echo(str(problem))
    more = ", and more that are not listed" if error.truncated else ""
    click.echo(f"watchfloor: {_counted(len(error.problems), 'mistakes')}{more}", err=True)


def _counted(count: int, plural: str) -> str:
    return f"{count} {plural.removesuffix('s') if count == 1 else plural}"


def _print_summary(center: Center, points: list[SinglePoint], notes: list[str]) -> None:
    counts = ", ".join(_counted(count, what) for what, count in _counts(center).items())
    click.echo(f"{center.title} ({center.name}): {counts}; no mistakes.")
    if points:
        click.echo()
        rows = [(p.function, p.title, ", ".join(p.single_points)) for p in points]
        title = "Margin 0 by design: one failure takes the function out"
        print_table(("Function", "Title", "Single points of failure"), rows, title=title)
    elif center.functions:
        click.echo("No single failure takes a function out.")
    for note in notes:
        click.echo(f"note: {note}")

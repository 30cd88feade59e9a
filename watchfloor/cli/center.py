"""The option that names a center's folder, the same for every command that needs a center."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from inventory.errors import WatchfloorError
from inventory.loader import load
from inventory.model import Center

F = TypeVar("F", bound=Callable[..., Any])

MARKER = "center.yaml"
"""The file that makes a folder a center's."""


class NoCenterError(WatchfloorError):
    """No folder was named, and the current one holds no center."""


@dataclass(frozen=True, slots=True)
class Site:
    """A center, and the folder that its inventory and its `file:` secrets live in."""

    center: Center
    folder: Path


def find_center(given: Path | None) -> Path:
    """The folder that was named, or else the current one when it holds a center."""
    if given is not None:
        return given
    here = Path()
    if (here / MARKER).is_file():
        return here
    raise NoCenterError(
        f"no center here: {here.resolve()} has no {MARKER}; "
        "change to a center's folder, or name it (see --help; `watchfloor init DIR` starts one)"
    )


def _load_site(ctx: click.Context, _: click.Parameter, given: Path | None) -> Site | None:
    if ctx.resilient_parsing:
        return None
    folder = find_center(given)
    return Site(load(folder), folder)


def center_option(command: F) -> F:
    """Adds `--center DIR`; the command receives the loaded `site: Site`."""
    return click.option(
        "--center",
        "site",
        type=click.Path(file_okay=False, path_type=Path),
        envvar="WATCHFLOOR_CENTER",
        callback=_load_site,
        help="The center's folder. [default: $WATCHFLOOR_CENTER, or the current folder]",
    )(command)

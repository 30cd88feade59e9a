"""The option that names a center's folder, the same for every command that needs a center."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from inventory.errors import WatchfloorError
from inventory.loader import load
from inventory.model import Center
from watchfloor.cli.running import running_demo
from watchfloor.demo.session import Session

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
    demo: Session | None = None
    """The running demo whose center this is, when nobody named another."""


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


def _load_site_or_demo(
    ctx: click.Context, parameter: click.Parameter, given: Path | None
) -> Site | None:
    if given is None and not (Path() / MARKER).is_file() and (demo := running_demo()):
        return Site(load(demo.center), demo.center, demo)
    return _load_site(ctx, parameter, given)


def center_option(command: F) -> F:
    """Adds `--center DIR`; the command receives the loaded `site: Site`."""
    return _option(command, _load_site, "or the current folder")


def center_or_demo_option(command: F) -> F:
    """As `center_option`, for what people try beside a demo: else the running demo's center."""
    return _option(command, _load_site_or_demo, "the current folder, or the running demo's")


def _option(command: F, callback: Callable[..., Site | None], default: str) -> F:
    return click.option(
        "--center",
        "site",
        type=click.Path(file_okay=False, path_type=Path),
        envvar="WATCHFLOOR_CENTER",
        callback=callback,
        help=f"The center's folder. [default: $WATCHFLOOR_CENTER, {default}]",
    )(command)

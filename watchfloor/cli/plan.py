"""`watchfloor plan`: what would change on the hosts, without changing anything."""

from pathlib import Path

import click

from deploy.plan import save_plan
from watchfloor.cli.center import Site, center_option
from watchfloor.cli.deploying import (
    host_options,
    in_waves,
    open_desk,
    plan_now,
    show_plan,
    wave_option,
)
from watchfloor.cli.exits import Exit
from watchfloor.cli.output import console, json_option, print_json


@click.command()
@center_option
@host_options
@wave_option
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the plan to this file, for `watchfloor apply FILE`.",
)
@json_option
def plan(
    *,
    site: Site,
    limits: tuple[str, ...],
    areas: tuple[str, ...],
    login: str | None,
    endpoints: Path | None,
    wave_size: int,
    out: Path | None,
    as_json: bool,
) -> Exit:
    """Show what would change on the hosts, and in which waves.

    Exits with 0 when nothing would, 2 when something would, 1 when a host could not be read.
    """
    drawn = plan_now(in_waves(open_desk(site, limits, areas, login, endpoints), wave_size))
    if out is not None:
        save_plan(drawn, out)
    if as_json:
        print_json(drawn.model_dump(mode="json"))
    else:
        show_plan(drawn)
        if out is not None:
            console(err=True).print(f"plan written to {out}", soft_wrap=True)
    if drawn.has_failures:
        return Exit.FAILED
    return Exit.CHANGES if drawn.has_changes else Exit.OK

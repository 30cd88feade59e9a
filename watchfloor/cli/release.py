"""`watchfloor release`: Watchfloor itself as one file, for hosts that reach no package index."""

import re
from pathlib import Path

import click

import watchfloor
from deploy.releases.making import PYTHONS, make_release
from watchfloor.cli.output import console, json_option, print_json

_CHECKOUT = Path(watchfloor.__file__).resolve().parents[1]


def _versions(
    ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    for value in values:
        if re.fullmatch(r"3\.[0-9]{1,2}", value) is None:
            raise click.BadParameter(
                f"{value} is no version of Python such as 3.11", ctx=ctx, param=parameter
            )
    return values


@click.command()
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path(f"watchfloor-{watchfloor.__version__}.tar"),
    show_default=True,
    metavar="FILE",
    help="The file that is made.",
)
@click.option(
    "--source",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=_CHECKOUT,
    metavar="DIR",
    help="A checkout of Watchfloor. [default: the one that this program runs from]",
)
@click.option(
    "--python",
    "pythons",
    callback=_versions,
    multiple=True,
    default=PYTHONS,
    show_default=True,
    metavar="VERSION",
    help="The hosts' Python: 3.11 on Debian 12, 3.13 on Debian 13. May be repeated.",
)
@json_option
def release(*, out: Path, source: Path, pythons: tuple[str, ...], as_json: bool) -> None:
    """Make the release that `center.release` names and `apply` installs on monitors.

    Needs pip and a package index once, and nothing of that afterwards.
    """
    err = console(err=True)
    made = make_release(source, out, pythons, lambda line: err.print(line, soft_wrap=True))
    if as_json:
        print_json(
            {
                "format": 1,
                "file": str(out),
                "version": made.version,
                "pythons": list(made.pythons),
                "octets": made.size,
                "sha256": made.sha256,
            }
        )
        return
    click.echo(f"{out}: Watchfloor {made.version} for Python {', '.join(made.pythons)}")
    click.echo(f"sha256 {made.sha256}, {made.size / 1024**2:.0f} MiB")
    click.echo(f"Put it beside the inventory and name it: center: {{release: file:{out.name}}}")

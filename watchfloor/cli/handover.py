"""`watchfloor handover`: packs for those devices that somebody else deploys."""

from datetime import UTC, datetime
from pathlib import Path

import click

from deploy.windows.pack import pack, write
from inventory.settings import Settings
from watchfloor.cli.center import Site, center_option
from watchfloor.cli.output import json_option, print_json


@click.group()
def handover() -> None:
    """Render what is handed over for devices that are not deployed from here."""


@handover.command()
@center_option
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="A new or empty folder for the pack.",
)
@json_option
def windows(*, site: Site, out: Path, as_json: bool) -> None:
    """Render the signed policy pack of all Windows consoles."""
    files = pack(site.center, datetime.now(UTC).date())
    write(files, out, Settings.from_environment().state)
    if as_json:
        print_json({"format": 1, "folder": str(out), "files": sorted(files)})
        return
    click.echo(f"{out}: {len(files)} files, signed; its README.md says how they are used")

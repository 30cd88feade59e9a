"""`watchfloor bundle`: what hosts converge themselves by, signed, one file for each."""

from datetime import UTC, datetime
from pathlib import Path

import click

import watchfloor
from deploy.access import with_public_keys
from deploy.plan import inventory_digest
from deploy.pull.bundle import NAMESPACE, BundleError, make_bundle, sealed
from deploy.pull.serials import following
from deploy.signing import allowed_signer, sign
from deploy.targets import chosen
from deploy.ways import WAYS
from inventory.settings import Settings
from inventory.whole_file import write_whole
from watchfloor.cli.center import Site, center_option
from watchfloor.cli.output import json_option, print_json

SIGNERS = "allowed_signers"


@click.command()
@center_option
@click.option("--limit", "limits", multiple=True, metavar="WHICH", help="As `plan` has it.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="Gets DEVICE.bundle for each host, and the allowed_signers file.",
)
@json_option
def bundle(*, site: Site, limits: tuple[str, ...], out: Path, as_json: bool) -> None:
    """Make the signed bundles that hosts pull, one for each."""
    state = Settings.from_environment().state
    center = with_public_keys(site.center, site.folder)
    devices = chosen(center, limits, [WAYS["ssh"]])
    serial, digest = following(state), inventory_digest(center)
    files = {SIGNERS: allowed_signer(state, NAMESPACE)}
    for device in devices:
        made = make_bundle(
            center,
            device,
            serial=serial,
            made=datetime.now(UTC).replace(microsecond=0),
            program=watchfloor.__version__,
            inventory=digest,
        )
        text = made.model_dump_json()
        files[f"{device.name}.bundle"] = sealed(text, sign(state, NAMESPACE, text.encode()))
    _write(files, out)
    if as_json:
        print_json({"format": 1, "serial": serial, "files": sorted(files)})
        return
    click.echo(f"{out}: {len(devices)} bundles, serial {serial}")


def _write(files: dict[str, str], folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            write_whole(folder / name, text)
    except OSError as error:
        raise BundleError(f"{folder}: cannot be written: {error.strerror}") from error

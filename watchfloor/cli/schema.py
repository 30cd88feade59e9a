"""`watchfloor schema`: writes the JSON Schema by which editors complete and check inventories."""

import json
from pathlib import Path

import click

from inventory.errors import WatchfloorError
from inventory.schema import document_schema
from watchfloor.cli.output import json_option, print_json


class SchemaFileError(WatchfloorError):
    """The schema could not be written."""


@click.command()
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file instead of stdout.",
)
@json_option
def schema(output: Path | None, as_json: bool) -> None:
    """Write the JSON Schema (2020-12) of an inventory file.

    Point an editor to it with a first line such as
    `# yaml-language-server: $schema=schema.json`.
    """
    if output is None:
        print_json(document_schema())
        return
    write_schema(output)
    if as_json:
        print_json({"written": str(output)})
    else:
        click.echo(f"Wrote {output}.")


def write_schema(path: Path) -> None:
    """Writes the schema to a file. Raises `SchemaFileError`."""
    try:
        path.write_text(json.dumps(document_schema(), indent=2) + "\n")
    except OSError as error:
        raise SchemaFileError(
            f"{path}: {error.strerror}; name a file that can be written"
        ) from error

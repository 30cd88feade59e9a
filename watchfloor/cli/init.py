"""`watchfloor init`: scaffolds a small center that passes `check`, to grow a real one from."""

import re
from pathlib import Path

import click
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import TypeAdapter, ValidationError

from inventory.assets import templates
from inventory.errors import WatchfloorError
from inventory.loader import load
from inventory.words import Name, Timezone
from watchfloor.cli.output import json_option, print_json
from watchfloor.cli.schema import write_schema

FILES = {
    "center.yaml": "center.yaml.j2",
    "rack-r1.yaml": "rack-r1.yaml.j2",
    "access.yaml": "access.yaml.j2",
    ".gitignore": "gitignore.j2",
}
"""What is written -> the template it comes from."""


class ScaffoldError(WatchfloorError):
    """A center cannot be started there, or with that name."""


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--name", help="The center's short name. [default: from the folder's name]")
@click.option("--title", help="The center's title. [default: from its name]")
@click.option("--timezone", default="UTC", show_default=True, help="Its IANA time zone.")
@json_option
def init(folder: Path, name: str | None, title: str | None, timezone: str, as_json: bool) -> None:
    """Start a new center in DIR, which must be empty or not exist yet."""
    name = name or _name_from(folder)
    _must_be(
        TypeAdapter(Name),
        name,
        f'"{name}" is no name: use lower case letters, digits and dashes; --name',
    )
    _must_be(
        TypeAdapter(Timezone),
        timezone,
        f'"{timezone}" is no IANA time zone such as America/Chicago',
    )
    _must_be_empty(folder)
    written = _write(folder, name, title or name.replace("-", " ").title(), timezone)
    center = load(folder)
    if as_json:
        print_json({"folder": str(folder), "files": written, "devices": len(center.devices)})
        return
    click.echo(f"Started {center.title} in {folder}: {', '.join(written)}.")
    click.echo(f"Make it yours, and run `watchfloor check {folder}` as you go.")


def _name_from(folder: Path) -> str:
    return re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")[:63]


def _must_be(kind: TypeAdapter[str], value: str, otherwise: str) -> None:
    try:
        kind.validate_python(value)
    except ValidationError:
        raise ScaffoldError(otherwise) from None


def _must_be_empty(folder: Path) -> None:
    try:
        if folder.is_dir() and any(folder.iterdir()):
            raise ScaffoldError(f"{folder} is not empty: name a new folder")
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ScaffoldError(f"{folder}: {error.strerror}; name another folder") from error


def _write(folder: Path, name: str, title: str, timezone: str) -> list[str]:
    environment = Environment(
        loader=FileSystemLoader(templates() / "center"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - YAML, where what people typed goes through tojson
    )
    for file, template in FILES.items():
        text = environment.get_template(template).render(name=name, title=title, timezone=timezone)
        (folder / file).write_text(text)
    write_schema(folder / "schema.json")
    return [*FILES, "schema.json"]

"""How commands print: a table or text for people, JSON for programs, colour only on a terminal."""

import json
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
"""The `--json` option that every command has; its value arrives as `as_json`."""


WIDEST_TABLE = 1000
"""Columns of a table in a pipe, where no terminal folds a row: one row stays one line."""


def console(*, err: bool = False) -> Console:
    """A console on stdout (or stderr): plain text when piped, never interprets markup."""
    return Console(stderr=err, markup=False, highlight=False, emoji=False)


class Page:
    """Many lines that are printed in one go: rich takes a millisecond for each print by itself."""

    def __init__(self) -> None:
        self._lines: list[str | Text] = []

    def print(self, line: str | Text = "") -> None:
        """One more line, or several; nothing is folded."""
        self._lines.append(line)

    def end(self) -> None:
        """Prints all of them."""
        out = console()
        lines, self._lines = self._lines, []
        if not lines:
            return
        if out.is_terminal:
            texts = (line if isinstance(line, Text) else Text(line) for line in lines)
            out.print(Text("\n").join(texts), soft_wrap=True)
        else:
            click.echo("\n".join(map(str, lines)))


def program() -> str:
    """How to call this program again from the same folder: as it was called, unless PATH has it."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return "python -m watchfloor"
    return "watchfloor" if shutil.which("watchfloor") else str(called)


def print_json(value: Any) -> None:
    """One JSON document, indented, keys in the order given."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = ""
) -> None:
    """A table with headings. Cells are shown as text; a `rich.text.Text` keeps its style.

    The first column says which thing a row is about and is never folded: it is copied into the
    next command.
    """
    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=number == 0)
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
    out = console()
    if out.is_terminal or "COLUMNS" in os.environ:
        out.print(table)
        return
    out.width = WIDEST_TABLE
    with out.capture() as printed:
        out.print(table)
    for line in printed.get().splitlines():
        click.echo(line.rstrip())

"""What the documents say to type is what the command line takes; what they link to is there."""

import re
from pathlib import Path

import click
import pytest

from watchfloor.cli.root import root

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    *ROOT.glob("*.md"),
    *ROOT.glob("docs/**/*.md"),
    *ROOT.glob("runbooks/**/*.md"),
    *ROOT.glob("monitors/**/*.md"),
]
TYPED = re.compile(r"(?:^|`|\$ |/bin/)watchfloor ((?:[^\s`]+ ?)+)", re.MULTILINE)
"""A command line at a line's start or in backticks; two spaces end it, a remark follows them."""
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def typed() -> list[tuple[str, str]]:
    """Each document's name with each command line that it shows, without `watchfloor`."""
    return [
        (name_of(path), match[1].strip())
        for path in sorted(DOCUMENTS)
        for match in TYPED.finditer(path.read_text())
    ]


def check_line(line: str) -> None:
    """Fails for a command or an option that there is not."""
    command: click.Command = root
    known = {flag for option in root.params for flag in option.opts}
    for word in line.split():
        name = word.partition("=")[0].rstrip(".,;:)")
        if name.startswith("-"):
            assert name in known | {"--help", "-h"}, f"{command.name} has no {name}"
        elif isinstance(command, click.Group):
            below = command.get_command(click.Context(command), name)
            if below is None:
                assert name == "…" or command.invoke_without_command, f"no command {name}"
                return
            command = below
            known |= {flag for option in command.params for flag in option.opts}


@pytest.mark.parametrize(("document", "line"), typed())
def test_a_command_line_in_a_document_can_be_typed(document: str, line: str) -> None:
    check_line(line)


def test_documents_show_commands_and_a_wrong_one_is_found() -> None:
    assert {document for document, _ in typed()} >= {"README.md", "docs/runbooks.md"}
    for wrong in ("chekc", "show devices x", "plan --dry-run", "alerts ack 1 --who x"):
        with pytest.raises(AssertionError, match="no "):
            check_line(wrong)


def test_every_command_is_in_a_document() -> None:
    shown = {line.split()[0] for _, line in typed()}
    assert set(root.list_commands(click.Context(root))) <= shown


@pytest.mark.parametrize("path", sorted(DOCUMENTS), ids=name_of)
def test_what_a_document_links_to_is_there(path: Path) -> None:
    links = LINK.findall(path.read_text())
    assert [link for link in links if not (path.parent / link).exists()] == []

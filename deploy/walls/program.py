"""The programs that a wall processor runs of ours, as file changes."""

from collections.abc import Iterable, Iterator

from deploy.change import FileChange, file_change
from inventory.assets import templates
from inventory.facts.textfile import TextFile, file_at
from inventory.facts.wall import PROGRAMS


def program(name: str) -> dict[str, str]:
    """Path on the host -> text, of every module of `templates/wall/<name>`."""
    folder = templates() / "wall" / name
    return {f"{PROGRAMS}/{name}/{file.name}": file.read_text() for file in folder.glob("*.py")}


def changes(wanted: dict[str, str], files: Iterable[TextFile]) -> Iterator[FileChange]:
    """What makes the program on the host ours."""
    there = tuple(files)
    for path in sorted(wanted):
        change = file_change(file_at(there, path), wanted[path])
        if change is not None:
            yield change

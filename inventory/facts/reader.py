"""The script that a host keeps as the one command of its audit account."""

from dataclasses import dataclass

from inventory.facts.area import READER, tagged
from inventory.facts.textfile import SHOW_FILE, TextFile, text_files

SCRIPT = SHOW_FILE + f"show_file {READER}\n"


@dataclass(frozen=True, slots=True)
class ReaderFacts:
    """Whether the script is there, and which one."""

    file: TextFile


def parse(text: str) -> ReaderFacts:
    """Raises `FactError` for a line that is no file."""
    return ReaderFacts(text_files(tagged(text, "file")["file"])[0])

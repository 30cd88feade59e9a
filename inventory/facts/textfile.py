"""One configuration file of a host as several areas read it: its content, mode and owner."""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from inventory.facts.area import FactError, parsed

SHOW_FILE = """\
show_file() {
  if [ -h "$1" ]; then printf 'file\\tlink - - - - %s\\n' "$1"
  elif [ -f "$1" ]; then
    printf 'file\\tfile %s %s. %s\\n' \\
      "$(stat -c '%a %U %G' -- "$1")" "$(base64 -w0 -- "$1")" "$1" || return 1
  elif [ -e "$1" ]; then printf 'file\\tother - - - - %s\\n' "$1"
  else printf 'file\\tabsent - - - - %s\\n' "$1"
  fi
}
"""
"""`show_file PATH` prints one line that `text_files` understands, whatever is at PATH."""


@dataclass(frozen=True, slots=True)
class TextFile:
    """What is at a path."""

    path: str
    kind: Literal["file", "link", "other", "absent"]
    mode: int = 0
    """Permission bits, `0o640`; 0 unless it is a file."""
    owner: str = ""
    group: str = ""
    content: str = ""
    """Octets that are no UTF-8 are kept as `\\xNN`."""

    @property
    def exists(self) -> bool:
        return self.kind != "absent"


def text_files(lines: Iterable[str]) -> tuple[TextFile, ...]:
    """The files in lines of `show_file`, without their tag. Raises `FactError`."""
    return tuple(_text_file(line) for line in lines)


def file_at(files: Iterable[TextFile], path: str) -> TextFile:
    """The file of that path; an absent one when it was not looked at."""
    return next((file for file in files if file.path == path), TextFile(path, "absent"))


def _text_file(line: str) -> TextFile:
    words = line.split(" ", 5)
    if len(words) != 6 or not words[5].startswith("/"):
        raise FactError(f"not a file: {line[:60]!r}")
    kind, mode, owner, group, content, path = words
    if kind == "link":
        return TextFile(path, "link")
    if kind == "other":
        return TextFile(path, "other")
    if kind == "absent":
        return TextFile(path, "absent")
    if kind != "file":
        raise FactError(f"not a file: {line[:60]!r}")
    bits = parsed(f"the mode of {path}", lambda word: int(word, 8), mode)
    return TextFile(path, "file", bits, owner, group, _decoded(path, content))


def _decoded(path: str, text: str) -> str:
    # The trailing dot keeps the field there when the file is empty.
    try:
        octets = base64.b64decode(text.removesuffix("."), validate=True)
    except binascii.Error as error:
        raise FactError(f"the content of {path} is not intact: {error}") from error
    return octets.decode(errors="backslashreplace")

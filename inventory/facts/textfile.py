"""One configuration file of a host as several areas read it: its content, mode and owner."""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from inventory.facts.area import FactError, parsed

LEDGERS = "/var/lib/watchfloor/secret-files"
"""Where a host keeps, for root alone, what it was given with secrets in it: `PATH.ledger`."""
HIDDEN = "(changed by hand; what it holds is not shown, because it may be a secret)\n"
"""Stands for the content of a file that holds a secret and is no longer what was written."""

SHOW_FILE = """\
ledgers=/var/lib/watchfloor/secret-files
file_text() {
  if [ -e "$ledgers$1.ledger" ]; then
    { read -r sum && read -r text && read -r cards; } <"$ledgers$1.ledger" || :
    if [ "$(sha256sum <"$1")" = "$sum  -" ]; then printf ' %s.%s' "$text" "$cards"
    else printf ' .hidden'; fi
  elif [ "$2" = secret ]; then printf ' .hidden'
  else printf ' ' && base64 -w0 -- "$1" && printf .
  fi
}
show_secret_file() { show_file "$1" secret; }
show_file() {
  if [ -h "$1" ]; then printf 'file\\tlink - - - - %s\\n' "$1"
  elif [ -f "$1" ]; then
    # No $(...): each is a process more, and a host has a hundred files that are shown.
    stat --printf 'file\\tfile %a %U %G' -- "$1" && file_text "$1" "${2:-}" &&
      printf ' %s\\n' "$1" || return 1
  elif [ -e "$1" ]; then printf 'file\\tother - - - - %s\\n' "$1"
  else printf 'file\\tabsent - - - - %s\\n' "$1"
  fi
}
"""
"""`show_file PATH` prints one line that `text_files` understands, whatever is at PATH.

`show_secret_file PATH` is for a file that holds secrets: its content is shown only where we wrote
it, with markers in place of the secrets.
"""


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """What a host keeps of a secret in one of its files."""

    name: str
    """`CREDENTIAL.secret`."""
    salt: str
    digest: str
    """See `deploy.secret_text.fingerprint`."""


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
    """Octets that are no UTF-8 are kept as `\\xNN`; `HIDDEN` where it is not shown."""
    secrets: tuple[StoredSecret, ...] = ()
    """The secrets whose markers stand in the content."""

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
    # A dot stands in the content's field, so that it is there when the file is empty.
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
    text, _, cards = content.partition(".")
    if cards == "hidden":
        return TextFile(path, "file", bits, owner, group, HIDDEN)
    return TextFile(path, "file", bits, owner, group, _decoded(path, text), _secrets(path, cards))


def _secrets(path: str, cards: str) -> tuple[StoredSecret, ...]:
    found = [card.split(":") for card in cards.split(",") if card]
    if any(len(card) != 3 for card in found):
        raise FactError(f"what the host keeps of the secrets in {path} is not intact")
    return tuple(StoredSecret(*card) for card in found)


def _decoded(path: str, text: str) -> str:
    try:
        octets = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise FactError(f"the content of {path} is not intact: {error}") from error
    return octets.decode(errors="backslashreplace")

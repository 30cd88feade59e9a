"""A configuration as a tree of lines, read from the three shapes that gear prints it in.

What a device prints is hostile: it is bounded, and nothing in it is executed or trusted.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from inventory.errors import WatchfloorError
from inventory.gear import Platform

MOST_LINES = 200_000
MOST_DEPTH = 16
LONGEST_LINE = 8_192


class ConfigurationError(WatchfloorError):
    """What a device printed is no configuration that we can read."""


@dataclass(slots=True)
class Line:
    """One line, and those inside it. A banner is one line with line breaks in it."""

    text: str
    inside: list["Line"] = field(default_factory=list)

    def copy(self) -> "Line":
        """All of it anew."""
        return Line(self.text, [line.copy() for line in self.inside])


def parse(platform: Platform, text: str) -> list[Line]:
    """The tree of a configuration. Raises `ConfigurationError`."""
    lines = text.splitlines()
    if len(lines) > MOST_LINES or any(len(line) > LONGEST_LINE for line in lines):
        raise ConfigurationError(
            f"the configuration has more than {MOST_LINES} lines, or one longer than "
            f"{LONGEST_LINE} characters; look at the device"
        )
    if platform is Platform.JUNOS:
        return [Line(" ".join(line.split())) for line in lines if _is_set(line)]
    if platform is Platform.FORTIOS:
        return _blocks(lines)
    return _indented(lines)


def flat(
    lines: Iterable[Line], depth: int = 0, closings: Mapping[str, str] = MappingProxyType({})
) -> Iterator[str]:
    """The lines as text, one space deeper each level, with the words that close a section."""
    for line in lines:
        first, *rest = line.text.split("\n")
        yield " " * depth + first
        yield from rest
        yield from flat(line.inside, depth + 1, closings)
        closing = closings.get(first.partition(" ")[0]) or (
            closings.get("*") if line.inside else ""
        )
        if closing:
            yield " " * depth + closing


def _is_set(line: str) -> bool:
    return line.lstrip().startswith(("set ", "activate ", "deactivate "))


def _indented(lines: list[str]) -> list[Line]:
    """IOS and those like it: a line belongs to the last one that stands further left."""
    top: list[Line] = []
    path: list[tuple[int, Line]] = []
    numbered = iter(lines)
    for raw in numbered:
        text = raw.strip()
        if not text or text.startswith("!"):
            continue
        indent = len(raw) - len(raw.lstrip())
        while path and path[-1][0] >= indent:
            path.pop()
        line = Line(" ".join(text.split()))
        if text.startswith("banner ") and indent == 0:
            line.text = _banner(raw, numbered)
        (path[-1][1].inside if path else top).append(line)
        path.append((indent, line))
        _check_depth(len(path))
    return top


def _banner(first: str, lines: Iterator[str]) -> str:
    """A banner up to its closing delimiter, as one line with `^C` for whatever it is."""
    words = first.split(None, 2)
    if len(words) < 3:  # EOS: its text follows, up to EOF
        found = _until(lines, "EOF", alone=True)
        return "\n".join([" ".join(words), *found, "EOF"])
    delimiter = "^C" if words[2].startswith("^C") else words[2][0]
    rest = words[2][len(delimiter) :]
    head = f"{words[0]} {words[1]} ^C"
    if delimiter in rest:
        return f"{head}\n{rest.partition(delimiter)[0]}\n^C"
    found = ([rest] if rest else []) + _until(lines, delimiter)
    return "\n".join([head, *found, "^C"])


def _until(lines: Iterator[str], end: str, *, alone: bool = False) -> list[str]:
    """The lines before the one that ends a banner; `alone` where the end is a line of its own."""
    found: list[str] = []
    for line in lines:
        if line.strip() == end or (end in line and not alone):
            before = line.partition(end)[0]
            return [*found, before] if before.strip() else found
        found.append(line.rstrip())
    raise ConfigurationError("a banner has no end: the answer was cut off; read it again")


def _blocks(lines: list[str]) -> list[Line]:
    """FortiOS: `config` and `edit` open, `end` and `next` close."""
    top: list[Line] = []
    path: list[Line] = []
    for raw in lines:
        text = " ".join(raw.split())
        if not text or text.startswith("#"):
            continue
        if text in {"end", "next"}:
            if path:
                path.pop()
            continue
        line = Line(text)
        siblings = path[-1].inside if path else top
        known = next((each for each in siblings if each.text == text), None)
        if text.startswith(("config ", "edit ")):
            # The same table may be opened twice; its entries belong together.
            if known is None:
                siblings.append(line)
            path.append(known or line)
            _check_depth(len(path))
        else:
            siblings.append(line)
    if path:
        raise ConfigurationError(
            f'"{path[0].text[:60]}" has no end: the answer was cut off; read it again'
        )
    return top


def _check_depth(depth: int) -> None:
    if depth > MOST_DEPTH:
        raise ConfigurationError(f"the configuration is nested deeper than {MOST_DEPTH} levels")

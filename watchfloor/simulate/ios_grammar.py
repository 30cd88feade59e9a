"""Which commands the simulated switch knows: a data file, each line below its maker's document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

_TERM = re.compile(
    r"<(?P<low>\d+)-(?P<high>\d+)>|(?P<open>[{\[])|(?P<close>[}\]])|(?P<bar>\|)|(?P<space> )"
    r"|(?P<name>WORD|LINE|VLANS|NUMBER|BANNER|A\.B\.C\.D)"
    r"|(?P<plain>[^<{\[\]}| ]+?(?=[<{\[\]}| ]|$))"
)
_NAMES = MappingProxyType(
    {
        "WORD": r"[^\s?]+",
        "LINE": r"[^\s?][^?\n]*",
        "VLANS": r"\d{1,4}(?:-\d{1,4})?(?:,\d{1,4}(?:-\d{1,4})?)*",
        "NUMBER": r"\d{1,3}(?:\.\d{1,2})?",
        "BANNER": r"\^C\n(?:.*\n)*?\^C",
        "A.B.C.D": r"(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}",
    }
)


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a mode."""

    mode: str
    words: str
    """What comes before a setting's value, or all of it."""
    pattern: re.Pattern[str]
    ranges: tuple[tuple[int, int], ...]
    is_setting: bool = False
    opens: str = ""
    is_default: bool = False
    document: str = ""

    def fits(self, text: str) -> bool:
        """Whether a line is this command, its numbers in their ranges."""
        found = self.pattern.fullmatch(text)
        if found is None:
            return False
        numbers = [(n, v) for n, v in enumerate(found.groups()) if v is not None]
        return all(self.ranges[n][0] <= int(v) <= self.ranges[n][1] for n, v in numbers)


@cache
def commands() -> Mapping[str, tuple[Command, ...]]:
    """All of them, by mode."""
    found: dict[str, list[Command]] = {}
    for command in _read(files(__package__).joinpath("ios_commands.txt").read_text("utf-8")):
        found.setdefault(command.mode, []).append(command)
    return MappingProxyType({mode: tuple(those) for mode, those in found.items()})


def _read(text: str) -> Iterator[Command]:
    document = ""
    for line in text.splitlines():
        if line.startswith("@ "):
            document = line[2:]
        elif line and not line.startswith("#"):
            yield _command(line, document)


def _command(line: str, document: str) -> Command:
    mode, _, rest = line.partition(": ")
    rest, _, opens = rest.partition(" > ")
    words, is_setting, value = rest.removeprefix("+").partition(" = ")
    pattern, ranges = _pattern(f"{words} {value}" if is_setting else words)
    return Command(
        mode,
        words,
        pattern,
        tuple(ranges),
        bool(is_setting),
        opens,
        rest.startswith("+"),
        document,
    )


def _pattern(text: str) -> tuple[re.Pattern[str], list[tuple[int, int]]]:
    made, ranges, place = "", [], 0
    while place < len(text):
        found = _TERM.match(text, place)
        assert found is not None, f"the data file has a term that cannot be read: {text[place:]}"
        place = found.end()
        if found["low"]:
            ranges.append((int(found["low"]), int(found["high"])))
            made += r"(\d{1,10})"
        elif found["open"]:
            # What may be left out takes the space before it along.
            made = f"{made.removesuffix(' ')}(?: (?:" if found[0] == "[" else f"{made}(?:"
        elif found["close"]:
            made += "))?" if found[0] == "]" else ")"
        else:
            made += _NAMES.get(found[0]) or (
                found[0] if found["bar"] or found["space"] else re.escape(found[0])
            )
    return re.compile(made), ranges

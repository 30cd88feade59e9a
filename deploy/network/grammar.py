"""What the difference has to know of a platform's language: what is ours, what replaces what, and
what a device does not print."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

Pattern = re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Owned:
    """Lines that are ours, and the area that makes them so."""

    area: str
    top: Pattern
    """A line at the left. With groups, those lines are ours whose groups a wanted line has too:
    what is said of an interface that the inventory knows."""
    inside: Pattern | None = None
    """Those of its inner lines that are ours; None for all."""
    family: bool = True
    """Whether all that match are ours, wanted or not; else only those that are wanted: an
    interface that the inventory does not know stays as it is."""
    entries: bool = False
    """Whether inner lines are entries of a table, ours only if they are wanted by name."""
    deeper: Pattern | None = None
    """Those of an entry's own lines that are ours; None for all."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """One platform's."""

    owned: tuple[Owned, ...]
    keys: tuple[Pattern, ...]
    """Two lines side by side with equal groups (or an equal match, without groups) replace each
    other: the old one is not taken away first."""
    negation: str = "no "
    declaration: str = ""
    negated: tuple[tuple[Pattern, str], ...] = ()
    """How a line is taken away when that is not the negation and the whole of it."""
    containers: tuple[Pattern, ...] = ()
    """What is taken away as a whole, in its group, when nothing of it is wanted."""
    wholes: tuple[Pattern, ...] = ()
    """Negations that take along every line which begins with the same words."""
    unprinted: tuple[Pattern, ...] = ()
    """Lines that a device does not print because they are its default: their absence is right, and
    so is that of their family."""
    replaced: tuple[tuple[Pattern, str], ...] = ()
    """Other spellings of the same, brought to ours."""
    order: tuple[tuple[Pattern, int], ...] = ()
    """Lines at the left -> when they are sent; 500 otherwise, and by the file's order."""
    noise: tuple[Pattern, ...] = ()
    """What is no configuration: counters, times, closing words."""
    sequenced: Pattern | None = None
    """Sections whose entries are numbered 10, 20 … when the device does not say so."""
    permanent: Pattern | None = None
    """Sections that cannot be taken away as a whole: physical ports."""
    closings: Mapping[str, str] = field(default_factory=dict)
    """First word of a section -> the word that closes it; `*` for any section that has lines. A
    section's own words (`logging`, `login`) would else be tried before those of the next line."""


LEAVE: Mapping[str, str] = MappingProxyType({"*": "exit"})
"""How IOS and those like it leave a section."""


def words(*patterns: str) -> tuple[Pattern, ...]:
    """Compiled, each anchored at the start."""
    return tuple(re.compile(rf"(?:{pattern})") for pattern in patterns)


def pairs(*given: tuple[str, str]) -> tuple[tuple[Pattern, str], ...]:
    """Patterns with what they are replaced by."""
    return tuple((re.compile(pattern), text) for pattern, text in given)


def ordered(*given: tuple[str, int]) -> tuple[tuple[Pattern, int], ...]:
    """Patterns with their place."""
    return tuple((re.compile(pattern), place) for pattern, place in given)


def owned(
    area: str,
    top: str,
    inside: str | None = None,
    *,
    family: bool = True,
    entries: bool = False,
    deeper: str | None = None,
    negation: str = "no ",
) -> Owned:
    """Lines that are ours, also when they are negated."""

    def compiled(pattern: str) -> Pattern:
        return re.compile(rf"(?:{negation})?(?:{pattern})")

    return Owned(
        area,
        compiled(top),
        None if inside is None else compiled(inside),
        family,
        entries,
        None if deeper is None else compiled(deeper),
    )

"""Finding a named thing of a center, with a suggestion when there is none of that name."""

from collections.abc import Mapping
from typing import TypeVar

from inventory.errors import WatchfloorError
from inventory.nearest import hint
from inventory.references import Need

T = TypeVar("T")


class UnknownNameError(WatchfloorError):
    """Nothing of that name is in the inventory."""


def find(things: Mapping[str, T], name: str, what: str) -> T:
    """The thing of that name. Raises `UnknownNameError`."""
    if name not in things:
        raise UnknownNameError(f'no {what} is called "{name}": {hint(name, things)}')
    return things[name]


def names_in(need: Need) -> list[str]:
    """The groups and devices that a need names, in its order."""
    return [need.name] if need.name else [name for below in need.of for name in names_in(below)]


def in_words(need: Need) -> str:
    """`all of (a, b)`, `any of (a, b)`, `2 of (a, b, c)`, or just a name."""
    if need.name:
        return need.name
    words = {len(need.of): "all", 1: "any"}.get(need.needs, str(need.needs))
    return f"{words} of ({', '.join(in_words(below) for below in need.of)})"

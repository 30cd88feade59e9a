"""What every area of facts looks like, and the little that their parsers share."""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from inventory.errors import WatchfloorError

READER = "/usr/local/sbin/watchfloor-read-facts"
"""Where a host keeps `collect.reader_script`, the one command of its audit account."""

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")


class FactError(WatchfloorError):
    """A host's answer that cannot be understood, or was not complete."""


class Area(Protocol[T_co]):
    """One subject that is read from a host. A module of this package is an `Area`."""

    __name__: str
    SCRIPT: str

    def parse(self, text: str) -> T_co:
        """The facts in what `SCRIPT` printed. Raises `FactError`."""


def area_name(area: Area[object]) -> str:
    """The short name of an area: its module's, without the packages."""
    return area.__name__.rpartition(".")[2]


def lines(text: str) -> list[str]:
    """The lines of a text, split at line feeds only: files may hold other separators."""
    return text.removesuffix("\n").split("\n") if text else []


def tagged(text: str, *required: str) -> Mapping[str, tuple[str, ...]]:
    """The lines of each part that `tag NAME` marked, in order.

    Raises `FactError` for a line without a tag, or when a part in `required` has no line.
    """
    parts: dict[str, list[str]] = {name: [] for name in required}
    for number, line in enumerate(lines(text), start=1):
        name, tab, content = line.partition("\t")
        if not tab:
            raise FactError(f"line {number} of the host's answer has no tag: {line[:60]!r}")
        parts.setdefault(name, []).append(content)
    if missing := [name for name in required if not parts[name]]:
        raise FactError(f"the host's answer lacks {', '.join(missing)}")
    return {name: tuple(content) for name, content in parts.items()}


def parsed(what: str, convert: Callable[[str], T], value: str) -> T:
    """`convert(value)`, with a `ValueError` turned into a `FactError` that says `what` it was."""
    try:
        return convert(value)
    except ValueError as error:
        raise FactError(f"{what} is {value[:60]!r}, which cannot be right: {error}") from error

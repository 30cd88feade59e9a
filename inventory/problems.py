"""Mistakes in an inventory: where each one is, and the error that carries them all at once."""

from collections.abc import Iterable
from dataclasses import dataclass

from inventory.errors import WatchfloorError

MOST_PROBLEMS = 500
"""More mistakes than this are not collected: nobody reads them, and hostile input has no end."""


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in a file. Line and column count from 1; line 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake: where, what is wrong, and what would be right."""

    file: str
    line: int
    column: int
    message: str

    @property
    def mark(self) -> Mark:
        """The place alone."""
        return Mark(self.file, self.line, self.column)

    def __str__(self) -> str:
        return f"{self.mark}: {self.message}"


class InventoryError(WatchfloorError):
    """An inventory that cannot be used. `problems` holds every mistake, in reading order."""

    def __init__(self, problems: Iterable[Problem], *, truncated: bool = False) -> None:
        self.problems = tuple(problems)
        self.truncated = truncated
        """Whether there are more than `MOST_PROBLEMS`, and the rest is missing."""
        super().__init__(self._one_line())

    def _one_line(self) -> str:
        more = len(self.problems) - 1
        tail = f" (and {more} more: `watchfloor check` lists them)" if more > 0 else ""
        return f"{self.problems[0]}{tail}"


class Problems:
    """Collects mistakes; the same mistake at the same place counts once."""

    def __init__(self) -> None:
        self._found: dict[Problem, None] = {}
        self._truncated = False

    def __bool__(self) -> bool:
        return bool(self._found)

    @property
    def full(self) -> bool:
        """Whether no more mistakes are collected, so that none needs to be looked for."""
        return len(self._found) >= MOST_PROBLEMS

    def add(self, mark: Mark, message: str) -> None:
        """Notes one mistake."""
        if self.full:
            self._truncated = True
            return
        problem = Problem(_one_line(mark.file), mark.line, mark.column, _one_line(message))
        self._found[problem] = None

    @property
    def first(self) -> Problem | None:
        """The first mistake in reading order, or None."""
        return min(self._found, default=None)

    def raise_if_any(self) -> None:
        """Raises `InventoryError` with everything noted so far, sorted by place."""
        if self._found:
            raise InventoryError(sorted(self._found), truncated=self._truncated)


def _one_line(message: str) -> str:
    """Control characters out of what an attacker may have put into a key or value."""
    return "".join(c if c.isprintable() else "?" for c in message.replace("\n", " "))

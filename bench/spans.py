"""Spans of time that count: one in which a poll failed says nothing of what whole polls cost."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from bench.processes import BenchError

MOST_REFUSED = 6


class Span(Protocol):
    """What was measured in one span."""

    @property
    def failed(self) -> int:
        """Polls that brought nothing, or only a part."""


S = TypeVar("S", bound=Span)


@dataclass(frozen=True, slots=True)
class Spans(Generic[S]):
    """The spans that count, and how many do not."""

    good: list[S]
    refused: int

    @property
    def note(self) -> str:
        """Says for people how many were left out."""
        return f"{self.refused} spans with failed polls refused" if self.refused else ""


def spans_of(who: str, measure: Callable[[], S], runs: int) -> Spans[S]:
    """Measures until there are so many spans without a failed poll.

    Raises:
        BenchError: Too many have some.
    """
    good: list[S] = []
    failed: list[int] = []
    while len(good) < runs:
        span = measure()
        if not span.failed:
            good.append(span)
        elif len(failed) == MOST_REFUSED:
            raise BenchError(
                f"{who}: polls fail in most spans, {max(failed)} in the worst: too busy a machine?"
            )
        else:
            failed.append(span.failed)
    return Spans(good, len(failed))


def details(*words: str) -> str:
    """What a row has to say, without what is empty."""
    return "; ".join(filter(None, words))

"""Spans with failed polls are measured again, told of, and not without end."""

from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from bench.processes import BenchError
from bench.spans import MOST_REFUSED, details, spans_of


@dataclass(frozen=True, slots=True)
class Span:
    number: int
    failed: int


def measured(failures: Iterable[int], runs: int = 3) -> tuple[list[int], str]:
    left = enumerate(failures)
    found = spans_of("it", lambda: Span(*next(left)), runs)
    return [span.number for span in found.good], found.note


def test_a_span_with_a_failed_poll_is_measured_again() -> None:
    assert measured([0, 0, 0]) == ([0, 1, 2], "")
    assert measured([0, 7, 0, 1, 0]) == ([0, 2, 4], "2 spans with failed polls refused")


def test_a_machine_on_which_polls_keep_failing_is_given_up() -> None:
    worst = [1] * MOST_REFUSED
    assert len(measured([*worst, 0, 0, 0])[0]) == 3
    with pytest.raises(BenchError, match="it: polls fail in most spans, 9 in the worst"):
        measured([*worst[1:], 9, 1, 0, 0, 0])


def test_details_leave_out_what_is_empty() -> None:
    assert details("a", "", "b") == "a; b"

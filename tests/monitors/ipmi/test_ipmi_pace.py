"""How fast a BMC is asked, and that no late answer meets a later request."""

from hypothesis import given
from hypothesis import strategies as st

from monitors.ipmi.pace import QUARANTINE_S, SEQUENCES, Pace, SequenceNumbers


def test_the_window_grows_with_answers_and_halves_with_losses() -> None:
    pace = Pace()
    for _ in range(1000):
        pace.answered(0.01)
    assert pace.window == Pace.LARGEST_WINDOW
    pace.lost()
    assert pace.window == Pace.LARGEST_WINDOW // 2
    for _ in range(10):
        pace.lost()
    assert pace.window == 1


@given(st.lists(st.floats(0, 100), max_size=50), st.integers(1, 20))
def test_patience_stays_in_bounds(round_trips: list[float], tries: int) -> None:
    pace = Pace()
    for round_trip in round_trips:
        pace.answered(round_trip)
    assert Pace.SHORTEST_TIMEOUT_S <= pace.patience_s(tries) <= Pace.LONGEST_TIMEOUT_S
    assert pace.patience_s(tries + 1) >= pace.patience_s(tries)


def test_a_slow_bmc_gets_more_patience() -> None:
    pace = Pace()
    for _ in range(30):
        pace.answered(0.6)
    assert pace.patience_s(1) > 0.6


def test_a_repeated_number_rests() -> None:
    numbers = SequenceNumbers()
    first = numbers.take(0.0)
    assert first is not None
    numbers.give_back(first, True, 0.0)
    seen = set()
    for _ in range(3 * SEQUENCES):
        number = numbers.take(1.0)
        assert number is not None
        seen.add(number)
        numbers.give_back(number, False, 1.0)
    assert first not in seen
    again = {numbers.take(QUARANTINE_S + 1) for _ in range(SEQUENCES)}
    assert first in again


@given(st.lists(st.booleans(), max_size=200))
def test_no_number_is_in_use_twice(repeated: list[bool]) -> None:
    numbers = SequenceNumbers()
    in_use: list[int] = []
    for now, again in enumerate(repeated):
        taken = numbers.take(float(now))
        if taken is None:
            continue
        assert taken not in in_use
        in_use.append(taken)
        if len(in_use) > 4:
            numbers.give_back(in_use.pop(0), again, float(now))

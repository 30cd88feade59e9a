"""What polls teach of an agent: timeouts as RFC 6298 has them, sizes that shrink and come back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.snmp.habits import (
    BELIEVED_AFTER,
    FIRST_GROWTH_AFTER,
    LEAST_TIMEOUT_S,
    SILENT_AFTER,
    Habits,
)
from monitors.snmp.target import SnmpTarget


@pytest.fixture
def habits() -> Habits:
    return Habits(SnmpTarget("gear", "192.0.2.1"))


def test_a_fast_agent_is_asked_again_soon(habits: Habits) -> None:
    assert habits.timeout_s == 2.0
    for _ in range(5):
        habits.took(0.004)
    assert habits.timeout_s == LEAST_TIMEOUT_S


def test_an_agent_behind_a_satellite_is_given_the_time_it_takes(habits: Habits) -> None:
    habits.came_late(4.0)
    assert habits.timeout_s == 4.0
    for _ in range(30):
        habits.took(2.4)
    assert 2.4 < habits.timeout_s < 3.0


@given(st.lists(st.floats(0, 3600), max_size=50))
def test_timeouts_stay_within_bounds(trips: list[float]) -> None:
    habits = Habits(SnmpTarget("gear", "192.0.2.1", timeout_s=2.0, deadline_s=10.0))
    for trip in trips:
        habits.took(trip)
        assert LEAST_TIMEOUT_S <= habits.timeout_s <= 5.0


def test_a_silent_agent_is_asked_once_and_trusted_when_it_is_back(habits: Habits) -> None:
    habits.took(0.004)
    for _ in range(SILENT_AFTER):
        assert habits.retries == 2
        habits.kept_silent()
    assert (habits.retries, habits.timeout_s) == (0, 5.0)
    habits.spoke()
    assert (habits.retries, habits.timeout_s) == (2, 2.0)


def test_what_the_agent_says_is_believed_at_once_and_losses_are_not(habits: Habits) -> None:
    habits.found(12, told=True, whole=True)
    assert habits.repetitions == 12
    habits.found(3, told=False, whole=True)
    habits.found(12, told=False, whole=True)
    habits.found(3, told=False, whole=True)
    assert habits.repetitions == 12
    for _ in range(BELIEVED_AFTER - 1):
        habits.found(3, told=False, whole=True)
    assert habits.repetitions == 3


def grown(habits: Habits) -> int:
    """Whole polls until more is asked for."""
    before, polls = habits.repetitions, 0
    while habits.repetitions == before:
        habits.found(before, told=False, whole=True)
        polls += 1
    return polls


def test_more_is_tried_again_ever_more_seldom(habits: Habits) -> None:
    habits.found(6, told=True, whole=True)
    first = grown(habits)
    assert (first, habits.repetitions) == (2 * FIRST_GROWTH_AFTER, 12)
    habits.found(6, told=True, whole=True)
    assert grown(habits) == 2 * first
    for _ in range(3):
        if habits.repetitions < 25:
            grown(habits)
    assert habits.repetitions == 25


def test_a_broken_getbulk_is_not_tried_again_until_the_agent_restarts(habits: Habits) -> None:
    for _ in range(BELIEVED_AFTER):
        habits.found(0, told=False, whole=True)
    for _ in range(5000):
        habits.found(0, told=False, whole=True)
    assert habits.repetitions == 0
    habits.restart()
    assert habits.repetitions == 25


def test_half_a_poll_is_no_proof_that_more_would_do(habits: Habits) -> None:
    habits.found(6, told=True, whole=False)
    for _ in range(5000):
        habits.found(6, told=False, whole=False)
    assert habits.repetitions == 6
    assert habits.pace is habits.pace
    assert habits.pace.repetitions == 6

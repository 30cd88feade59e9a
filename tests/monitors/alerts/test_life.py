"""An alert's life: on-delay, off-delay, acknowledgement, and no shortcut around any of them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from monitors.alerts.findings import Key
from monitors.alerts.life import Change, Occurrence, Step, Timers, acknowledge, step
from monitors.snapshot import Phase
from tests.monitors.centers import at

TIMERS = Timers(on_delay_s=60, off_delay_s=30)
NEW = Occurrence("a1", Key("ups-on-battery", "ups-a", ""), Phase.PENDING, at(0), "on battery")


def run(*active: bool, every_s: float = 20, start: Occurrence = NEW) -> list[Step]:
    steps: list[Step] = []
    occurrence: Occurrence | None = start
    for number, holds in enumerate(active, 1):
        assert occurrence is not None, "the life was over before the last look"
        steps.append(
            step(
                occurrence,
                active=holds,
                elapsed_s=every_s,
                timers=TIMERS,
                now=at(every_s * number),
            )
        )
        occurrence = steps[-1][0]
    return steps


def changes(steps: list[Step]) -> list[Change | None]:
    return [change for _, change in steps]


def test_it_fires_once_its_on_delay_has_passed() -> None:
    steps = run(True, True, True, True)
    assert changes(steps) == [None, None, Change.FIRED, None]
    fired = steps[-1][0]
    assert fired is not None
    assert (fired.phase, fired.since, fired.fired_at) == (Phase.UNACKED, at(0), at(60))


def test_one_that_goes_before_its_on_delay_was_never_an_alert() -> None:
    assert run(True, True, False)[-1] == (None, Change.VANISHED)


def test_an_unacknowledged_one_stays_when_its_condition_is_gone() -> None:
    steps = run(True, True, True, False, False)
    after, change = steps[-1]
    assert (change, after and after.phase) == (Change.RETURNED, Phase.RETURNED)


def test_a_short_absence_does_not_clear() -> None:
    assert changes(run(True, True, True, False, True, False, True))[3:] == [None] * 4


def test_an_acknowledged_one_clears() -> None:
    fired = run(True, True, True)[-1][0]
    assert fired is not None
    acked, change = acknowledge(fired, "Sam", "on my way", at(70))
    assert change is Change.ACKED
    assert acked is not None
    assert (acked.acked_by, acked.comment, acked.acked_at) == ("Sam", "on my way", at(70))
    assert run(False, False, start=acked)[-1][1] is Change.CLEARED


def test_acknowledging_a_returned_one_ends_it() -> None:
    returned = run(True, True, True, False, False)[-1][0]
    assert returned is not None
    assert acknowledge(returned, "Sam", "", at(200)) == (None, Change.CLEARED)


def test_a_returned_one_that_comes_back_is_the_same_alert() -> None:
    returned = run(True, True, True, False, False)[-1][0]
    assert returned is not None
    again, change = run(True, start=returned)[-1]
    assert change is Change.FIRED_AGAIN
    assert again is not None
    assert (again.id, again.phase, again.returned_at) == ("a1", Phase.UNACKED, None)


@pytest.mark.parametrize("phase", [Phase.PENDING, Phase.ACKED])
def test_acknowledging_needs_something_that_fires(phase: Phase) -> None:
    occurrence = replace(NEW, phase=phase)
    assert acknowledge(occurrence, "Sam", "", at(5)) == (occurrence, None)


def test_no_delay_fires_at_the_first_look() -> None:
    after, change = step(NEW, active=True, elapsed_s=0.0, timers=Timers(0, 0), now=at(0))
    assert (change, after and after.phase) == (Change.FIRED, Phase.UNACKED)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 100)), max_size=40))
def test_it_never_fires_before_its_delay(looks: list[tuple[bool, float]]) -> None:
    occurrence: Occurrence | None = NEW
    held_s = 0.0
    for active, elapsed_s in looks:
        assert occurrence is not None
        held_s = held_s + elapsed_s if active else 0.0
        occurrence, change = step(
            occurrence, active=active, elapsed_s=elapsed_s, timers=TIMERS, now=at(0)
        )
        if change is Change.FIRED:
            assert held_s >= TIMERS.on_delay_s
        if occurrence is None or occurrence.phase is not Phase.PENDING:
            return


class Lives(RuleBasedStateMachine):
    """Any mixture of looks and acknowledgements keeps to the shapes of ISA-18.2."""

    def __init__(self) -> None:
        super().__init__()
        self.life: Occurrence | None = NEW
        self.fired = False

    @rule(active=st.booleans(), elapsed_s=st.sampled_from([1.0, 31.0, 61.0]))
    def look(self, active: bool, elapsed_s: float) -> None:
        if self.life is not None:
            before = self.life
            self.life, change = step(
                before, active=active, elapsed_s=elapsed_s, timers=TIMERS, now=at(0)
            )
            self.fired |= change is Change.FIRED
            # Only what nobody has seen, or what somebody has taken, may end by itself.
            if self.life is None:
                assert before.phase in (Phase.PENDING, Phase.ACKED)

    @rule()
    def ack(self) -> None:
        if self.life is not None:
            self.life, _ = acknowledge(self.life, "Sam", "", at(0))

    @invariant()
    def a_name_stands_behind_every_acknowledgement(self) -> None:
        if self.life is not None:
            assert (self.life.phase is Phase.ACKED) == bool(self.life.acked_by)

    @invariant()
    def what_fires_has_fired(self) -> None:
        if self.life is not None and self.life.phase is not Phase.PENDING:
            assert self.fired
            assert self.life.fired_at is not None


TestLives = Lives.TestCase

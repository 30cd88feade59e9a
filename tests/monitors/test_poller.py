"""The schedule: spread out, no bursts, no overlaps, and nobody waits for a device that hangs."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.haste import Haste
from monitors.poller import (
    BEAT_S,
    MOST_EXCUSED,
    STALL_S,
    STARTS_PER_S,
    Poller,
    first_delay,
    next_due,
    phase_of,
)
from monitors.probe import Poll, ProblemKind
from monitors.targets import Target
from tests.wait import until_async

intervals = st.floats(0.5, 3600)


@given(phase=st.floats(0, 1e6), interval_s=intervals, now=st.floats(0, 1e7))
def test_the_next_poll_is_on_the_grid_and_neither_too_soon_nor_too_late(
    phase: float, interval_s: float, now: float
) -> None:
    ahead = next_due(phase, interval_s, now) - now
    assert interval_s / 4 - 1e-6 <= ahead <= interval_s * 1.25 + 1e-6
    slots = (next_due(phase, interval_s, now) - phase) / interval_s
    assert abs(slots - round(slots)) < 1e-3


def test_after_a_suspended_night_nothing_is_made_up_for() -> None:
    due = next_due(phase=7.0, interval_s=30.0, now=10_000.0)
    assert 10_000 < due < 10_000 + 38


@pytest.mark.parametrize("count", [10, 1000])
def test_a_first_round_is_no_burst(count: int) -> None:
    starts = sorted(first_delay(number, 30.0) for number in range(count))
    assert starts[-1] < 30.0
    in_any_second = max(sum(1 for s in starts if begin <= s < begin + 1.0) for begin in range(30))
    assert in_any_second <= STARTS_PER_S + 1


@given(count=st.integers(1, 2000), interval_s=intervals)
def test_later_rounds_are_spread_over_the_interval_beat_by_beat(
    count: int, interval_s: float
) -> None:
    phases = [phase_of(number, count, interval_s) for number in range(count)]
    assert phases == sorted(phases)
    assert all(0 <= phase < interval_s for phase in phases)
    most = max(Counter(phases).values())
    assert most <= count * BEAT_S / interval_s + 1.001


class FakeProbe:
    """A probe that takes as long as it is told to."""

    protocol = "snmp"

    def __init__(self, device: str, takes_s: float = 0.0, fails: bool = False) -> None:
        self.device = device
        self.takes_s = takes_s
        self.fails = fails
        self.running = 0
        self.most_running = 0
        self.closed = False

    async def poll(self) -> Poll:
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await asyncio.sleep(self.takes_s)
            if self.fails:
                raise RuntimeError("a bug in the probe")
            return Poll(self.device, self.protocol, datetime.now(UTC), self.takes_s)
        finally:
            self.running -= 1

    async def close(self) -> None:
        self.closed = True


@asynccontextmanager
async def polling(
    *probes: FakeProbe,
    interval_s: float = 0.05,
    grace_s: float = 0.05,
    stalled_s: float = 0.0,
) -> AsyncIterator[tuple[Poller, list[Poll]]]:
    polls: list[Poll] = []
    poller = Poller(polls.append, grace_s=grace_s, stalled_s=lambda _: stalled_s)
    poller.start([Target(probe, interval_s, interval_s) for probe in probes])
    try:
        yield poller, polls
    finally:
        await poller.stop()


def count(polls: list[Poll], device: str) -> int:
    return sum(poll.device == device for poll in polls)


async def test_a_device_that_hangs_delays_no_other() -> None:
    hanging, healthy = FakeProbe("hangs", takes_s=3600), FakeProbe("well")
    async with polling(hanging, healthy) as (_, polls):
        await until_async(lambda: count(polls, "well") >= 8, 10, "eight polls of the healthy one")
        await until_async(lambda: count(polls, "hangs") >= 2, 10, "the hanging one to be given up")
    problems = {poll.problem.kind for poll in polls if poll.device == "hangs" and poll.problem}
    assert problems == {ProblemKind.SILENT}
    assert hanging.most_running == 1


async def test_a_silence_while_the_loop_stood_still_is_not_the_devices() -> None:
    hanging, healthy = FakeProbe("hangs", takes_s=3600), FakeProbe("well")
    async with polling(hanging, healthy, stalled_s=STALL_S) as (poller, polls):
        await until_async(lambda: count(polls, "hangs"), 10, "one that counts all the same")
        silences = poller.counters.failures[ProblemKind.SILENT]
    assert silences - count(polls, "hangs") == MOST_EXCUSED
    assert count(polls, "well") > 0


async def test_a_slow_device_is_never_asked_twice_at_once() -> None:
    slow = FakeProbe("slow", takes_s=0.08)
    async with polling(slow) as (_, polls):
        await until_async(lambda: len(polls) >= 3, 10, "three polls")
    assert slow.most_running == 1


async def test_a_bug_in_a_probe_is_a_problem_of_one_device() -> None:
    broken, healthy = FakeProbe("broken", fails=True), FakeProbe("well")
    async with polling(broken, healthy) as (poller, polls):
        await until_async(lambda: count(polls, "broken") >= 2, 10, "polls go on")
        await until_async(lambda: count(polls, "well") >= 2, 10, "polls go on")
        assert poller.counters.failures[ProblemKind.FAILED] >= 2
    problem = next(poll.problem for poll in polls if poll.device == "broken")
    assert problem is not None
    assert "RuntimeError" in problem.message


async def test_stopping_ends_what_is_under_way_and_closes_the_probes() -> None:
    hanging = FakeProbe("hangs", takes_s=3600)
    async with polling(hanging, interval_s=3600) as (poller, _):
        await until_async(lambda: hanging.running == 1, 5, "the poll to begin")
        assert poller.counters.running == 1
    assert (hanging.running, hanging.closed, poller.counters.running) == (0, True, 0)


async def test_a_hint_brings_the_next_poll_forward_once_in_a_pause() -> None:
    hinted, other = FakeProbe("hinted"), FakeProbe("other")
    async with polling(hinted, other, interval_s=3600) as (poller, polls):
        await until_async(lambda: len(polls) == 2, 10, "the first round")
        for _ in range(100):
            poller.hasten("hinted")
        poller.hasten("nobody")
        await until_async(lambda: count(polls, "hinted") == 2, 10, "the poll that was asked for")
        assert (count(polls, "other"), poller.counters.hastened) == (1, 2)


async def test_hints_in_a_pause_are_followed_when_it_is_over() -> None:
    now = 0.0
    haste = Haste(lambda: now, pause_s=5.0)
    alarm = haste.alarm("ups-a")
    assert [haste.hasten("ups-a") for _ in range(3)] == [True, True, False]
    assert (alarm.early, haste.hasten("nobody")) == (0.0, False)
    now = 5.0
    assert haste.hasten("ups-a")


async def test_a_hint_while_a_poll_runs_has_the_device_polled_again() -> None:
    slow = FakeProbe("slow", takes_s=0.1)
    async with polling(slow, interval_s=3600, grace_s=5) as (poller, polls):
        await until_async(lambda: slow.running == 1, 10, "the poll to begin")
        poller.hasten("slow")
        await until_async(lambda: len(polls) == 2, 10, "the second poll")
    assert slow.most_running == 1


async def test_what_a_device_s_own_log_has_is_passed_on_with_its_poll() -> None:
    class Logging(FakeProbe):
        def take_events(self) -> tuple[str, ...]:
            return ("new",) if self.running == 0 else ()

    seen: list[tuple[str, object]] = []
    poller = Poller(lambda _: None, on_entries=lambda poll, new: seen.append((poll.device, new)))
    poller.start([Target(Logging("srv-1"), 3600, 5), Target(FakeProbe("sw-1"), 3600, 5)])
    try:
        await until_async(lambda: seen == [("srv-1", ("new",))], 10, "the new entry")
    finally:
        await poller.stop()


async def test_what_its_taker_cannot_digest_does_not_end_the_polling_of_a_device(
    caplog: pytest.LogCaptureFixture,
) -> None:
    polls: list[Poll] = []

    def take(poll: Poll) -> None:
        polls.append(poll)
        if len(polls) == 1:
            raise KeyError("a bug")

    poller = Poller(take)
    poller.start([Target(FakeProbe("ups"), 0.05, 0.05)])
    try:
        await until_async(lambda: len(polls) > 1, 5, "a poll after the one that failed")
    finally:
        await poller.stop()
    assert "ups over snmp" in caplog.text


class StubbornProbe(FakeProbe):
    """A probe that is long in closing, or fails at it."""

    async def close(self) -> None:
        await asyncio.sleep(self.takes_s)
        if self.fails:
            raise RuntimeError("a bug in the probe")
        self.closed = True


async def test_probes_close_at_the_same_time_and_one_that_cannot_harms_no_other() -> None:
    slow = [StubbornProbe(f"bmc-{number}", takes_s=0.2) for number in range(20)]
    last = StubbornProbe("ups")
    poller = Poller(lambda _: None, grace_s=1.0)
    probes = [StubbornProbe("bug", fails=True), *slow, last]
    poller.start([Target(probe, 60.0, 60.0) for probe in probes])
    async with asyncio.timeout(2.0):
        await poller.stop()
    assert all(probe.closed for probe in (*slow, last))

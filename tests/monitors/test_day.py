"""Whole days on a fake clock: leaps, a suspended machine, agents that flap, and one real fault."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitors.alerts.desk import Transition
from monitors.alerts.life import Change
from monitors.probe import Poll, ProblemKind
from monitors.reading import SensorClass, State
from monitors.snapshot import Phase
from tests.monitors.centers import START, poll, reading
from tests.monitors.test_watch import engine, watch

HOUR_S = 3600
DAY_S = 24 * HOUR_S
STEP_S = 15
INTERVAL_S = 30
WARM = reading("inlet", sensor_class=SensorClass.TEMPERATURE, name="Inlet", value=22.5)
ON_BATTERY = reading("output", State.CRITICAL, text="onBattery")
ON_MAINS = reading("output", text="normal")

Behaviour = Callable[[str, int], Poll]
"""What a device answers: its name and the seconds since the beginning -> one poll."""


def healthy(name: str, seconds: int) -> Poll:
    return poll(name, WARM, *([ON_MAINS] if name.startswith("ups") else []), seconds=seconds)


@dataclass
class Day:
    """The watch of a small center, moved on step by step."""

    behave: Behaviour = healthy
    leap_s: float = 0.0
    """How far the wall clock is ahead of the time that has really passed."""
    passed_s: int = 0
    transitions: list[Transition] = field(default_factory=list)
    sensors: int = 0

    def __post_init__(self) -> None:
        self.watch = watch()

    @property
    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed_s + self.leap_s)

    def run(self, seconds: int) -> None:
        for _ in range(seconds // STEP_S):
            self.passed_s += STEP_S
            for name in self._due():
                answer = self.behave(name, round(self.passed_s + self.leap_s))
                self.sensors += self.watch.absorb(answer) is not None
            self.transitions += self.watch.look(STEP_S, self.now)
            self.watch.snapshot(engine(), self.now, partial=True)

    def sleep(self, seconds: int) -> None:
        """The machine is suspended: nothing runs, both clocks go on, and one look is late."""
        self.passed_s += seconds
        self.transitions += self.watch.look(STEP_S, self.now)

    @property
    def fired(self) -> Counter[tuple[str, str]]:
        return Counter(
            (t.occurrence.key.alert, t.occurrence.key.device)
            for t in self.transitions
            if t.change is Change.FIRED
        )

    def _due(self) -> Iterator[str]:
        for number, name in enumerate(self.watch.devices):
            if self.passed_s % INTERVAL_S == number * STEP_S % INTERVAL_S:
                yield name


def test_a_quiet_day_says_nothing_and_keeps_nothing() -> None:
    day = Day()
    day.run(HOUR_S)
    before = size_of(day)
    day.run(DAY_S - HOUR_S)
    assert day.transitions == []
    assert day.sensors == len(day.watch.devices)
    assert size_of(day) == before


def test_a_clock_that_leaps_raises_nothing() -> None:
    day = Day()
    for leap_s in (HOUR_S, -HOUR_S, 7 * DAY_S, 0, -1, 1):
        day.run(HOUR_S)
        day.leap_s = leap_s
    day.run(HOUR_S)
    assert day.transitions == []


def test_a_suspended_machine_takes_nobody_for_silent() -> None:
    day = Day()
    for seconds in (60, HOUR_S, 8 * HOUR_S):
        day.run(HOUR_S)
        day.sleep(seconds)
    day.run(HOUR_S)
    assert day.transitions == []


def test_one_fault_is_one_alert_and_ends() -> None:
    fault = range(3 * HOUR_S, 5 * HOUR_S)

    def behave(name: str, seconds: int) -> Poll:
        if name == "ups-a" and seconds in fault:
            return poll(name, WARM, ON_BATTERY, seconds=seconds)
        return healthy(name, seconds)

    day = Day(behave)
    day.run(DAY_S)
    assert day.fired[("ups-on-battery", "ups-a")] == 1
    assert max(day.fired.values()) == 1
    kept = day.watch.desk.occurrences.values()
    assert {occurrence.phase for occurrence in kept} <= {Phase.RETURNED}
    last = day.transitions[-1].at - START
    assert fault.stop <= last.total_seconds() <= fault.stop + 600


def test_an_agent_that_flaps_all_day_does_not_cry_all_day() -> None:
    def behave(name: str, seconds: int) -> Poll:
        if name == "srv-1" and seconds // 300 % 2:  # five minutes away, five minutes there
            return poll(name, seconds=seconds, problem=ProblemKind.SILENT)
        return healthy(name, seconds)

    day = Day(behave)
    day.run(DAY_S)
    beginnings = DAY_S / 600
    assert day.fired[("device-silent", "srv-1")] <= beginnings / 4
    assert {device for _, device in day.fired} <= {"srv-1", ""}


def size_of(day: Day) -> tuple[int, ...]:
    """How much is remembered."""
    healths = day.watch.devices.values()
    return (
        sum(len(protocol.parts) for health in healths for protocol in health.protocols.values()),
        sum(
            len(protocol.sensors.expected)
            for health in healths
            for protocol in health.protocols.values()
        ),
        len(day.watch.desk.occurrences),
        len(day.watch.metrics.text().splitlines()),
    )

"""Runs every probe on its schedule: spread over the interval, each within its deadline.

A probe that hangs delays no other one, and never runs twice at the same time. Schedules run on
the monotonic clock, so a leap of the wall clock or a suspended machine shifts nothing: what was
missed is skipped, never made up for in a burst.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import TypeGuard

from inventory.errors import WatchfloorError
from monitors.haste import Haste
from monitors.probe import KeepsLog, LogEntry, Poll, Probe, Problem, ProblemKind
from monitors.protocol_health import SILENCE
from monitors.targets import Target

log = logging.getLogger(__name__)

GRACE_S = 5.0
"""How much longer than a probe's own deadline it may take before it is cancelled."""
FIRST_ROUND_S = 20.0
"""How long the first round may take where the interval is shorter: devices are recognised in it."""
STARTS_PER_S = 50.0
"""How fast the first round goes: everything is seen soon after the start, without a burst."""
BEAT_S = 0.01
"""Polls that are due within this time begin together: to wake up for each costs more than that."""
STALL_S = 1.0
"""When the event loop stood still for so long, a silence in that time is not the device's."""
NOT_HEARD = SILENCE | {ProblemKind.MUTE}
MOST_EXCUSED = 3
"""Silences of one target in a row that the loop is blamed for; then they count all the same."""


@dataclass(slots=True)
class PollCounters:
    """What the poller did since it started."""

    polls: int = 0
    failures: Counter[ProblemKind] = field(default_factory=Counter)
    running: int = 0
    late_s: float = 0.0
    """How late the latest poll began against its schedule."""
    hastened: int = 0
    """Times that a hint has brought a device's poll forward."""


def _keeps_log(probe: Probe) -> TypeGuard[KeepsLog]:
    return _is_log_keeper(type(probe))


@cache
def _is_log_keeper(kind: type[Probe]) -> bool:
    """Remembered, because a look at every method of a protocol takes its time."""
    return issubclass(kind, KeepsLog)


OnEntries = Callable[[Poll, Sequence[LogEntry]], None]
"""Takes what a device's own log had that was new, with the poll that found it."""


class Poller:
    """Polls a set of targets until it is stopped."""

    def __init__(
        self,
        on_poll: Callable[[Poll], None],
        grace_s: float = GRACE_S,
        on_entries: OnEntries | None = None,
        stalled_s: Callable[[float], float] = lambda _: 0.0,
    ) -> None:
        """`stalled_s` says how long the loop stood still since a moment of its clock."""
        self.counters = PollCounters()
        self._on_poll = on_poll
        self._on_entries = on_entries
        self._grace_s = grace_s
        self._stalled_s = stalled_s
        self._tasks: list[asyncio.Task[None]] = []
        self._targets: list[Target] = []
        self._haste = Haste(lambda: asyncio.get_running_loop().time())

    def hasten(self, device: str) -> None:
        """Polls a device now instead of at its time: something says that it has changed."""
        self.counters.hastened += self._haste.hasten(device)

    def start(self, targets: Iterable[Target]) -> None:
        """Begins to poll, spread over each target's interval."""
        self._targets = list(targets)
        begun = asyncio.get_running_loop().time()
        for number, target in enumerate(self._targets):
            first = first_delay(number, target.interval_s)
            phase = phase_of(number, len(self._targets), target.interval_s)
            self._tasks.append(
                asyncio.create_task(
                    self._run(target, begun + first, begun + phase),
                    name=f"poll {target.device} {target.protocol}",
                )
            )

    async def stop(self) -> None:
        """Cancels what is under way and closes the probes."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        await asyncio.gather(*(self._close(target) for target in self._targets))

    async def _close(self, target: Target) -> None:
        try:
            async with asyncio.timeout(self._grace_s):
                await target.probe.close()
        except (OSError, WatchfloorError):
            pass  # the device could not be told, or not in time; it notices by itself
        except Exception:
            log.exception("probe of %s over %s cannot be closed", target.device, target.protocol)

    async def _run(self, target: Target, first: float, phase: float) -> None:
        loop = asyncio.get_running_loop()
        due = first
        alarm = self._haste.alarm(target.device)
        excused = 0
        while True:
            await alarm.until(due)
            begun = loop.time()
            self.counters.late_s = max(0.0, begun - due)
            poll = await self._poll(target)
            self.counters.polls += 1
            if poll.problem is not None:
                self.counters.failures[poll.problem.kind] += 1
            excused = excused + 1 if self._is_own_fault(poll, begun) else 0
            if excused in range(1, MOST_EXCUSED + 1):
                log.warning(
                    "%s over %s: not heard while the loop stood still",
                    target.device,
                    target.protocol,
                )
            else:
                self._pass_on(target, poll)
            due = next_due(phase, target.interval_s, loop.time())

    def _is_own_fault(self, poll: Poll, begun: float) -> bool:
        """Whether a silence says more of this busy process than of the device."""
        silent = poll.problem is not None and poll.problem.kind in NOT_HEARD
        return silent and self._stalled_s(begun) >= STALL_S

    def _pass_on(self, target: Target, poll: Poll) -> None:
        try:
            self._on_poll(poll)
            self._pass_on_log(target.probe, poll)
        except Exception:  # what one answer breaks must not end the polling of its device
            log.exception("a poll of %s over %s was not taken in", target.device, target.protocol)

    def _pass_on_log(self, probe: Probe, poll: Poll) -> None:
        if self._on_entries is not None and _keeps_log(probe):
            entries = probe.take_events()
            if entries:
                self._on_entries(poll, entries)

    async def _poll(self, target: Target) -> Poll:
        started_at, begun = datetime.now(UTC), asyncio.get_running_loop().time()
        self.counters.running += 1
        try:
            async with asyncio.timeout(target.deadline_s + self._grace_s):
                return await target.probe.poll()
        except TimeoutError:
            problem = Problem(
                ProblemKind.SILENT,
                f"the poll was given up after {target.deadline_s + self._grace_s:g} s",
            )
        except Exception as error:
            log.exception("probe of %s over %s failed", target.device, target.protocol)
            problem = Problem(
                ProblemKind.FAILED,
                f"the probe itself failed ({type(error).__name__}); the monitor's log has more",
            )
        finally:
            self.counters.running -= 1
        duration_s = asyncio.get_running_loop().time() - begun
        return Poll(target.device, target.protocol, started_at, duration_s, problem=problem)


def first_delay(number: int, interval_s: float) -> float:
    """Seconds until a target's first poll: soon, and the targets one after the other."""
    return (number / STARTS_PER_S) % max(interval_s, FIRST_ROUND_S)


def phase_of(number: int, count: int, interval_s: float) -> float:
    """Where in the interval a target's polls begin: spread, those of one beat together."""
    return number * interval_s / count // BEAT_S * BEAT_S


def next_due(phase: float, interval_s: float, now: float) -> float:
    """When a target is due next: the first moment of its grid that is well ahead.

    Slots that have passed are left out. One that is less than a quarter of an interval away is,
    too: after the quick first round or an overlong poll, no device is asked twice in a row.
    """
    passed = (now - phase) // interval_s
    due = phase + (passed + 1) * interval_s
    return due if due - now >= interval_s / 4 else due + interval_s

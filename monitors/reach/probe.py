"""Asks one device everything that the inventory wants asked from outside, all at once."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from monitors.net.errors import CredentialError, NetError, OurSideError, SilentError
from monitors.probe import Poll, Problem, ProblemKind
from monitors.reach.asker import Asker
from monitors.reach.clock import QuietError
from monitors.reach.part import PROTOCOL
from monitors.reading import Reading, State

_NOBODY_THERE = frozenset({ProblemKind.SILENT, ProblemKind.UNREACHABLE})


@dataclass(frozen=True, slots=True)
class ReachTarget:
    """Which device is asked, and what."""

    device: str
    askers: tuple[Asker, ...]
    deadline_s: float = 10.0
    """How long one poll may take."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    readings: tuple[Reading, ...] = ()
    error: NetError | None = None


class ReachProbe:
    """Implements `monitors.probe.Probe`. A check that fails is a failed part of the device; only
    when nothing at all answers is the device itself silent."""

    protocol = PROTOCOL

    def __init__(self, target: ReachTarget) -> None:
        self.target = target

    @property
    def device(self) -> str:
        """The device's name in the inventory."""
        return self.target.device

    async def poll(self) -> Poll:
        """Polls once within the target's deadline."""
        started_at, start = datetime.now(UTC), time.monotonic()
        outcomes = await asyncio.gather(*(self._ask(asker) for asker in self.target.askers))
        problem = _problem(outcomes)
        return Poll(
            device=self.device,
            protocol=PROTOCOL,
            started_at=started_at,
            duration_s=time.monotonic() - start,
            readings=()
            if problem is not None
            else tuple(
                reading
                for asker, outcome in zip(self.target.askers, outcomes, strict=True)
                for reading in (outcome.readings or (_failed(asker, outcome),))
            ),
            problem=problem,
        )

    async def close(self) -> None:
        """Nothing is kept open between polls. Safe to call twice."""

    async def _ask(self, asker: Asker) -> _Outcome:
        try:
            async with asyncio.timeout(self.target.deadline_s):
                return _Outcome(await asker.ask())
        except NetError as error:
            return _Outcome(error=error)
        except TimeoutError:
            slow = f"{asker.part.name}: not done after {self.target.deadline_s:g} s"
            return _Outcome(error=SilentError(f"{slow}: look at its load, or ask for less"))


def _problem(outcomes: Sequence[_Outcome]) -> Problem | None:
    """Why nothing could be said of the device; None when anything answered, be it with a no."""
    errors = [outcome.error for outcome in outcomes if outcome.error is not None]
    if len(errors) < len(outcomes) or not errors:
        return None
    theirs = [error for error in errors if not isinstance(error, OurSideError)]
    if all(error.kind in _NOBODY_THERE for error in theirs):
        return (theirs or errors)[0].problem()
    return None


def _failed(asker: Asker, outcome: _Outcome) -> Reading:
    error = outcome.error
    assert error is not None
    if isinstance(error, OurSideError):
        return asker.part.fails(str(error), State.UNKNOWN)
    if isinstance(error, CredentialError | QuietError):
        return asker.part.fails(str(error), State.WARNING)
    return asker.part.fails(str(error))

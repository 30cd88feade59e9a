"""The life of one alert, step by step (the shapes of ISA-18.2). Pure.

Timers count seconds in which the monitor looked, not wall-clock time: a leap of the clock, a
suspended machine or a stopped monitor neither fires nor clears anything.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from monitors.alerts.findings import Key
from monitors.snapshot import Phase


class Change(StrEnum):
    """What the journal says happened."""

    BEGAN = "began"
    FIRED = "fired"
    FIRED_AGAIN = "fired-again"
    RETURNED = "returned"
    ACKED = "acked"
    CLEARED = "cleared"
    VANISHED = "vanished"
    """A pending one whose condition went before its on-delay had passed."""
    SUPPRESSED = "suppressed"
    """Its cause became an alert, which speaks for it."""
    RETIRED = "retired"
    """Its device or definition has left the inventory."""


@dataclass(frozen=True, slots=True)
class Timers:
    """How long conditions must hold or be gone."""

    on_delay_s: float
    off_delay_s: float


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One alert from its beginning to its end. What the store keeps."""

    id: str
    key: Key
    phase: Phase
    since: datetime
    summary: str
    element: str = ""
    cause: str = ""
    fired_at: datetime | None = None
    returned_at: datetime | None = None
    acked_at: datetime | None = None
    acked_by: str = ""
    comment: str = ""
    active_s: float = 0.0
    """How long the condition has held while pending."""
    quiet_s: float = 0.0
    """How long it has been gone since it last held."""

    @property
    def fires(self) -> bool:
        """Whether its condition counts as holding."""
        return self.phase in (Phase.UNACKED, Phase.ACKED)


Step = tuple[Occurrence | None, Change | None]
"""The occurrence after a step (None when it is over), and what happened, if anything did."""


def step(
    occurrence: Occurrence, *, active: bool, elapsed_s: float, timers: Timers, now: datetime
) -> Step:
    """One look at the condition, `elapsed_s` after the one before."""
    match occurrence.phase:
        case Phase.PENDING:
            return _step_pending(occurrence, active, elapsed_s, timers, now)
        case Phase.RETURNED:
            return _step_returned(occurrence, active)
        case _:
            return _step_firing(occurrence, active, elapsed_s, timers, now)


def acknowledge(occurrence: Occurrence, by: str, comment: str, now: datetime) -> Step:
    """Somebody sees to it. One that has returned is over; acknowledging twice changes nothing."""
    acked = replace(occurrence, acked_at=now, acked_by=by, comment=comment)
    match occurrence.phase:
        case Phase.UNACKED:
            return replace(acked, phase=Phase.ACKED), Change.ACKED
        case Phase.RETURNED:
            return None, Change.CLEARED
        case _:
            return occurrence, None


def _step_pending(
    occurrence: Occurrence, active: bool, elapsed_s: float, timers: Timers, now: datetime
) -> Step:
    if not active:
        return None, Change.VANISHED
    active_s = occurrence.active_s + elapsed_s
    if active_s < timers.on_delay_s:
        return replace(occurrence, active_s=active_s), None
    fired = replace(occurrence, phase=Phase.UNACKED, active_s=active_s, fired_at=now)
    return fired, Change.FIRED


def _step_firing(
    occurrence: Occurrence, active: bool, elapsed_s: float, timers: Timers, now: datetime
) -> Step:
    if active:
        return (replace(occurrence, quiet_s=0.0) if occurrence.quiet_s else occurrence), None
    quiet_s = occurrence.quiet_s + elapsed_s
    if quiet_s < timers.off_delay_s:
        return replace(occurrence, quiet_s=quiet_s), None
    if occurrence.phase is Phase.ACKED:
        return None, Change.CLEARED
    returned = replace(occurrence, phase=Phase.RETURNED, returned_at=now, quiet_s=quiet_s)
    return returned, Change.RETURNED


def _step_returned(occurrence: Occurrence, active: bool) -> Step:
    if not active:
        return occurrence, None
    again = replace(occurrence, phase=Phase.UNACKED, returned_at=None, quiet_s=0.0)
    return again, Change.FIRED_AGAIN

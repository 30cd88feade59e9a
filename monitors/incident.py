"""An incident: something is going on in the room, and nobody should change the center meanwhile."""

from dataclasses import dataclass
from datetime import datetime

from monitors.events import Event, EventKind


@dataclass(frozen=True, slots=True)
class Incident:
    """One that stands."""

    since: datetime
    by: str
    reason: str


def incident_of(event: Event | None) -> Incident | None:
    """What the last event of that kind says; None when it says that it is over."""
    if event is None or event.kind is not EventKind.INCIDENT or event.payload.get("over"):
        return None
    return Incident(event.at, event.actor, event.summary)

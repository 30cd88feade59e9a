"""What the monitor is told: by others of runs, drift, incidents, maintenance; by gear of itself.

Idempotent and bounded.
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, ValidationError
from pydantic.types import StringConstraints

from inventory.errors import WatchfloorError
from monitors.probe import LogEntry, Poll, Restarted
from monitors.reading import State

LARGEST_EVENT = 64 * 1024
"""Bytes of one event as JSON."""

Word = Annotated[str, StringConstraints(pattern=r"^[\w.:@/+-]{1,128}\Z")]


class EventError(WatchfloorError):
    """What was sent is no event, or contradicts one that was sent before."""


class EventKind(StrEnum):
    """What an event tells of."""

    RUN = "run"
    DRIFT = "drift"
    INCIDENT = "incident"
    MAINTENANCE = "maintenance"
    DISCOVERY = "discovery"
    """A sweep of a network, and how many devices the inventory does not know there."""
    RETIREMENT = "retirement"
    """Sensors that are expected no more."""
    TRAP = "trap"
    """An SNMP trap or inform."""
    SYSLOG = "syslog"
    NOTICE = "notice"
    """A PJLink status notice."""
    LOG = "log"
    """A new entry in the log that a device keeps itself."""
    RESTART = "restart"
    """A device has started anew: its uptime says so."""


FROM_GEAR = frozenset(
    {EventKind.TRAP, EventKind.SYSLOG, EventKind.NOTICE, EventKind.LOG, EventKind.RESTART}
)
"""What devices say themselves. It is kept and shown, and decides nothing."""
FINDINGS = frozenset({EventKind.DRIFT, EventKind.DISCOVERY})
"""What says how many differences there are; none ends what was found before."""
STANDING = FINDINGS | {EventKind.INCIDENT}
"""What holds until another event of its kind ends it."""
HINTS = frozenset({EventKind.TRAP, EventKind.NOTICE})
"""What makes the monitor look at the device at once."""


class Event(BaseModel):
    """One event. Sent twice with the same id, it counts once."""

    # pydantic's own engine makes 12 MB of `Word`: every letter of Unicode, 128 times.
    model_config = ConfigDict(frozen=True, extra="forbid", regex_engine="python-re")

    id: Word
    """Chosen by the sender, unique for ever: a UUID or a run's id with the host's name."""
    kind: EventKind
    at: AwareDatetime
    actor: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    """Who did it or what saw it."""
    device: Annotated[str, StringConstraints(max_length=63)] = ""
    """The device's name; empty for the whole center."""
    payload: dict[str, JsonValue] = {}
    """Of drift: `changes`, the number of differences (0 ends it), and `summary`, one line.

    Of discovery: the same, with `scope`, the network that was swept.

    Of an incident: `summary`, what is going on; `over`, true when it has ended.

    Of gear: `summary`, one line; `state`, how bad the device says it is; `name`, the well-known
    name; `values`, what else it said.
    """

    @property
    def scope(self) -> str:
        """Of discovery: the network that was swept."""
        value = self.payload.get("scope", "")
        return " ".join(value.split())[:100] if isinstance(value, str) else ""

    @property
    def changes(self) -> int:
        """Of drift and discovery: how many differences there are."""
        value = self.payload.get("changes", 0)
        return value if isinstance(value, int) else 0

    @property
    def summary(self) -> str:
        """One line for people; may be empty."""
        value = self.payload.get("summary", "")
        shown = "".join(letter if letter.isprintable() else " " for letter in str(value)[:2000])
        return " ".join(shown.split())[:300]

    @property
    def state(self) -> State:
        """How bad the sender says it is; unknown where it does not say."""
        value = self.payload.get("state")
        return State(value) if isinstance(value, str) and value in set(State) else State.UNKNOWN


class FindingPayload(BaseModel):
    """What an event of drift or discovery must carry."""

    model_config = ConfigDict(frozen=True, extra="allow")

    changes: Annotated[int, Field(ge=0, le=1_000_000)]
    summary: Annotated[str, StringConstraints(max_length=1000)] = ""


def parse_event(text: bytes) -> Event:
    """An event from JSON, its time in UTC. Raises `EventError` with one line."""
    if len(text) > LARGEST_EVENT:
        raise EventError(f"event: larger than {LARGEST_EVENT} bytes; send a shorter payload")
    try:
        event = Event.model_validate_json(text)
        if event.kind is EventKind.DRIFT and not event.device:
            raise EventError("event: device: drift is about one device; name it")
        if event.kind in FINDINGS:
            FindingPayload.model_validate(event.payload)
        if event.kind in FROM_GEAR:
            raise EventError(f"event: kind: a {event.kind} comes from gear, not over the API")
        return event.model_copy(update={"at": event.at.astimezone(UTC)})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise EventError(f"event: {place}: {first['msg']}") from error


def latest(events: Iterable[Event], kind: EventKind) -> dict[tuple[str, str], Event]:
    """(Device, scope) -> the last event of a kind about it."""
    found: dict[tuple[str, str], Event] = {}
    for event in events:
        about = event.device, event.scope
        before = found.get(about)
        if event.kind is kind and (before is None or event.at >= before.at):
            found[about] = event
    return found


def standing(events: Iterable[Event], kind: EventKind) -> dict[tuple[str, str], str]:
    """(Device, scope) -> what the last event of a kind says of it, where it has findings."""
    return {
        about: event.summary or f"{event.changes} differences"
        for about, event in latest(events, kind).items()
        if event.changes
    }


def log_event(poll: Poll, entry: LogEntry) -> Event:
    """An entry of a device's own log. The same entry, read again, is the same event."""
    mark = hashlib.sha256(f"{poll.device}\0{poll.protocol}\0{entry!r}".encode()).hexdigest()[:24]
    about = f"{entry.sensor}: {entry.text}" if entry.sensor else entry.text
    kind = EventKind.RESTART if isinstance(entry, Restarted) else EventKind.LOG
    payload: dict[str, JsonValue] = {"summary": about[:300], "state": entry.state.value}
    if isinstance(entry, Restarted):
        payload["values"] = {"uptime before, s": entry.before_s, "uptime now, s": entry.now_s}
    elif entry.at is not None:
        payload["values"] = {"logged at": entry.at.isoformat()}
    return Event(
        id=f"{kind}-{poll.protocol}-{mark}",
        kind=kind,
        at=poll.started_at,
        actor=poll.protocol,
        device=poll.device,
        payload=payload,
    )

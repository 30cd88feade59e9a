"""What the receiver hands to the engine over its socket: events of gear, and how it is itself."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from monitors.events import FROM_GEAR, Event, EventError

MOST_EVENTS = 50
"""In one batch, so that it stays below what the engine reads from its socket at once."""
BEAT_S = 2.0
"""The receiver says this often how it is, even when nothing comes in."""

Count = Annotated[int, Field(ge=0)]


class ReceiverStatus(BaseModel):
    """What the receiver has counted since it started."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    received: Mapping[str, Count] = {}
    """Messages that were taken in, by `trap`, `inform`, `syslog`, `notice`."""
    dropped: Mapping[str, Mapping[str, Count]] = {}
    """Messages that were not, by where they came in (`traps`, `syslog`, `notices`) and why."""
    queued: Count = 0
    """Events that wait for the engine."""
    lost: Count = 0
    """Events that could not wait any longer because too many did."""


class Heard(BaseModel):
    """One batch. Sent twice, it counts once: events have ids."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: AwareDatetime
    status: ReceiverStatus
    events: Annotated[tuple[Event, ...], Field(max_length=MOST_EVENTS)] = ()


def parse_heard(body: bytes) -> Heard:
    """A batch from JSON. Raises `EventError` with one line."""
    try:
        heard = Heard.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise EventError(f"heard: {place}: {first['msg']}") from error
    if any(event.kind not in FROM_GEAR for event in heard.events):
        raise EventError("heard: the receiver tells of gear only")
    return heard

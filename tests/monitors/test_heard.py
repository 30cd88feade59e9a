"""What gear says reaches the engine through the receiver or a poll, and through nothing else."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from monitors.events import FROM_GEAR, Event, EventError, EventKind, log_event, parse_event
from monitors.heard import MOST_EVENTS, Heard, ReceiverStatus, parse_heard
from monitors.metric_families import FAMILIES
from monitors.metrics import Metrics
from monitors.probe import Poll
from monitors.reading import State

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
POLL = Poll("srv-1", "ipmi", NOW, 0.1)


@dataclass(frozen=True)
class Entry:
    """As a BMC's log has them."""

    at: datetime | None = NOW
    sensor: str = "PS1 Status"
    text: str = "failure"
    state: State = State.CRITICAL
    record_id: int = 7


def event(kind: EventKind = EventKind.TRAP, number: int = 1) -> Event:
    return Event(id=f"e{number}", kind=kind, at=NOW, actor="receiver", device="sw-1")


@pytest.mark.parametrize("kind", sorted(FROM_GEAR))
def test_nobody_speaks_for_gear_over_the_api(kind: EventKind) -> None:
    with pytest.raises(EventError, match="comes from gear, not over the API"):
        parse_event(event(kind).model_dump_json().encode())


def test_the_receiver_tells_of_gear_only() -> None:
    heard = Heard(at=NOW, status=ReceiverStatus(), events=(event(EventKind.DRIFT),))
    with pytest.raises(EventError, match="tells of gear only"):
        parse_heard(heard.model_dump_json().encode())


@pytest.mark.parametrize(
    "change", [{"events": [{}]}, {"status": {"queued": -1}}, {"at": "noon"}, {"more": 1}]
)
def test_a_batch_that_makes_no_sense_is_refused_in_one_line(change: dict[str, object]) -> None:
    whole = json.loads(Heard(at=NOW, status=ReceiverStatus()).model_dump_json())
    with pytest.raises(EventError) as caught:
        parse_heard(json.dumps({**whole, **change}).encode())
    assert "\n" not in str(caught.value)


def test_a_batch_has_an_end() -> None:
    whole = json.loads(Heard(at=NOW, status=ReceiverStatus()).model_dump_json())
    events = [event(number=n).model_dump(mode="json") for n in range(MOST_EVENTS + 1)]
    with pytest.raises(EventError, match="events"):
        parse_heard(json.dumps({**whole, "events": events}).encode())


def test_an_entry_of_a_device_s_log_is_an_event_and_the_same_one_each_time() -> None:
    first, again = log_event(POLL, Entry()), log_event(POLL, Entry())
    assert first == again
    assert (first.kind, first.device, first.state) == (EventKind.LOG, "srv-1", State.CRITICAL)
    assert first.summary == "PS1 Status: failure"
    other = log_event(POLL, Entry(record_id=8, at=None, sensor=""))
    assert other.id != first.id
    assert (other.summary, "values" in other.payload) == ("failure", False)


def test_what_the_receiver_counts_is_in_the_metrics() -> None:
    metrics = Metrics("tiny")
    status = ReceiverStatus(
        received={"trap": 3}, dropped={"traps": {"community": 2}}, queued=1, lost=4
    )
    metrics.put_receiver(Heard(at=NOW, status=status))
    lines = metrics.text().decode().splitlines()
    assert 'watchfloor_received_messages_total{kind="trap"} 3' in lines
    assert 'watchfloor_receiver_dropped_total{port="traps",reason="community"} 2' in lines
    assert "watchfloor_receiver_queue 1" in lines
    assert "watchfloor_receiver_lost_total 4" in lines
    assert {line.split()[2] for line in lines if line.startswith("# TYPE")} <= {
        family.name for family in FAMILIES
    }

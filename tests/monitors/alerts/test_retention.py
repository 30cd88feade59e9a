"""The store keeps within its bounds, and what is still needed whatever its age."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitors.alerts.desk import Transition
from monitors.alerts.findings import Key
from monitors.alerts.life import Change, Occurrence
from monitors.alerts.retention import Retention
from monitors.alerts.store import AlertStore
from monitors.events import Event, EventKind
from monitors.snapshot import Phase

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[AlertStore]:
    store = AlertStore(tmp_path / "monitor.sqlite")
    yield store
    store.close()


def event(number: int, kind: EventKind, device: str = "sw-1", days: float = 0) -> Event:
    at = NOW - timedelta(days=days) + timedelta(seconds=number)
    payload = {"changes": 1} if kind is EventKind.DRIFT else {}
    return Event(
        id=f"{kind}-{device}-{number}", kind=kind, at=at, actor="x", device=device, payload=payload
    )


def journal(number: int, days: float, *, over: bool) -> Transition:
    at = NOW - timedelta(days=days)
    occurrence = Occurrence(
        f"a{number}", Key("device-silent", "sw-1", ""), Phase.UNACKED, at, "silent", fired_at=at
    )
    return Transition(at, Change.FIRED, occurrence, over=over)


def ids(store: AlertStore, **wanted: str) -> list[str]:
    return [event.id for event in store.events(**wanted)]  # type: ignore[arg-type]


def test_the_latest_come_first_and_can_be_chosen(store: AlertStore) -> None:
    store.write([event(1, EventKind.TRAP), event(3, EventKind.LOG), event(2, EventKind.TRAP, "b")])
    assert ids(store) == ["log-sw-1-3", "trap-b-2", "trap-sw-1-1"]
    assert ids(store, device="sw-1") == ["log-sw-1-3", "trap-sw-1-1"]
    assert ids(store, device="sw-1", kind="trap") == ["trap-sw-1-1"]
    assert [event.id for event in store.events(limit=1)] == ["log-sw-1-3"]


def test_old_events_of_gear_go_before_those_of_people(store: AlertStore) -> None:
    kinds = (EventKind.TRAP, EventKind.SYSLOG, EventKind.LOG, EventKind.NOTICE, EventKind.RUN)
    store.write([event(1, kind, days=40) for kind in kinds])
    store.write([event(1, EventKind.RUN, "old", days=500), event(2, EventKind.TRAP, days=1)])
    assert store.prune(NOW) == 5
    assert set(ids(store)) == {"run-sw-1-1", "trap-sw-1-2"}


def test_one_loud_device_does_not_push_out_the_others(store: AlertStore) -> None:
    loud = [event(number, EventKind.SYSLOG, "loud") for number in range(100)]
    store.write([event(0, EventKind.TRAP, "quiet", days=3), *loud])
    store.prune(NOW, Retention(gear_events=1000, gear_events_of_device=10))
    assert len(ids(store, device="loud")) == 10
    assert ids(store, device="loud")[0] == "syslog-loud-99"
    assert len(ids(store, device="quiet")) == 1
    store.prune(NOW, Retention(gear_events=5))
    assert ids(store) == [f"syslog-loud-{number}" for number in (99, 98, 97, 96, 95)]


def test_the_last_drift_of_a_device_stays(store: AlertStore) -> None:
    store.write([event(n, EventKind.DRIFT, f"srv-{n % 2}", days=500 - n) for n in range(6)])
    store.prune(NOW, Retention(events=0))
    assert ids(store) == ["drift-srv-1-5", "drift-srv-0-4"]
    assert {event.device for event in store.last_events(["drift"])} == {"srv-0", "srv-1"}


def test_the_journal_of_open_alerts_stays(store: AlertStore) -> None:
    store.write([journal(1, 500, over=True), journal(2, 500, over=False)])
    store.write([journal(3, 1, over=True), journal(4, 2, over=True)])
    store.prune(NOW)
    assert {line.occurrence for line in store.journal()} == {"a2", "a3", "a4"}
    store.prune(NOW, Retention(journal=1))
    assert {line.occurrence for line in store.journal()} == {"a2", "a3"}


def test_a_store_of_before_gets_its_indexes(tmp_path: Path, store: AlertStore) -> None:
    store._db.execute("DROP INDEX events_of_device")
    store._db.execute("DROP INDEX events_by_time")
    store.close()
    again = AlertStore(tmp_path / "monitor.sqlite")
    names = {name for (name,) in again._db.execute("SELECT name FROM sqlite_schema")}
    again.close()
    assert {"events_of_device", "events_by_time"} <= names

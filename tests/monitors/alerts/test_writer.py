"""The store's thread acknowledges after the commit, and waits out a full disk."""

import sqlite3
import threading
from collections.abc import Iterable
from pathlib import Path

import pytest

from monitors.alerts import writer as writer_module
from monitors.alerts.store import AlertStore, Record, StoreError
from monitors.alerts.writer import StoreBusyError, StoreWriter
from monitors.events import EventError
from tests.monitors.alerts.test_store import event, fired
from tests.wait import until


class SmallDisk(AlertStore):
    """A store whose disk is full until `room` is given to it; SQLite itself refuses."""

    full = True

    def write(self, records: Iterable[Record]) -> None:
        (pages,) = self._db.execute("PRAGMA page_count").fetchone()
        limit = pages if self.full else 1_000_000
        self._db.execute(f"PRAGMA max_page_count = {limit}")
        super().write(records)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(writer_module, "LONGEST_PAUSE_S", 0.02)


def big(number: int) -> Record:
    """A record that needs new pages."""
    transition = fired(number)
    return type(transition)(
        transition.at, transition.change, transition.occurrence, over=False, note="x" * 10_000
    )


def test_a_write_is_done_after_its_commit(tmp_path: Path) -> None:
    path = tmp_path / "monitor.sqlite"
    writer = StoreWriter(path)
    writer.write(fired(1)).result(5)
    # Another connection sees only what was committed.
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT id FROM occurrences").fetchall() == [("a1",)]
    db.close()
    assert writer.close() == 0


def test_a_full_disk_is_waited_out_in_order(tmp_path: Path) -> None:
    SmallDisk.full = True
    writer = StoreWriter(tmp_path / "monitor.sqlite", SmallDisk)
    waiting = [writer.write(big(number)) for number in range(5)]
    until(lambda: "full" in writer.problem, 5, "the problem to be named")
    assert "5 records wait" in writer.problem
    assert "monitor.sqlite" in writer.problem
    assert not any(done.done() for done in waiting)
    # Reading goes on meanwhile.
    assert writer.ask(lambda store: store.occurrences()).result(5) == []
    SmallDisk.full = False
    for done in waiting:
        done.result(5)
    until(lambda: writer.problem == "", 5, "the problem to be gone")
    ids = [line.occurrence for line in writer.ask(lambda store: store.journal()).result(5)]
    assert ids == ["a4", "a3", "a2", "a1", "a0"]
    assert writer.close() == 0


def test_what_cannot_be_written_at_the_end_is_counted(tmp_path: Path) -> None:
    SmallDisk.full = True
    writer = StoreWriter(tmp_path / "monitor.sqlite", SmallDisk)
    writer.write(big(1))
    writer.write(big(2))
    assert writer.close() == 2


def test_beyond_its_bound_a_record_is_refused_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SmallDisk.full = True
    monkeypatch.setattr(writer_module, "MOST_WAITING", 2)
    writer = StoreWriter(tmp_path / "monitor.sqlite", SmallDisk)
    writer.write(big(1))
    writer.write(big(2))
    with pytest.raises(StoreBusyError, match="free disk space"):
        writer.write(big(3)).result(5)
    assert "1 could not even be kept" in writer.problem
    writer.close()


def test_a_bad_record_does_not_harm_its_neighbours(tmp_path: Path) -> None:
    SmallDisk.full = True
    writer = StoreWriter(tmp_path / "monitor.sqlite", SmallDisk)
    # All of these wait together, and so go into one transaction.
    first, clash, last = event(1), event(1, changes=2), big(9)
    before = writer.write(big(1))
    until(lambda: "full" in writer.problem, 5, "the disk to be full")
    results = [writer.write(record) for record in (first, clash, last)]
    SmallDisk.full = False
    for done in (before, results[0], results[2]):
        done.result(5)
    with pytest.raises(EventError, match="other content"):
        results[1].result(5)
    assert writer.close() == 0


def test_who_no_longer_waits_for_an_answer_does_not_stop_the_writing(tmp_path: Path) -> None:
    """A task that waits is cancelled when its client hangs up, or when the engine ends."""
    begun, go_on = threading.Event(), threading.Event()

    def slow(_: AlertStore) -> None:
        begun.set()
        go_on.wait(10)

    writer = StoreWriter(tmp_path / "monitor.sqlite")
    writer.ask(slow)
    begun.wait(10)
    writer.ask(lambda store: store.journal()).cancel()
    writer.write(fired(1)).cancel()
    kept = writer.write(fired(2))
    go_on.set()
    kept.result(5)
    assert [each.id for each in writer.ask(lambda store: store.occurrences()).result(5)] == [
        "a1",
        "a2",
    ]
    assert writer.close() == 0


def test_after_the_end_nothing_is_taken(tmp_path: Path) -> None:
    writer = StoreWriter(tmp_path / "monitor.sqlite")
    writer.close()
    with pytest.raises(StoreBusyError):
        writer.write(fired(1)).result(5)


def test_a_store_that_does_not_open_is_an_error_at_once(tmp_path: Path) -> None:
    path = tmp_path / "monitor.sqlite"
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError):
        StoreWriter(path)


def test_a_failing_question_fails_for_its_asker_only(tmp_path: Path) -> None:
    writer = StoreWriter(tmp_path / "monitor.sqlite")
    with pytest.raises(ZeroDivisionError):
        writer.ask(lambda _: 1 // 0).result(5)
    writer.write(fired(1)).result(5)
    writer.close()

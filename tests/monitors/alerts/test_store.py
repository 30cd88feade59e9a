"""What the store acknowledged is there after `kill -9`; what it cannot use it says in a line."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from monitors.alerts.desk import Transition
from monitors.alerts.findings import Key
from monitors.alerts.life import Change, Occurrence
from monitors.alerts.store import FORMAT, AlertStore, Sensors, StoreError
from monitors.events import FINDINGS, Event, EventError, EventKind
from monitors.reading import SensorClass
from monitors.sensors import SensorKey
from monitors.snapshot import Phase
from tests.monitors.centers import at

ROOT = Path(__file__).parents[3]


def occurrence(number: int) -> Occurrence:
    key = Key("device-silent", f"srv-{number}", "")
    return Occurrence(f"a{number}", key, Phase.UNACKED, at(number), "silent", fired_at=at(number))


def fired(number: int) -> Transition:
    return Transition(at(number), Change.FIRED, occurrence(number), over=False)


def event(number: int, changes: int = 1, seconds: float = 0) -> Event:
    return Event(
        id=f"run-{number}",
        kind=EventKind.DRIFT,
        at=at(seconds),
        actor="drift",
        device="srv-1",
        payload={"changes": changes},
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "monitor.sqlite"


def test_everything_comes_back(path: Path) -> None:
    keys = [SensorKey("fan:1", SensorClass.FANSPEED, "Fan 1")]
    acked = replace(occurrence(1), phase=Phase.ACKED, acked_by="Sam", acked_at=at(9), comment='"')
    store = AlertStore(path)
    store.write([fired(1), Transition(at(9), Change.ACKED, acked, over=False, actor="Sam")])
    store.write([Sensors("srv-1", "ipmi", keys, at(0)), event(1)])
    store.close()
    again = AlertStore(path)
    assert again.occurrences() == [acked]
    assert again.sensors() == {("srv-1", "ipmi"): keys}
    assert again.last_events({"drift"}) == [event(1)]
    assert [(line.change, line.actor) for line in again.journal()] == [
        ("acked", "Sam"),
        ("fired", ""),
    ]
    again.close()


def test_what_is_over_leaves_the_journal_only(path: Path) -> None:
    store = AlertStore(path)
    store.write([fired(1), Transition(at(5), Change.CLEARED, occurrence(1), over=True)])
    assert store.occurrences() == []
    assert [line.change for line in store.journal()] == ["cleared", "fired"]
    store.close()


def test_all_of_a_batch_or_none(path: Path) -> None:
    store = AlertStore(path)
    store.write([event(1)])
    with pytest.raises(EventError, match="other content"):
        store.write([fired(1), event(1, changes=2)])
    assert store.occurrences() == []
    store.close()


def test_an_event_counts_once(path: Path) -> None:
    store = AlertStore(path)
    store.write([event(1)])
    store.write([event(1)])
    assert store.last_events({"drift"}) == [event(1)]
    store.close()


def test_the_last_event_of_each_device(path: Path) -> None:
    store = AlertStore(path)
    store.write([event(2, 0, seconds=20), event(1, 5, seconds=10)])
    assert [e.id for e in store.last_events({"drift"})] == ["run-2"]
    store.close()


def test_the_last_sweep_of_each_network(path: Path) -> None:
    store = AlertStore(path)
    sweeps = [
        Event(
            id=f"sweep-{number}",
            kind=EventKind.DISCOVERY,
            at=at(number),
            actor="discover",
            payload={"scope": scope, "changes": number},
        )
        for number, scope in enumerate(("10.0.0.0/24", "10.1.0.0/24", "10.0.0.0/24"))
    ]
    store.write(sweeps)
    assert {e.id for e in store.last_events(FINDINGS)} == {"sweep-1", "sweep-2"}
    store.prune(at(86400 * 1000))
    assert {e.id for e in store.last_events(FINDINGS)} == {"sweep-1", "sweep-2"}
    store.close()


def damage_header(path: Path) -> None:
    path.write_bytes(b"this is no database at all" * 100)


def damage_page(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:8192] = random.Random(1).randbytes(4096)
    path.write_bytes(content)


def make_newer(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {FORMAT + 1}")
    db.close()


def make_foreign(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE bookmarks (url TEXT)")
    db.close()


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("harm", "remedy"),
    [
        (damage_header, "restore a backup, or move it away"),
        (damage_page, "restore a backup, or move it away"),
        (make_newer, "update Watchfloor or name another --state-dir"),
        (make_foreign, "another program's database; move it away"),
        (make_folder, "cannot be opened"),
    ],
)
def test_a_store_that_cannot_be_used_is_one_clear_line(
    harm: Callable[[Path], None], remedy: str, path: Path
) -> None:
    store = AlertStore(path)
    store.write([fired(number) for number in range(200)])
    store.close()
    harm(path)
    with pytest.raises(StoreError) as raised:
        AlertStore(path)
    assert remedy in str(raised.value)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)


WRITER = """
import sys
from pathlib import Path
from monitors.alerts.writer import StoreWriter
from tests.monitors.alerts.test_store import fired
writer = StoreWriter(Path(sys.argv[1]))
number = int(sys.argv[2])
while True:
    futures = [writer.write(fired(n)) for n in range(number, number + 5)]
    for done in futures:
        done.result()
    print(*range(number, number + 5), flush=True)
    number += 5
"""


def test_every_acknowledged_write_survives_kill_9(path: Path) -> None:
    chance = random.Random(7)
    acknowledged: list[int] = []
    for _ in range(8):
        number = max(acknowledged, default=0) + 1000
        child = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(number)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert child.stdout is not None
        for _ in range(chance.randint(1, 30)):
            acknowledged += map(int, child.stdout.readline().split())
        child.send_signal(signal.SIGKILL)
        # What was printed before the kill was acknowledged, too.
        acknowledged += [int(word) for word in child.stdout.read().split()]
        child.stdout.close()
        child.wait()
        store = AlertStore(path)
        kept = {int(o.id[1:]) for o in store.occurrences()}
        store.close()
        assert set(acknowledged) <= kept
    assert len(acknowledged) >= 40

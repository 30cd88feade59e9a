"""The SQLite file that holds alerts, their journal, expected sensors and events.

What was committed here survives `kill -9` and a power cut: write-ahead log, `synchronous=FULL`.
One thread uses a store; `monitors.alerts.writer` is that thread.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter

from inventory.errors import WatchfloorError
from monitors.alerts.desk import Transition
from monitors.alerts.life import Occurrence
from monitors.alerts.retention import Retention, prune
from monitors.events import Event, EventError
from monitors.reading import SensorClass
from monitors.sensors import SensorKey

FORMAT = 1
APPLICATION_ID = 0x57464C52
"""Marks the file as ours (`PRAGMA application_id`)."""
JOURNAL_LINES = 1000
EVENTS_AT_ONCE = 1000

_SCHEMA = """
CREATE TABLE occurrences (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
CREATE TABLE journal (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    change TEXT NOT NULL,
    occurrence TEXT NOT NULL,
    actor TEXT NOT NULL,
    note TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX journal_by_occurrence ON journal (occurrence);
CREATE TABLE sensors (
    device TEXT NOT NULL,
    protocol TEXT NOT NULL,
    component TEXT NOT NULL,
    class TEXT NOT NULL,
    name TEXT NOT NULL,
    since TEXT NOT NULL,
    PRIMARY KEY (device, protocol, component, class, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE events (
    id TEXT PRIMARY KEY,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    device TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_device ON events (kind, device, at);
"""
_INDEXES = """
CREATE INDEX IF NOT EXISTS events_by_time ON events (at);
CREATE INDEX IF NOT EXISTS events_of_device ON events (device, at);
"""
"""Stores that were made before these had readers get them when they are opened."""

_OCCURRENCE = TypeAdapter(Occurrence)


class StoreError(WatchfloorError):
    """The store cannot be opened or written."""


@dataclass(frozen=True, slots=True)
class Sensors:
    """Sensors of one device that were seen for the first time, or are expected no more."""

    device: str
    protocol: str
    keys: Sequence[SensorKey]
    since: datetime
    gone: Sequence[SensorKey] = ()


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One line of what happened."""

    number: int
    at: datetime
    change: str
    occurrence: str
    actor: str
    note: str
    alert: str
    device: str
    component: str
    summary: str


Record = Transition | Sensors | Event


class AlertStore:
    """An open store. Made, used and closed by one thread."""

    def __init__(self, path: Path) -> None:
        """Opens or creates the file. Raises `StoreError` with one line and the remedy."""
        self.path = path
        try:
            self._db = sqlite3.connect(path, isolation_level=None, timeout=5.0)
        except sqlite3.Error as error:
            raise StoreError(
                f"{path}: cannot be opened ({error}); check the folder's owner and free space"
            ) from error
        try:
            self._prepare()
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Closes the file. Safe to call twice."""
        self._db.close()

    def write(self, records: Iterable[Record]) -> None:
        """Writes all of the records, or none. After it returns they survive a power cut.

        Raises `sqlite3.Error` when the disk is full or broken, `EventError` for a clashing event.
        """
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for record in records:
                self._write_one(record)
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def occurrences(self) -> list[Occurrence]:
        """Every alert that is not over, oldest first."""
        rows = self._db.execute("SELECT body FROM occurrences ORDER BY rowid")
        return [_OCCURRENCE.validate_json(body) for (body,) in rows]

    def sensors(self) -> Mapping[tuple[str, str], list[SensorKey]]:
        """(device, protocol) -> the sensors that were ever seen and not retired."""
        found: dict[tuple[str, str], list[SensorKey]] = {}
        rows = self._db.execute("SELECT device, protocol, component, class, name FROM sensors")
        for device, protocol, component, sensor_class, name in rows:
            key = SensorKey(component, SensorClass(sensor_class), name)
            found.setdefault((device, protocol), []).append(key)
        return found

    def last_events(self, kinds: Iterable[str]) -> list[Event]:
        """The latest event of each of the kinds for each device and scope."""
        rows = self._db.execute(
            "SELECT body, max(at) FROM events WHERE kind IN (SELECT value FROM json_each(?))"
            " GROUP BY kind, device, json_extract(body, '$.payload.scope')",
            (json.dumps(sorted(kinds)),),
        )
        return [Event.model_validate_json(body) for body, _ in rows]

    def journal(self, limit: int = 100) -> list[JournalLine]:
        """The latest lines, newest first."""
        rows = self._db.execute(
            "SELECT number, at, change, occurrence, actor, note, body FROM journal"
            " ORDER BY number DESC LIMIT ?",
            (min(limit, JOURNAL_LINES),),
        )
        return [_journal_line(row) for row in rows]

    def events(
        self, device: str | None = None, kind: str | None = None, limit: int = 100
    ) -> list[Event]:
        """The latest events, newest first."""
        wanted = {"device = ?": device, "kind = ?": kind}
        conditions = {text: value for text, value in wanted.items() if value is not None}
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        rows = self._db.execute(
            f"SELECT body FROM events{where} ORDER BY at DESC, rowid DESC LIMIT ?",  # noqa: S608 - the conditions are ours
            (*conditions.values(), min(limit, EVENTS_AT_ONCE)),
        )
        return [Event.model_validate_json(body) for (body,) in rows]

    def prune(self, now: datetime, keep: Retention | None = None) -> int:
        """Takes away what is older or more than is kept; how many rows. Raises `sqlite3.Error`."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            gone = prune(self._db, now, keep or Retention())
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        return gone

    def _prepare(self) -> None:
        try:
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute("PRAGMA foreign_keys=ON")
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            (mark,) = self._db.execute("PRAGMA application_id").fetchone()
            (tables,) = self._db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            if not tables:
                self._create()
            elif mark != APPLICATION_ID:
                raise StoreError(f"{self.path}: is another program's database; move it away")
            elif version != FORMAT:
                raise StoreError(
                    f"{self.path}: has format {version}, this version knows {FORMAT};"
                    " update Watchfloor or name another --state-dir"
                )
            else:
                self._check()
            self._db.executescript(_INDEXES)
        except sqlite3.DatabaseError as error:
            raise StoreError(
                f"{self.path}: cannot be used ({error}); restore a backup, or move it away to"
                " start with an empty one"
            ) from error

    def _create(self) -> None:
        with closing(self._db.cursor()) as cursor:
            cursor.executescript(
                f"BEGIN IMMEDIATE;{_SCHEMA}"
                f"PRAGMA application_id={APPLICATION_ID};PRAGMA user_version={FORMAT};COMMIT;"
            )

    def _check(self) -> None:
        (verdict,) = self._db.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(f"damaged: {' '.join(verdict.split())[:200]}")

    def _write_one(self, record: Record) -> None:
        match record:
            case Transition():
                self._write_transition(record)
            case Sensors():
                self._write_sensors(record)
            case Event():
                self._write_event(record)

    def _write_sensors(self, record: Sensors) -> None:
        place = record.device, record.protocol
        self._db.executemany(
            "DELETE FROM sensors"
            " WHERE device = ? AND protocol = ? AND component = ? AND class = ? AND name = ?",
            [(*place, key.component, key.sensor_class, key.name) for key in record.gone],
        )
        self._db.executemany(
            "INSERT OR IGNORE INTO sensors VALUES (?, ?, ?, ?, ?, ?)",
            [
                (*place, key.component, key.sensor_class, key.name, record.since.isoformat())
                for key in record.keys
            ],
        )

    def _write_transition(self, transition: Transition) -> None:
        occurrence = transition.occurrence
        body = _OCCURRENCE.dump_json(occurrence).decode()
        if transition.over:
            self._db.execute("DELETE FROM occurrences WHERE id = ?", (occurrence.id,))
        else:
            self._db.execute(
                "INSERT INTO occurrences VALUES (?, ?)"
                " ON CONFLICT (id) DO UPDATE SET body = excluded.body",
                (occurrence.id, body),
            )
        self._db.execute(
            "INSERT INTO journal (at, change, occurrence, actor, note, body)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                transition.at.isoformat(),
                transition.change,
                occurrence.id,
                transition.actor,
                transition.note,
                body,
            ),
        )

    def _write_event(self, event: Event) -> None:
        body = event.model_dump_json()
        known = self._db.execute("SELECT body FROM events WHERE id = ?", (event.id,)).fetchone()
        if known is None:
            self._db.execute(
                "INSERT INTO events VALUES (?, ?, ?, ?, ?)",
                (event.id, event.at.isoformat(), event.kind, event.device, body),
            )
        elif json.loads(known[0]) != json.loads(body):
            raise EventError(f"event {event.id}: was sent before with other content; use a new id")


def _journal_line(row: tuple[int, str, str, str, str, str, str]) -> JournalLine:
    number, at, change, occurrence, actor, note, body = row
    kept = _OCCURRENCE.validate_json(body)
    return JournalLine(
        number=number,
        at=datetime.fromisoformat(at),
        change=change,
        occurrence=occurrence,
        actor=actor,
        note=note,
        alert=kept.key.alert,
        device=kept.key.device,
        component=kept.key.component,
        summary=kept.summary,
    )

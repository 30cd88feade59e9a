"""How long the store keeps what has happened: bounded by age and by count, so that no disk fills.

What is still needed stays whatever its age: the last drift of a device and the last sweep of a
network, and the journal of open alerts.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitors.events import FINDINGS, FROM_GEAR

AT_ONCE = 50_000
"""Rows that one rule takes away at a time, so that no record waits long for the disk."""


@dataclass(frozen=True, slots=True)
class Retention:
    """What is kept. Whatever breaks either bound goes, the oldest first."""

    gear_days: int = 30
    """Of what gear itself says: traps, syslog, logs, notices."""
    gear_events: int = 100_000
    gear_events_of_device: int = 5_000
    """So that one chatty device does not push out what the others have said."""
    days: int = 400
    """Of what people and runs tell, and of the alerts' journal: over a year."""
    events: int = 50_000
    journal: int = 200_000


_GEAR = f"kind IN ({', '.join(repr(str(kind)) for kind in sorted(FROM_GEAR))})"
_TOLD = f"NOT {_GEAR}"
_NOT_THE_LATEST = (
    "rowid NOT IN (SELECT rowid FROM (SELECT rowid, max(at) FROM events"  # noqa: S608 - kinds are ours
    f" WHERE kind IN ({', '.join(repr(str(kind)) for kind in sorted(FINDINGS))})"
    " GROUP BY kind, device, json_extract(body, '$.payload.scope')))"
)
_CLOSED = "occurrence NOT IN (SELECT id FROM occurrences)"


def prune(db: sqlite3.Connection, now: datetime, keep: Retention) -> int:
    """Takes away what is too old or too much; how many rows went. Raises `sqlite3.Error`."""
    rules = [
        _older("events", _GEAR, now, keep.gear_days),
        _older("events", f"{_TOLD} AND {_NOT_THE_LATEST}", now, keep.days),
        _older("journal", _CLOSED, now, keep.days),
        _beyond("events", _GEAR, "true", keep.gear_events),
        _beyond("events", _TOLD, _NOT_THE_LATEST, keep.events),
        _beyond("journal", "true", _CLOSED, keep.journal),
        _beyond("events", _GEAR, "true", keep.gear_events_of_device, each="device"),
    ]
    return sum(db.execute(*rule).rowcount for rule in rules)


def _older(table: str, which: str, now: datetime, days: int) -> tuple[str, tuple[object, ...]]:
    cutoff = (now - timedelta(days=days)).isoformat()
    rows = f"SELECT rowid FROM {table} WHERE {which} AND at < ?"  # noqa: S608 - names are ours
    return _delete(table, rows), (cutoff,)


def _beyond(
    table: str, counted: str, loose: str, most: int, *, each: str = ""
) -> tuple[str, tuple[object, ...]]:
    """Of the `counted` rows (of each …), those beyond the latest `most` go, if they are `loose`."""
    partition = f"PARTITION BY {each} " if each else ""
    ranked = (
        f"SELECT rowid, row_number() OVER ({partition}ORDER BY at DESC, rowid DESC) AS place"  # noqa: S608 - names are ours
        f" FROM {table} WHERE {counted}"
    )
    return _delete(
        table,
        f"SELECT rowid FROM {table} WHERE {loose} AND rowid IN"  # noqa: S608 - names are ours
        f" (SELECT rowid FROM ({ranked}) WHERE place > ?)",
    ), (most,)


def _delete(table: str, rows: str) -> str:
    return f"DELETE FROM {table} WHERE rowid IN ({rows} LIMIT {AT_ONCE})"  # noqa: S608 - names are ours

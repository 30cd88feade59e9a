"""The logs of a BMC: how full they are, and what is new in them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from monitors.reading import SensorClass, State
from monitors.redfish.document import Document, shortened
from monitors.redfish.harvest import Harvest
from monitors.redfish.tree import Walker

MOST_AT_ONCE = 64
"""Entries that one look hands over; of more, the newest."""
MOST_REMEMBERED = 20_000
_SEVERITIES = {"OK": State.OK, "Warning": State.WARNING, "Critical": State.CRITICAL}


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One entry of a log."""

    entry: str
    """The entry's path, which names it."""
    at: datetime | None
    """By the BMC's clock; None where it did not know the time."""
    sensor: str
    text: str
    state: State
    """How bad it is; ok for what says that something bad has ended."""


def decode_entry(entry: Document) -> LogEvent:
    """One entry (schema LogEntry)."""
    severity = entry.text("Severity")
    return LogEvent(
        entry=entry.path,
        at=_time(entry.text("Created") or entry.text("EventTimestamp")),
        sensor=entry.text("SensorType") or entry.link("Links", "OriginOfCondition"),
        text=_message(entry) or entry.text("MessageId") or "no message",
        state=_SEVERITIES.get(severity, State.UNKNOWN if severity else State.OK),
    )


def _message(entry: Document) -> str:
    value = entry.values.get("Message")
    return shortened(value) if isinstance(value, str) else ""


def _time(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
        at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
        # A BMC without a clock counts from 1970, or from its start.
        return at.astimezone(UTC) if at.year >= 2000 else None
    except (ValueError, OverflowError):
        return None


class EventLog:
    """Reads what is new in one log. The first look remembers what is there and brings nothing."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.count: int | None = None
        self._known: frozenset[str] | None = None
        self._first_page: Document | None = None

    async def read_new(self, walker: Walker) -> tuple[LogEvent, ...]:
        """The entries since the last call, oldest first, at most MOST_AT_ONCE. Raises NetError."""
        first: Document | None = None
        entries: list[Document] = []
        async for page in walker.pages(self.path):
            if first is None:
                if page is self._first_page or "Members" not in page.values:
                    return ()  # the BMC says that nothing has changed, or nothing at all
                first, self.count = page, _count(page)
            entries += [entry for entry in page.parts("Members") if entry.path and entry.complete]
        self._first_page = first  # only now: a log that was read in part is read again
        return self._news(entries)

    def _news(self, entries: Sequence[Document]) -> tuple[LogEvent, ...]:
        present = frozenset(entry.path for entry in entries[:MOST_REMEMBERED])
        known, self._known = self._known, present
        if known is None:
            return ()
        fresh = [decode_entry(entry) for entry in entries if entry.path not in known]
        return tuple(_in_order(fresh)[-MOST_AT_ONCE:])


def _count(page: Document) -> int:
    said = page.number("Members@odata.count")
    return int(said) if said is not None and said >= 0 else sum(1 for _ in page.parts("Members"))


def _in_order(events: Iterable[LogEvent]) -> list[LogEvent]:
    """Oldest first: some BMCs list the newest entry first, some last."""
    unknown = datetime.min.replace(tzinfo=UTC)
    return sorted(events, key=lambda event: (event.at or unknown, _natural(event.entry)))


def _natural(path: str) -> tuple[int, str]:
    last = path.rstrip("/").rpartition("/")[2]
    return (int(last) if last.isdecimal() and len(last) < 20 else 0, last)


def read_counts(logs: Iterable[EventLog], harvest: Harvest) -> None:
    """How many entries each log has."""
    for log in logs:
        if log.count is not None:
            name = f"{log.path.removesuffix('/').split('/')[-2]} entries"
            harvest.measured(SensorClass.COUNT, "", name, float(log.count), log.path)

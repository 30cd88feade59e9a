"""What the NOC page shows, worked out of one snapshot. Pure: the templates only lay it out.

Grey is normal; a mark, a word and only then a colour say that something needs a person. Stale
values lose their emphasis (`fresh` is false) instead of gaining a badge.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from inventory.elements import describe
from inventory.topology import MOST, Power
from monitors.reading import State
from monitors.snapshot import AlertView, DeviceView, MarginView, Phase, Snapshot

SILENT_AFTER_S = 10.0
"""Without a word from the engine for so long, the page says that it does not update."""


class Tone(StrEnum):
    """How loud something is shown. Each has a mark, a word and a colour of its own."""

    CALM = "calm"
    NOTICE = "notice"
    WARNING = "warning"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


MARKS = {
    Tone.CALM: "○",
    Tone.NOTICE: "◇",
    Tone.WARNING: "△",
    Tone.CRITICAL: "■",
    Tone.UNKNOWN: "?",
}
"""A shape for each tone, so that colour never stands alone."""

STATE_TONES = {
    State.OK: Tone.CALM,
    State.WARNING: Tone.WARNING,
    State.CRITICAL: Tone.CRITICAL,
    State.UNKNOWN: Tone.UNKNOWN,
}
_LOUDNESS = [Tone.CRITICAL, Tone.WARNING, Tone.UNKNOWN, Tone.NOTICE, Tone.CALM]
_PRIORITY_TONES = {"P1": Tone.CRITICAL, "P2": Tone.WARNING, "P3": Tone.NOTICE}


class Marked:
    """What has a tone is shown with that tone's shape, too."""

    __slots__ = ()
    tone: Tone

    @property
    def mark(self) -> str:
        """The tone's shape."""
        return MARKS[self.tone]


@dataclass(frozen=True, slots=True)
class Tile(Marked):
    """One function of the center."""

    name: str
    title: str
    tone: Tone
    word: str
    detail: str
    """What the margin means, in words."""
    causes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row(Marked):
    """One device in the table."""

    name: str
    title: str
    kind: str
    where: str
    tone: Tone
    word: str
    detail: str
    fresh: bool
    read_at: str
    """Time of the last good poll in the center's time; empty when nobody polls it."""


@dataclass(frozen=True, slots=True)
class Section:
    """A rack, or the devices that stand in none."""

    title: str
    rows: tuple[Row, ...]

    @property
    def tone(self) -> Tone:
        """The loudest of its rows."""
        return min((row.tone for row in self.rows), key=_LOUDNESS.index, default=Tone.CALM)

    @property
    def mark(self) -> str:
        """The tone's shape."""
        return MARKS[self.tone]


@dataclass(frozen=True, slots=True)
class AlertRow(Marked):
    """One alert in the list."""

    id: str
    priority: str
    tone: Tone
    title: str
    summary: str
    cause: str
    impact: str
    phase: str
    acked_by: str
    since: str
    age: str
    hidden: int
    """How many other alerts it stands for: they follow from it and are held back."""
    runbook: str

    @property
    def state(self) -> str:
        """The phase, in a word that needs no explanation."""
        return "gone, unacked" if self.phase == Phase.RETURNED else self.phase


@dataclass(frozen=True, slots=True)
class Page(Marked):
    """The whole overview."""

    title: str
    headline: str
    tone: Tone
    tiles: tuple[Tile, ...]
    alerts: tuple[AlertRow, ...]
    sections: tuple[Section, ...]
    notices: tuple[str, ...]
    """What the monitor has to say about itself."""
    age: str
    """How old the data was when the page was made: `2 s`."""
    taken_at: str
    zone: str


def page(snapshot: Snapshot, now: datetime) -> Page:
    """The overview of a snapshot. `now` is UTC."""
    zone = ZoneInfo(snapshot.center.timezone)
    tiles = tuple(_tile(f) for f in sorted(snapshot.functions.values(), key=_by_priority))
    alerts = tuple(alert_row(a, now, zone) for a in sorted(snapshot.active_alerts, key=_is_over))
    return Page(
        title=snapshot.center.title,
        headline=headline(tiles, alerts),
        tone=min((t.tone for t in tiles), key=_LOUDNESS.index, default=Tone.CALM),
        tiles=tiles,
        alerts=alerts,
        sections=_sections(snapshot, now, zone),
        notices=_notices(snapshot),
        age=age((now - snapshot.taken_at).total_seconds()),
        taken_at=clock(snapshot.taken_at, zone),
        zone=snapshot.center.timezone,
    )


def headline(tiles: tuple[Tile, ...], alerts: tuple[AlertRow, ...]) -> str:
    """One sentence that answers: is the room all right?"""
    out = [tile.title for tile in tiles if tile.tone is Tone.CRITICAL]
    risky = [tile.title for tile in tiles if tile.tone is Tone.WARNING]
    if out:
        return f"Out of service: {', '.join(out)}"
    if risky:
        return f"Working, but the next failure is an outage: {', '.join(risky)}"
    if any(tile.tone is Tone.UNKNOWN for tile in tiles):
        return "Not everything has been read yet"
    standing = sum(alert.phase != Phase.RETURNED for alert in alerts)
    if standing:
        return f"All functions work; {count(standing, 'alert')} to look at"
    if alerts:
        return f"All functions work; {count(len(alerts), 'alert')} gone, to be acknowledged"
    return "All functions work"


def count(number: int, noun: str) -> str:
    """`1 alert`, `2 alerts`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def clock(moment: datetime, zone: ZoneInfo) -> str:
    """A time of day in the center's time."""
    return moment.astimezone(zone).strftime("%H:%M:%S")


def age(seconds: float) -> str:
    """How long ago, for people: `12 s`, `5 min`, `3 h`, `2 d`."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"


def survives(margin: int) -> str:
    """A margin in words."""
    if margin < 0:
        return "out of service"
    if margin == 0:
        return "the next failure is an outage"
    more = f"{margin} or more failures" if margin >= MOST else count(margin, "more failure")
    return f"survives {more}"


def _is_over(alert: AlertView) -> bool:
    """What is gone and only waits for a signature comes after all that still stands."""
    return alert.phase is Phase.RETURNED


def _by_priority(margin: MarginView) -> tuple[int, str]:
    return margin.priority, margin.title


def _tile(function: MarginView) -> Tile:
    tone, word = _function_tone(function)
    return Tile(
        name=function.name,
        title=function.title,
        tone=tone,
        word=word,
        detail=_function_detail(function, tone),
        causes=tuple(describe(cause) for cause in function.causes),
    )


def _function_detail(function: MarginView, tone: Tone) -> str:
    if tone is Tone.UNKNOWN:
        return "too little of it has been read to say"
    if function.in_service and function.margin == 0 and function.designed == 0:
        return "no spare, by design"
    return survives(function.margin)


def _function_tone(function: MarginView) -> tuple[Tone, str]:
    if not function.in_service:
        return Tone.CRITICAL, "OUT"
    if function.margin < function.designed and function.margin == 0:
        return Tone.WARNING, "AT RISK"
    if function.assured < 0:
        return Tone.UNKNOWN, "NOT KNOWN"
    if function.margin < function.designed:
        return Tone.NOTICE, "REDUCED"
    return Tone.CALM, "OK"


def _sections(snapshot: Snapshot, now: datetime, zone: ZoneInfo) -> tuple[Section, ...]:
    racks: dict[str, list[DeviceView]] = {}
    for device in snapshot.devices.values():
        racks.setdefault(device.rack, []).append(device)
    room = racks.pop("", [])
    sections = [
        Section(
            title=f"Rack {rack}",
            rows=tuple(device_row(d, now, zone) for d in sorted(devices, key=_top_first)),
        )
        for rack, devices in sorted(racks.items())
    ]
    if room:
        sections.append(Section("In the room", tuple(device_row(d, now, zone) for d in room)))
    return tuple(sections)


def _top_first(device: DeviceView) -> tuple[int, str]:
    return -max(device.units, default=0), device.name


def device_row(device: DeviceView, now: datetime, zone: ZoneInfo) -> Row:
    """One device as a line of the table."""
    tone, word, detail = _device_tone(device)
    read = [poll.succeeded_at for poll in device.polls if poll.succeeded_at is not None]
    return Row(
        name=device.name,
        title=device.title or device.model,
        kind=device.kind.value,
        where=_where(device),
        tone=tone,
        word=word,
        detail=detail,
        fresh=device.fresh(now),
        read_at=clock(max(read), zone) if read else "",
    )


def _where(device: DeviceView) -> str:
    if device.units:
        low, high = device.units[0], device.units[-1]
        return f"U{low}" if low == high else f"U{low}-{high}"
    return device.place


def _device_tone(device: DeviceView) -> tuple[Tone, str, str]:
    because = f"because of {describe(device.cause)}" if device.cause else ""
    if not device.in_service:
        explained = device.cause not in ("", device.name)
        detail = because if explained else _first_problem(device)
        return (Tone.NOTICE if explained else Tone.CRITICAL), "down", detail
    if device.power is Power.BATTERY:
        return (
            Tone.WARNING,
            "on battery",
            f"because of {describe(device.cause)}" if device.cause else "",
        )
    if device.state is not State.OK:
        return STATE_TONES[device.state], device.state.value, _first_problem(device)
    if not device.monitored:
        return Tone.CALM, "not polled", ""
    if device.power is Power.REDUCED:
        return Tone.NOTICE, "ok", "one of its feeds is lost or on battery"
    return Tone.CALM, "ok", ""


def _first_problem(device: DeviceView) -> str:
    problems = [poll.problem for poll in device.polls if poll.problem]
    bad = [c for c in device.components if c.state in (State.CRITICAL, State.WARNING)]
    bad.sort(key=lambda c: c.state is not State.CRITICAL)
    return "; ".join([*(f"{c.name}: {c.text}".rstrip(": ") for c in bad[:2]), *problems[:1]])


def alert_row(alert: AlertView, now: datetime, zone: ZoneInfo) -> AlertRow:
    """One alert as a line of the list."""
    return AlertRow(
        id=alert.id,
        priority=alert.priority,
        tone=Tone.NOTICE if alert.phase is Phase.RETURNED else _PRIORITY_TONES[alert.priority],
        title=alert.title,
        summary=alert.summary,
        cause=describe(alert.cause),
        impact=_impact(alert),
        phase=alert.phase.value,
        acked_by=alert.acked_by,
        since=clock(alert.since, zone),
        age=age((now - alert.since) / timedelta(seconds=1)),
        hidden=len(alert.suppressed),
        runbook=alert.runbook,
    )


def _impact(alert: AlertView) -> str:
    """The endangered functions, the worst first: `Recording, Video wall: the next failure …`."""
    by_margin: dict[int, list[str]] = {}
    for impact in alert.impact:
        if impact.kind == "function":
            by_margin.setdefault(impact.after, []).append(impact.title or impact.name)
    if alert.phase is Phase.RETURNED and by_margin:
        names = [name for _, found in sorted(by_margin.items()) for name in found]
        return f"no longer: {', '.join(names)}"
    return "; ".join(
        f"{', '.join(names)}: {survives(margin)}" for margin, names in sorted(by_margin.items())
    )


def _incident_line(snapshot: Snapshot) -> str:
    incident = snapshot.incident
    if incident is None:
        return ""
    since = clock(incident.since, ZoneInfo(snapshot.center.timezone))
    return f"Incident since {since}, declared by {incident.by}: {incident.reason}. No changes now."


def _notices(snapshot: Snapshot) -> tuple[str, ...]:
    engine = snapshot.engine
    found = [
        _incident_line(snapshot),
        engine.store_problem,
        engine.inventory_problem,
        *engine.unmonitored[:5],
    ]
    if len(engine.unmonitored) > 5:
        found.append(f"and {len(engine.unmonitored) - 5} more devices that cannot be read")
    return tuple(line for line in found if line)

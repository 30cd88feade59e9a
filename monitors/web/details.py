"""What the pages of one device and one alert show, worked out of a snapshot. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from inventory.elements import describe
from monitors.events import Event
from monitors.quantity import duration, quantity
from monitors.reading import Reading, State
from monitors.snapshot import AlertView, ComponentView, DeviceView, Phase, PollView
from monitors.web.views import STATE_TONES, Marked, Tone, clock, survives


@dataclass(frozen=True, slots=True)
class PartRow(Marked):
    """One component of a device."""

    name: str
    word: str
    tone: Tone
    text: str
    since: str


@dataclass(frozen=True, slots=True)
class ReadingRow(Marked):
    """One reading of a device."""

    name: str
    value: str
    state: str
    tone: Tone
    source: str


@dataclass(frozen=True, slots=True)
class EventRow:
    """One thing that happened to a device, as it was told."""

    at: str
    kind: str
    state: str
    """How bad the sender says it is; empty where it does not say."""
    text: str


@dataclass(frozen=True, slots=True)
class PollRow:
    """How one protocol of a device goes."""

    protocol: str
    succeeded: str
    problem: str


def device_facts(device: DeviceView) -> list[tuple[str, str]]:
    """What the inventory and the device itself say that it is."""
    known = [
        ("Kind", device.kind.value),
        ("Where", f"rack {device.rack}" if device.rack else device.place),
        ("Model", device.identity.model or device.model),
        ("Serial", device.identity.serial),
        ("Firmware", device.identity.firmware),
        ("Calls itself", device.identity.name),
        ("Description", device.identity.description),
        ("Up for", _uptime(device.identity.uptime_s)),
        ("Power", device.power.value),
        ("Reachable", "yes" if device.reachable else "no"),
        ("Cause", describe(device.cause)),
    ]
    return [(name, value) for name, value in known if value]


def _uptime(seconds: float | None) -> str:
    return "" if seconds is None else duration(seconds)


def part_rows(device: DeviceView, zone: ZoneInfo) -> list[PartRow]:
    """The components, worst first."""
    return [_part(part, zone) for part in sorted(device.components, key=_worst_first)]


def _worst_first(part: ComponentView | Reading) -> tuple[int, str]:
    order = (State.CRITICAL, State.WARNING, State.UNKNOWN, State.OK)
    return order.index(part.state), part.name


def _part(part: ComponentView, zone: ZoneInfo) -> PartRow:
    return PartRow(
        name=part.name,
        word="gone" if part.vanished else part.state.value,
        tone=STATE_TONES[part.state],
        text=part.text,
        since=part.since.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"),
    )


def reading_rows(device: DeviceView) -> list[ReadingRow]:
    """The readings, worst first."""
    return [
        ReadingRow(
            name=reading.name,
            value=reading.text or quantity(reading.value, reading.unit),
            state=reading.state.value,
            tone=STATE_TONES[reading.state],
            source=f"{reading.profile} {reading.oid}",
        )
        for reading in sorted(device.readings, key=_worst_first)
    ]


def poll_rows(device: DeviceView, zone: ZoneInfo) -> list[PollRow]:
    """How each protocol goes."""
    return [PollRow(p.protocol, _succeeded(p, zone), _problem(p)) for p in device.polls]


def _problem(poll: PollView) -> str:
    """What was missed; a part of the readings is no failure, and says so."""
    if not poll.partial or poll.problem.startswith("partial"):
        return poll.problem
    return f"partial answer: {poll.problem}"


def event_rows(events: Iterable[Event], zone: ZoneInfo) -> list[EventRow]:
    """What happened lately, in the order given."""
    return [_event(event, zone) for event in events]


def _event(event: Event, zone: ZoneInfo) -> EventRow:
    at = event.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    said = event.state.value if "state" in event.payload else ""
    return EventRow(at, event.kind.value, said, event.summary or f"told by {event.actor}")


def _succeeded(poll: PollView, zone: ZoneInfo) -> str:
    return clock(poll.succeeded_at, zone) if poll.succeeded_at else "never"


def impact_rows(alert: AlertView, kind: str) -> list[tuple[str, str]]:
    """What it costs the functions (or groups), and which ones; the worst first."""
    by_change: dict[tuple[int, int], list[str]] = {}
    for impact in alert.impact:
        if impact.kind == kind:
            by_change.setdefault((impact.after, impact.before), []).append(
                impact.title or impact.name
            )
    over = alert.phase is Phase.RETURNED
    return [
        (
            f"endangered no longer (margin {before} before, {after} while it stood)"
            if over
            else f"{survives(after)} (margin {before} before, {after} now)",
            ", ".join(names),
        )
        for (after, before), names in sorted(by_change.items())
    ]


def stands_for(alert: AlertView) -> str:
    """The alerts that follow from this one, in words."""
    return ", ".join(name.partition(":")[2] or name for name in alert.suppressed)


def fact_rows(alert: AlertView, zone: ZoneInfo) -> list[tuple[str, str]]:
    """The alert's facts with the time that they were read at."""
    return [(fact.name, f"{fact.value}{_at(fact.at, zone)}") for fact in alert.facts]


def _at(moment: datetime | None, zone: ZoneInfo) -> str:
    return f" (read {clock(moment, zone)})" if moment else ""

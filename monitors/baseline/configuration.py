"""What the deploying side last reported of a device's configuration; the monitor keeps it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from pydantic import TypeAdapter, ValidationError

from inventory import monitor_api
from inventory.errors import WatchfloorError
from inventory.monitor_api import MonitorApiError
from monitors.events import Event, EventKind

TIMEOUT_S = 10.0
LARGEST_ANSWER = 256 * 1024
MOST_FINDINGS = 50
_EVENTS = TypeAdapter(list[Event])


class MonitorSilentError(WatchfloorError):
    """The monitor does not say what was reported."""


@dataclass(frozen=True, slots=True)
class ConfigurationFacts:
    """The last report of `watchfloor drift` or `apply` on one device."""

    monitor: str
    """The monitor that was asked, by its URL."""
    reported_at: datetime | None = None
    """None: nothing was ever reported."""
    reporter: str = ""
    changes: int = 0
    """How many differences from the inventory it found."""
    findings: tuple[str, ...] = ()
    """Some of them, one line each."""


async def read_configuration_facts(monitor: str, device: str) -> ConfigurationFacts:
    """Asks the monitor's API. Raises `MonitorSilentError`."""
    query = urlencode({"device": device, "kind": EventKind.DRIFT.value, "limit": 1})
    answer = await asyncio.to_thread(_get, f"{monitor}/api/v1/events?{query}")
    try:
        events = _EVENTS.validate_json(answer)
    except ValidationError as error:
        raise MonitorSilentError(
            f"{device}: {monitor}: what the monitor answers is no list of events; is it of another"
            " version?"
        ) from error
    return configuration_facts(monitor, events[0] if events else None)


def configuration_facts(monitor: str, event: Event | None) -> ConfigurationFacts:
    """The facts in a drift event. Pure."""
    if event is None:
        return ConfigurationFacts(monitor)
    told = event.payload.get("findings")
    findings = [line for line in told if isinstance(line, str)] if isinstance(told, list) else []
    return ConfigurationFacts(
        monitor,
        reported_at=event.at,
        reporter=event.actor,
        changes=event.changes,
        findings=tuple(line[:300] for line in findings[:MOST_FINDINGS]),
    )


def _get(url: str) -> bytes:
    try:
        return monitor_api.get(url, timeout_s=TIMEOUT_S, largest=LARGEST_ANSWER)
    except MonitorApiError as error:
        hint = "; set WATCHFLOOR_MONITOR_URL" if error.status is None else ""
        raise MonitorSilentError(f"{error}{hint}") from error

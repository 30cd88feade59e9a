"""What the deploying side last reported of a device's configuration; the monitor keeps it."""

import asyncio
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from pydantic import TypeAdapter, ValidationError

from inventory.errors import WatchfloorError
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


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def _get(url: str) -> bytes:
    place = url.partition("?")[0]
    # Neither a proxy from the environment nor a redirect has a say in what becomes evidence.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)
    try:
        with opener.open(url, timeout=TIMEOUT_S) as answer:
            body = answer.read(LARGEST_ANSWER + 1)
    except urllib.error.HTTPError as error:
        raise MonitorSilentError(
            f"{place}: the monitor answered {error.code}{_said(error)}"
        ) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise MonitorSilentError(
            f"{place}: the monitor does not answer ({reason}); set WATCHFLOOR_MONITOR_URL"
        ) from error
    if len(body) > LARGEST_ANSWER:
        raise MonitorSilentError(f"{place}: the answer is larger than {LARGEST_ANSWER} octets")
    return bytes(body)


def _said(error: urllib.error.HTTPError) -> str:
    try:
        return f": {str(json.loads(error.read(4096))['error'])[:200]}"
    except (OSError, ValueError, KeyError, TypeError):
        return ""

"""Tells the monitor what was done (POST /api/v1/events), and spools it while the monitor is down.

An event's id is made of the run's, so that posting it twice makes it one. The spool is one file per
event, oldest first, at most `SPOOL_LIMIT` of them; what does not fit is the oldest, and is counted
in the next event's `dropped`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal

from inventory import monitor_api
from inventory.errors import WatchfloorError
from inventory.monitor_api import MonitorApiError
from inventory.settings import Settings
from inventory.whole_file import write_whole

SPOOL_LIMIT = 1000
TIMEOUT_S = 5.0
BODY_LIMIT = 60 * 1024
"""Octets of one event; the API takes 64 KiB."""

_FINAL = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)
"""Answers that would be the same for ever: waiting with such an event helps nobody."""


class EventError(WatchfloorError):
    """An event can neither be posted nor spooled."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the events."""

    posted: int
    spooled: int
    """How many wait for the monitor now."""
    complaint: str = ""
    """Why they wait, or why one was refused; one line."""


def event(
    kind: Literal["run", "drift"],
    ident: str,
    actor: str,
    payload: Mapping[str, Any],
    device: str = "",
) -> dict[str, Any]:
    """An event in the API's form. `payload` holds no secret."""
    return {
        "id": ident,
        "kind": kind,
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "actor": actor[:64],
        "device": device,
        "payload": dict(payload),
    }


def drift_event(
    run: str, actor: str, device: str, device_id: str, findings: Mapping[str, Iterable[str]]
) -> dict[str, Any]:
    """What has drifted on one device, by area; nothing ends what was reported before."""
    lines = [f"{area}: {line}" for area, found in findings.items() for line in found]
    payload = {
        "device_id": device_id,
        "changes": len(lines),
        "summary": "; ".join(lines)[:300],
        "findings": lines[:200],
    }
    return event("drift", f"{run}-{device}", actor, payload, device)


def tell(settings: Settings, new: Iterable[Mapping[str, Any]]) -> Outcome:
    """Spools the events, then posts all that wait, oldest first. Raises `EventError`."""
    for number, one in enumerate(new):
        _spool(settings.spool, one, number)
    return flush(settings)


def flush(settings: Settings) -> Outcome:
    """Posts what waits until the monitor does not answer. Refused events are dropped: they would
    be refused for ever, and would keep the others waiting."""
    posted, complaint = 0, ""
    waiting = _waiting(settings.spool)
    for path in waiting:
        refusal, is_final = _post(settings, path.read_bytes())
        complaint = refusal or complaint
        if refusal and not is_final:
            break
        path.unlink(missing_ok=True)
        posted += not refusal
    return Outcome(posted, len(_waiting(settings.spool)), complaint)


def _spool(folder: Path, new: Mapping[str, Any], number: int) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        waiting = _waiting(folder)
        surplus = waiting[: max(0, len(waiting) - SPOOL_LIMIT + 1)]
        for path in surplus:
            path.unlink(missing_ok=True)
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        path = folder / f"{stamp}-{number:04}.json"
        write_whole(path, _text(new, len(surplus)))
    except OSError as error:
        raise EventError(f"{folder}: the event cannot be kept: {error.strerror}") from error


def _text(new: Mapping[str, Any], dropped: int) -> str:
    """The event as JSON, without its longer parts when it would be too large."""
    payload = {**new["payload"], **({"dropped": dropped} if dropped else {})}
    text = json.dumps({**new, "payload": payload}, ensure_ascii=False)
    if len(text.encode()) <= BODY_LIMIT:
        return text
    short = {name: value for name, value in payload.items() if not isinstance(value, list)}
    return json.dumps({**new, "payload": {**short, "shortened": True}}, ensure_ascii=False)


def _waiting(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json")) if folder.is_dir() else []


def _post(settings: Settings, body: bytes) -> tuple[str, bool]:
    """A complaint (empty when it was taken), and whether trying again is of no use."""
    url = f"{settings.monitor_url}/api/v1/events"
    try:
        monitor_api.post(
            url, body, monitor_api.token(settings), timeout_s=TIMEOUT_S, largest=BODY_LIMIT
        )
    except MonitorApiError as error:
        return str(error), error.status in _FINAL
    return "", True

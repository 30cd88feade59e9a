"""Tells the monitor what was done (POST /api/v1/events), and spools it while the monitor is down.

An event has an id of its own, so that posting it twice makes it one. The spool is one file per
event, oldest first, at most `SPOOL_LIMIT` of them; what does not fit is the oldest, and is counted
in the next event's `dropped`.
"""

import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal

from inventory.errors import WatchfloorError
from inventory.settings import Settings

SPOOL_LIMIT = 1000
TIMEOUT_S = 5.0
_BODY_LIMIT = 256 * 1024


class EventError(WatchfloorError):
    """An event can neither be posted nor spooled."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the events."""

    posted: int
    spooled: int
    """How many wait for the monitor now."""
    complaint: str = ""
    """Why they wait, one line."""


def event(
    kind: Literal["run", "drift"], center: str, actor: str, details: Mapping[str, Any]
) -> dict[str, Any]:
    """An event in the API's form. `details` holds devices by id, and no secret."""
    return {
        "format": 1,
        "id": str(uuid.uuid4()),
        "kind": kind,
        "center": center,
        "actor": actor,
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "details": dict(details),
    }


def tell(settings: Settings, new: Mapping[str, Any]) -> Outcome:
    """Spools the event, then posts all that wait, oldest first. Raises `EventError`."""
    _spool(settings.spool, new)
    return flush(settings)


def flush(settings: Settings) -> Outcome:
    """Posts what waits until the monitor does not answer. Refused events are dropped: they would
    be refused for ever, and would keep the others waiting."""
    posted, complaint = 0, ""
    waiting = _waiting(settings.spool)
    for path in waiting:
        complaint, is_final = _post(settings, path.read_bytes())
        if complaint and not is_final:
            break
        path.unlink(missing_ok=True)
        posted += not complaint
    return Outcome(posted, len(_waiting(settings.spool)), complaint)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _spool(folder: Path, new: Mapping[str, Any]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        waiting = _waiting(folder)
        surplus = waiting[: max(0, len(waiting) - SPOOL_LIMIT + 1)]
        for path in surplus:
            path.unlink(missing_ok=True)
        body = {**new, **({"dropped": len(surplus)} if surplus else {})}
        text = json.dumps(body, ensure_ascii=False)
        if len(text.encode()) > _BODY_LIMIT:
            body["details"] = {"too_large": True}
            text = json.dumps(body, ensure_ascii=False)
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        path = folder / f"{stamp}-{new['id']}.json"
        path.with_suffix(".new").write_text(text, encoding="utf-8")
        path.with_suffix(".new").replace(path)
    except OSError as error:
        raise EventError(f"{folder}: the event cannot be kept: {error.strerror}") from error


def _waiting(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json")) if folder.is_dir() else []


def _post(settings: Settings, body: bytes) -> tuple[str, bool]:
    """A complaint (empty when it was taken), and whether trying again is of no use."""
    url = f"{settings.monitor_url}/api/v1/events"
    request = urllib.request.Request(  # noqa: S310 - the settings accept http and https only
        url,
        data=body,
        method="POST",
        headers={
            "Content-Type": "application/json",
            "Authorization": f"Bearer {settings.monitor_token.reveal()}",
        },
    )
    try:
        # Neither a proxy from the environment nor the target of a redirect may see the token.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)
        with opener.open(request, timeout=TIMEOUT_S) as answer:
            answer.read(_BODY_LIMIT)
    except urllib.error.HTTPError as error:
        final = error.code in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)
        hint = "; set WATCHFLOOR_MONITOR_TOKEN" if error.code in (401, 403) else ""
        return f"{url}: the monitor answered {error.code}{hint}", final
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        return f"{url}: the monitor does not answer ({reason})", False
    return "", True

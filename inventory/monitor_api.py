"""Asks a monitor over its API: through no proxy, behind no redirect, for no more than wanted."""

import json
import urllib.error
import urllib.request
from contextlib import suppress
from typing import Any

from inventory.errors import WatchfloorError
from inventory.settings import Settings

TOKEN_FILE = "api-token"  # noqa: S105 - the name of a file
"""Where a monitor on this machine keeps its token, in the state folder."""
_LONGEST_REFUSAL = 4096


class MonitorApiError(WatchfloorError):
    """The monitor does not answer, refuses, or says more than anybody wants to hear."""

    def __init__(self, message: str, status: int | None = None, said: str = "") -> None:
        super().__init__(message)
        self.status = status
        """Of HTTP, where it answered and refused."""
        self.said = said
        """Its own words, at most 300 characters."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def get(url: str, *, timeout_s: float, largest: int) -> bytes:
    """The body, of at most `largest` octets. Raises `MonitorApiError`."""
    return _ask(urllib.request.Request(url), timeout_s, largest)  # noqa: S310 - see Settings


def post(url: str, body: bytes, token: str, *, timeout_s: float, largest: int) -> bytes:
    """What the monitor answers to JSON, of at most `largest` octets. Raises `MonitorApiError`."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    request = urllib.request.Request(  # noqa: S310 - Settings takes http and https only
        url, data=body, method="POST", headers=headers
    )
    return _ask(request, timeout_s, largest)


def token(settings: Settings) -> str:
    """The token that is set, or else the one of a monitor on this machine."""
    if settings.monitor_token:
        return settings.monitor_token.reveal()
    try:
        return (settings.state / TOKEN_FILE).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _ask(request: urllib.request.Request, timeout_s: float, largest: int) -> bytes:
    place = request.full_url.partition("?")[0]
    # Neither a proxy from the environment nor the target of a redirect may see the token, or has a
    # say in what we believe.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)
    try:
        with opener.open(request, timeout=timeout_s) as answer:
            body = bytes(answer.read(largest + 1))
    except urllib.error.HTTPError as error:
        raise _refusal(place, error) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise MonitorApiError(f"{place}: the monitor does not answer ({reason})") from error
    if len(body) > largest:
        raise MonitorApiError(f"{place}: the answer is larger than {largest} octets")
    return body


def _refusal(place: str, error: urllib.error.HTTPError) -> MonitorApiError:
    said = error.reason
    with error, suppress(OSError, ValueError, KeyError, TypeError):
        said = str(json.loads(error.read(_LONGEST_REFUSAL))["error"])[:300]
    hint = "; set WATCHFLOOR_MONITOR_TOKEN" if error.code in (401, 403) else ""
    message = f"{place}: the monitor answered {error.code}: {said}{hint}"
    return MonitorApiError(message, error.code, said)

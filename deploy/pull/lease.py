"""Asks the monitors for the right to change this host: every one that is set has to lend it."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from deploy.events import NoRedirect, token
from inventory.errors import WatchfloorError
from inventory.settings import Settings

_TIMEOUT_S = 10.0
_LONGEST = 64 * 1024


class LeaseRefusedError(WatchfloorError):
    """No monitor lends it, or one does not: nothing may be changed."""


@contextmanager
def leased(settings: Settings, device: str, run: str) -> Iterator[None]:
    """Holds a lease of every monitor, and gives them back. Raises `LeaseRefusedError`."""
    # Each of a pair keeps its own: only the two together know of every holder.
    urls = settings.monitor_urls or (settings.monitor_url,)
    with ExitStack() as held:
        for url in urls:
            _post(settings, url, {"device": device, "by": run})
            held.callback(_give_back, settings, url, device, run)
        yield


def _give_back(settings: Settings, url: str, device: str, run: str) -> None:
    try:
        _post(settings, url, {"device": device, "by": run, "give_back": True})
    except LeaseRefusedError:
        return  # it ends by itself


def _post(settings: Settings, url: str, body: dict[str, object]) -> None:
    request = urllib.request.Request(  # noqa: S310 - the settings accept http and https only
        f"{url}/api/v1/leases",
        data=json.dumps(body).encode(),
        method="POST",
        headers={
            "Content-Type": "application/json",
            "Authorization": f"Bearer {token(settings)}",
        },
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect)
    try:
        with opener.open(request, timeout=_TIMEOUT_S) as answer:
            answer.read(_LONGEST)
    except urllib.error.HTTPError as error:
        raise LeaseRefusedError(f"{url} lends no lease: {_reason(error)}") from error
    except (OSError, ValueError) as error:
        raise LeaseRefusedError(f"{url} lends no lease: it does not answer ({error})") from error


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        said = json.loads(error.read(_LONGEST))["error"]
    except (ValueError, KeyError, TypeError, OSError):
        said = f"it answered {error.code}"
    hint = "; set WATCHFLOOR_MONITOR_TOKEN" if error.code in (401, 403) else ""
    return f"{str(said)[:300]}{hint}"

"""Asks the monitors for the right to change this host: every one that is set has to lend it."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from inventory import monitor_api
from inventory.errors import WatchfloorError
from inventory.monitor_api import MonitorApiError
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
    try:
        monitor_api.post(
            f"{url}/api/v1/leases",
            json.dumps(body).encode(),
            monitor_api.token(settings),
            timeout_s=_TIMEOUT_S,
            largest=_LONGEST,
        )
    except MonitorApiError as error:
        raise LeaseRefusedError(f"no lease: {error}") from error

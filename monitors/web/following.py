"""Says in the log that the engine is away, once, and only when it stays away.

It is away for a moment whenever the monitor starts or ends, and nobody need read of that.
"""

import logging
from collections.abc import Callable
from time import monotonic

log = logging.getLogger(__name__)

PATIENCE_S = 5.0


class Following:
    """What has become of the engine's stream of snapshots."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._away_since: float | None = None
        self._told = False

    def heard(self) -> None:
        """A snapshot has come."""
        if self._told:
            log.warning("the engine speaks again")
        self._away_since = None
        self._told = False

    def trouble(self, why: str) -> None:
        """The engine cannot be reached, or has ended."""
        now = self._clock()
        if self._away_since is None:
            self._away_since = now
        if not self._told and now - self._away_since >= PATIENCE_S:
            self._told = True
            log.warning("the engine has been away for %.0f s: %s", now - self._away_since, why)

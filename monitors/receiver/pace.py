"""How much may come in: buckets of tokens for each source and for all of them. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Rate:
    """So many a second, and so many at once after a quiet time."""

    per_s: float
    burst: float


class Bucket:
    """A bucket of tokens that fills at its rate."""

    __slots__ = ("_at", "_left", "_rate")

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate = rate
        self._left = rate.burst
        self._at = now

    def take(self, now: float) -> bool:
        """One token, if there is one."""
        rate = self._rate
        self._left = min(rate.burst, self._left + (now - self._at) * rate.per_s)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Pace:
    """One bucket for each known source and one for all.

    The source's own comes first: what it sends beyond its share takes nothing from the others.
    """

    def __init__(self, each: Rate, together: Rate, clock: Clock) -> None:
        self._each = each
        self._clock = clock
        self._sources: dict[str, Bucket] = {}
        self._together = Bucket(together, clock())

    def refusal(self, source: str) -> str:
        """Why a message of this known source must wait outside; empty when it may come in."""
        now = self._clock()
        bucket = self._sources.get(source)
        if bucket is None:
            bucket = self._sources[source] = Bucket(self._each, now)
        if not bucket.take(now):
            return "source_rate"
        return "" if self._together.take(now) else "total_rate"

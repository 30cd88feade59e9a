"""What was taken in and what was not, and why: the receiver's counters."""

from collections import Counter, defaultdict

from inventory.errors import WatchfloorError


class DroppedError(WatchfloorError):
    """A message is not taken in; `reason` is the metric's label."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Tally:
    """Counts by kind, and by port and reason."""

    def __init__(self) -> None:
        self.received: Counter[str] = Counter()
        self.dropped: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def drop(self, port: str, reason: str, count: int = 1) -> None:
        """Notes a message that is not taken in."""
        self.dropped[port][reason] += count

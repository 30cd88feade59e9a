"""How fast one BMC may be asked: learnt from its answers and its losses. Pure."""

from collections import deque

SEQUENCES = 64
"""A request's number has 6 bits."""
QUARANTINE_S = 30.0
"""How long the number of a repeated request rests: its second answer may still be on its way."""


class Pace:
    """The retransmission time and the number of requests that a BMC takes at once."""

    FIRST_TIMEOUT_S = 0.5
    SHORTEST_TIMEOUT_S = 0.25
    LONGEST_TIMEOUT_S = 2.0
    FIRST_WINDOW = 2
    LARGEST_WINDOW = 8

    def __init__(self) -> None:
        self.timeout_s = self.FIRST_TIMEOUT_S
        self.window = self.FIRST_WINDOW
        self._mean_s = 0.0
        self._deviation_s = 0.0
        self._lossless = 0

    def answered(self, round_trip_s: float) -> None:
        """Learns from an answer to a request that was sent once (RFC 6298, section 2)."""
        if self._mean_s:
            self._deviation_s += (abs(self._mean_s - round_trip_s) - self._deviation_s) / 4
            self._mean_s += (round_trip_s - self._mean_s) / 8
        else:
            self._mean_s, self._deviation_s = round_trip_s, round_trip_s / 2
        wanted_s = self._mean_s + 4 * self._deviation_s
        self.timeout_s = min(max(wanted_s, self.SHORTEST_TIMEOUT_S), self.LONGEST_TIMEOUT_S)
        self._grow()

    def lost(self) -> None:
        """Learns from a request without an answer in time, or one that met a busy BMC."""
        self.window = max(1, self.window // 2)
        self._lossless = 0

    def patience_s(self, tries: int) -> float:
        """How long to wait for the answer to the `tries`-th sending of a request."""
        return float(min(self.timeout_s * 2 ** (tries - 1), self.LONGEST_TIMEOUT_S))

    def _grow(self) -> None:
        # A window's worth of answers per step, tenfold from where a loss once was.
        self._lossless += 1
        if self._lossless >= 10 * self.window and self.window < self.LARGEST_WINDOW:
            self.window += 1
            self._lossless = 0


class SequenceNumbers:
    """The 6-bit numbers of requests, so that a late answer never meets a later request.

    A sensor's answer does not say which sensor it is of: the number alone tells. Numbers are used
    in turn; that of a request that was sent twice rests, because two answers may come.
    """

    def __init__(self) -> None:
        self._free = deque(range(SEQUENCES))
        self._resting: deque[tuple[float, int]] = deque()

    def take(self, now: float) -> int | None:
        """The next number; None when all are in use or rest."""
        while self._resting and self._resting[0][0] <= now:
            self._free.append(self._resting.popleft()[1])
        return self._free.popleft() if self._free else None

    def give_back(self, number: int, repeated: bool, now: float) -> None:
        """Ends the use of a number."""
        if repeated:
            self._resting.append((now + QUARANTINE_S, number))
        else:
            self._free.append(number)

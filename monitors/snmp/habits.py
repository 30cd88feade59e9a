"""What was learned of one agent from poll to poll: how long it takes, and how much it can say.

The timeout follows the round trips as RFC 6298 says. How much is asked for at once goes down at
once where the agent says tooBig or larger answers keep getting lost, and comes back slowly.
"""

from dataclasses import dataclass

from monitors.probe import Pace
from monitors.snmp.target import SnmpTarget

LEAST_TIMEOUT_S = 0.5
"""RFC 6298 wants one second; agents on a LAN answer within milliseconds, or not."""
CLOCK_S = 0.05
"""How precisely timeouts are looked for: G in RFC 6298."""
LONGEST_TIMEOUT_S = 5.0
SHARE_OF_DEADLINE = 0.5
"""The longest timeout, where that is shorter: one lost packet shall not cost the poll."""
SILENT_AFTER = 2
"""Polls in a row without an answer; from then on one packet asks whether the agent is back."""
BELIEVED_AFTER = 2
"""Polls in a row that find less to be better, where the agent itself did not say so."""
FIRST_GROWTH_AFTER = 20
"""Whole polls until more is tried again; twice as many after each time that it was too much."""
LAST_GROWTH_AFTER = 1280


@dataclass(slots=True)
class _RoundTrip:
    """RFC 6298 section 2: smoothed time and variation, in seconds."""

    smoothed_s: float
    varies_s: float

    def follow(self, took_s: float) -> None:
        self.varies_s += (abs(self.smoothed_s - took_s) - self.varies_s) / 4
        self.smoothed_s += (took_s - self.smoothed_s) / 8

    @property
    def timeout_s(self) -> float:
        return self.smoothed_s + max(CLOCK_S, 4 * self.varies_s)


class Habits:
    """One agent's, as far as they are known."""

    def __init__(self, target: SnmpTarget) -> None:
        self._target = target
        self._shortest_s = min(LEAST_TIMEOUT_S, target.timeout_s)
        share_s = min(SHARE_OF_DEADLINE * target.deadline_s, LONGEST_TIMEOUT_S)
        self._longest_s = max(target.timeout_s, share_s)
        self._silent_polls = 0
        self._pace = Pace(target.max_repetitions, target.timeout_s)
        self._trip: _RoundTrip | None = None
        self._timeout_s = target.timeout_s
        self.repetitions = target.max_repetitions
        """Varbinds that one GETBULK asks for; 0 where GETBULK fails and GETNEXT is used."""
        self._less_in_a_row = 0
        self._whole_polls = 0
        self._grow_after = FIRST_GROWTH_AFTER

    def restart(self) -> None:
        """The agent is another one, or started anew: everything is to be learned again."""
        self.repetitions = self._target.max_repetitions
        self._less_in_a_row = self._whole_polls = 0
        self._grow_after = FIRST_GROWTH_AFTER
        self._forget_times()

    @property
    def timeout_s(self) -> float:
        """Until a request is sent again."""
        return self._longest_s if self.silent else self._timeout_s

    @property
    def longest_timeout_s(self) -> float:
        """What doubling a timeout ends at."""
        return self._longest_s

    @property
    def retries(self) -> int:
        """How often a request is sent again."""
        return 0 if self.silent else self._target.retries

    @property
    def silent(self) -> bool:
        """Whether nothing has come from the agent for several polls."""
        return self._silent_polls >= SILENT_AFTER

    @property
    def timed(self) -> bool:
        """Whether some round trip was measured."""
        return self._trip is not None

    @property
    def pace(self) -> Pace:
        """All of it for people; the same object as long as nothing has changed."""
        trip_s = None if self._trip is None else self._trip.smoothed_s
        known = self._pace
        now = self.repetitions, self._timeout_s, trip_s
        if now != (known.repetitions, known.timeout_s, known.round_trip_s):
            self._pace = Pace(*now)
        return self._pace

    def took(self, seconds: float) -> None:
        """A request was answered at its first sending, so it is clear which one was (Karn)."""
        if self._trip is None:
            self._trip = _RoundTrip(seconds, seconds / 2)
        else:
            self._trip.follow(seconds)
        self._timeout_s = min(max(self._trip.timeout_s, self._shortest_s), self._longest_s)

    def came_late(self, timeout_s: float) -> None:
        """A request was answered when it had been sent again; `timeout_s` was waited at last.

        RFC 6298 section 5.5: the longer timeout is kept until a round trip is measured.
        """
        self._timeout_s = min(max(timeout_s, self._timeout_s), self._longest_s)

    def spoke(self) -> None:
        """The agent has answered."""
        self._silent_polls = 0

    def kept_silent(self) -> None:
        """A whole poll without an answer: what answers next may be on another way."""
        self._silent_polls += 1
        self._forget_times()

    def found(self, repetitions: int, *, told: bool, whole: bool) -> None:
        """How much a poll has in the end asked for at once.

        Args:
            repetitions: As in `self.repetitions`.
            told: The agent itself said that more was too much.
            whole: Everything was read.
        """
        if repetitions < self.repetitions:
            self._less_in_a_row += 1
            if told or self._less_in_a_row >= BELIEVED_AFTER:
                self._take_less(repetitions)
        elif whole:
            self._less_in_a_row = 0
            if 0 < repetitions < self._target.max_repetitions:
                self._grow()

    def _take_less(self, repetitions: int) -> None:
        self.repetitions = repetitions
        self._less_in_a_row = self._whole_polls = 0
        self._grow_after = min(2 * self._grow_after, LAST_GROWTH_AFTER)

    def _grow(self) -> None:
        self._whole_polls += 1
        if self._whole_polls >= self._grow_after:
            self._whole_polls = 0
            self.repetitions = min(2 * self.repetitions, self._target.max_repetitions)

    def _forget_times(self) -> None:
        self._trip = None
        self._timeout_s = self._target.timeout_s

"""Echoes over a window of time: loss, round trip and jitter of a path or a WAN circuit."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import fmean, median

from inventory.reach import Limits, PingCheck
from monitors.net.errors import SilentError
from monitors.reach.asker import Place
from monitors.reach.echo import ask_echoes, open_echo
from monitors.reach.part import Part, graded, joined
from monitors.reading import Reading, SensorClass

LEAST_COUNTED = 10
"""Loss is a share of at least so many requests, so that one lost packet is no alarm."""


@dataclass(slots=True)
class PingAsker:
    """Asks for echoes; remembers the latest ones."""

    part: Part
    place: Place
    check: PingCheck
    over_udp: bool = False
    """Whether an endpoint map leads the echoes elsewhere, as UDP datagrams to its port."""
    _latest: deque[float | None] = field(init=False)

    def __post_init__(self) -> None:
        self._latest = deque(maxlen=self.check.window)

    async def ask(self) -> tuple[Reading, ...]:
        """One burst of requests. Raises SilentError when none is answered."""
        echo = await open_echo(self.place.host, self.place.port if self.over_udp else None)
        trips = await ask_echoes(echo, self.check.requests, self.check.timeout_s)
        self._latest.extend(trips)
        answered = [trip for trip in trips if trip is not None]
        if not answered:
            raise SilentError(
                f"echo of {self.place.name}: none of {len(trips)} requests is answered in"
                f" {self.check.timeout_s:g} s: check its power, its link and the path to it"
            )
        return self._readings(median(answered))

    def _readings(self, trip: float) -> tuple[Reading, ...]:
        lost, moved = loss(self._latest, self.check.window), jitter(self._latest)
        return joined(
            (
                self.part.answers("answers"),
                self._measured(SensorClass.DELAY, "Round trip", trip, self.check.rtt_s),
                self._measured(SensorClass.PERCENT, "Loss", lost, self.check.loss),
                None
                if moved is None
                else self._measured(SensorClass.DELAY, "Jitter", moved, self.check.jitter_s),
            )
        )

    def _measured(
        self, sensor_class: SensorClass, name: str, value: float, limits: Limits
    ) -> Reading:
        return self.part.measured(sensor_class, name, value, graded(value, limits))


def loss(trips: Iterable[float | None], window: int) -> float:
    """The share of requests without a reply, 0 to 1."""
    counted = list(trips)
    lost = sum(trip is None for trip in counted)
    return lost / max(len(counted), min(window, LEAST_COUNTED), lost, 1)


def jitter(trips: Iterable[float | None]) -> float | None:
    """The mean difference between round trips that follow each other, in seconds (as RFC 3550
    means it, section 6.4.1, without its smoothing); None for fewer than two replies."""
    answered = [trip for trip in trips if trip is not None]
    if len(answered) < 2:
        return None
    return fmean(abs(b - a) for a, b in pairwise(answered))

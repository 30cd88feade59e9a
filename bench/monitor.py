"""A real `watchfloor monitor`, started as users start it, and what it costs."""

import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bench.center import Bench
from bench.peers import free_port
from bench.processes import (
    BenchError,
    Family,
    precise_cpu_s,
    resident_bytes,
    running,
    udp_sockets,
    wait_for,
)

START_S = 180.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What a span of time has cost."""

    wall_s: float
    engine_s: float
    """CPU of the engine's process, its store thread included."""
    all_s: float
    """CPU of all of the monitor's processes."""
    polls: float
    """Polls finished in this span, by the engine's own count."""

    @property
    def all_ms_per_poll(self) -> float:
        """CPU milliseconds of all processes for each finished poll."""
        return 1000 * self.all_s / max(self.polls, 1)


@dataclass(frozen=True, slots=True)
class Count:
    """How many polls were finished at a moment (Unix time)."""

    polls: int
    at: float

    def rate_since(self, first: "Count") -> float:
        """Polls a second between two moments."""
        return (self.polls - first.polls) / max(self.at - first.at, 1e-9)


@dataclass(frozen=True, slots=True)
class Monitor:
    """A monitor that runs."""

    pid: int
    port: int

    @property
    def engine(self) -> int:
        """The engine's process."""
        return Family(self.pid).called("monitors.engine_process")

    def get(self, path: str, ok: tuple[int, ...] = (200,)) -> bytes:
        """An answer of the web process. Raises `OSError` for a status that is not expected."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as it:
                return bytes(it.read())
        except urllib.error.HTTPError as error:
            if error.code not in ok:
                raise
            return bytes(error.read())

    def metrics(self) -> str:
        """All of /metrics; empty while it does not answer."""
        try:
            return self.get("/metrics").decode()
        except OSError:
            return ""

    def count(self) -> Count:
        """Polls finished since the start, as the engine last told the web process."""
        told = json.loads(self.get("/healthz", ok=(200, 503)))
        if told["taken_at"] is None:
            raise BenchError("the engine has not said anything yet")
        return Count(told["polls"], datetime.fromisoformat(told["taken_at"]).timestamp())

    def cpu_s(self) -> tuple[float, float]:
        """CPU seconds so far: of the engine, of all processes."""
        return precise_cpu_s(self.engine), sum(map(precise_cpu_s, Family(self.pid).members()))

    def resident_bytes(self) -> int:
        """Memory of all of its processes together."""
        return sum(map(resident_bytes, Family(self.pid).members()))

    def udp_sockets(self) -> int:
        """UDP sockets of all of its processes."""
        return sum(map(udp_sockets, Family(self.pid).members()))

    def cost_of(self, seconds: float) -> Cost:
        """Watches the monitor for so long; nothing asks it for metrics meanwhile."""
        first = self.count()
        began, (engine, everything) = time.monotonic(), self.cpu_s()
        time.sleep(seconds)
        wall = time.monotonic() - began
        engine_now, everything_now = self.cpu_s()
        rate = self.count().rate_since(first)
        return Cost(wall, engine_now - engine, everything_now - everything, rate * wall)


@contextmanager
def watching(bench: Bench, *, interval_s: float, first_polls: int) -> Iterator[Monitor]:
    """The monitor of a center, from the moment on at which so many polls have been finished."""
    port = free_port()
    state = bench.folder / "state"
    argv: list[str | Path] = [
        *(sys.executable, "-m", "watchfloor", "monitor", "--center", bench.folder),
        *("--listen", f"127.0.0.1:{port}", "--endpoints", bench.endpoints),
        *("--state-dir", state, "--interval", str(interval_s)),
    ]
    with running(argv, env=bench.environment, cwd=Path(__file__).parents[1]) as process:
        monitor = Monitor(process.pid, port)

        def has_polled() -> bool:
            if process.poll() is not None:
                raise BenchError("the monitor ended; run it by hand to see why")
            try:
                return monitor.count().polls >= first_polls
            except (OSError, BenchError):
                return False

        wait_for(has_polled, f"{first_polls} polls", START_S)
        yield monitor


def value_of(text: str, series: str) -> float:
    """The value of a series in /metrics; 0 when it is not there."""
    for line in text.splitlines():
        if line.startswith(f"{series} "):
            return float(line.rpartition(" ")[2])
    return 0.0

"""A real `watchfloor monitor`, started as users start it, and what it costs."""

import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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

START_S = 120.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What a span of time has cost."""

    wall_s: float
    engine_s: float
    """CPU of the engine's process, its store thread included."""
    all_s: float
    """CPU of all of the monitor's processes."""
    polls: int

    @property
    def engine_ms_per_poll(self) -> float:
        """CPU milliseconds of the engine for each finished poll."""
        return 1000 * self.engine_s / max(self.polls, 1)

    @property
    def all_ms_per_poll(self) -> float:
        """CPU milliseconds of all processes for each finished poll."""
        return 1000 * self.all_s / max(self.polls, 1)


@dataclass(frozen=True, slots=True)
class Monitor:
    """A monitor that runs."""

    pid: int
    port: int

    @property
    def engine(self) -> int:
        """The engine's process."""
        return Family(self.pid).called("monitors.engine_process")

    def get(self, path: str) -> bytes:
        """An answer of the web process."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
            return bytes(answer.read())

    def metrics(self) -> str:
        """All of /metrics; empty while it does not answer."""
        try:
            return self.get("/metrics").decode()
        except OSError:
            return ""

    def polls(self) -> int:
        """Polls finished since the start."""
        return int(value_of(self.metrics(), "watchfloor_polls_total"))

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
        """Watches the monitor for so long. The scrapes that count polls lie outside the span."""
        polls = self.polls()
        began, (engine, everything) = time.monotonic(), self.cpu_s()
        time.sleep(seconds)
        wall = time.monotonic() - began
        engine_now, everything_now = self.cpu_s()
        return Cost(wall, engine_now - engine, everything_now - everything, self.polls() - polls)


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
            text = monitor.metrics()
            return bool(text) and value_of(text, "watchfloor_polls_total") >= first_polls

        wait_for(has_polled, f"{first_polls} polls", START_S)
        yield monitor


def value_of(text: str, series: str) -> float:
    """The value of a series in /metrics; 0 when it is not there."""
    for line in text.splitlines():
        if line.startswith(f"{series} "):
            return float(line.rpartition(" ")[2])
    return 0.0

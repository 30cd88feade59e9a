"""A real `watchfloor monitor`, started as users start it, and what it costs."""

import json
import re
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
    all_s: float
    """CPU of all of the monitor's processes."""
    polls: float
    """Polls finished in this span, by the engine's own count."""
    failed: int = 0
    """Those of them that brought nothing, or only a part."""

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

    def failures(self) -> int:
        """Polls that failed since the start, as of a moment after the call."""
        called = time.time()
        wait_for(lambda: self.count().at > called, "a word from the engine")
        failures = re.findall(r"(?m)^watchfloor_poll_failures_total\{.*\} (\d+)$", self.metrics())
        if not failures:
            raise BenchError("/metrics does not say how many polls have failed")
        return sum(map(int, failures))

    def cpu_s(self) -> float:
        """CPU seconds of all processes so far."""
        return sum(map(precise_cpu_s, Family(self.pid).members()))

    def resident_bytes(self) -> int:
        """Memory of all of its processes together."""
        return sum(map(resident_bytes, Family(self.pid).members()))

    def udp_sockets(self) -> int:
        """UDP sockets of all of its processes."""
        return sum(map(udp_sockets, Family(self.pid).members()))

    def cost_of(self, seconds: float) -> Cost:
        """Watches the monitor for so long; nothing asks it for metrics meanwhile."""
        failed, first = self.failures(), self.count()
        began, before = time.monotonic(), self.cpu_s()
        time.sleep(seconds)
        wall, spent = time.monotonic() - began, self.cpu_s() - before
        rate = self.count().rate_since(first)
        return Cost(wall, spent, rate * wall, self.failures() - failed)


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

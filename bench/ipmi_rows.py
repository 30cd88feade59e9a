"""The rows about IPMI: CPU of a steady poll, and a fleet of BMCs of which one is dead."""

import re
import socket
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.center import ipmi_center
from bench.monitor import Monitor, watching
from bench.peers import Exporter, ipmi_exporter
from bench.processes import cpu_s
from bench.spans import details, spans_of
from bench.table import Outcome, Row, share, spread
from tests.monitors.ipmi import ipmi_sim

SENSORS = 41
STEADY = 10
FLEET = 24
ROUNDS = 20
LATE_MS = 500
SCRAPES = 10
_DURATION = re.compile(r'(?m)^watchfloor_poll_duration_seconds\{.*device="(\w+)".*\} (\S+)$')


@contextmanager
def _simulated(folder: Path, count: int) -> Iterator[list[int]]:
    """So many BMCs; yields their ports."""
    with ExitStack() as stack:
        ports = []
        for number in range(count):
            (folder / f"bmc{number}").mkdir(parents=True)
            sim = stack.enter_context(
                ipmi_sim.running(folder / f"bmc{number}", ipmi_sim.many_sensors(SENSORS))
            )
            ports.append(sim.port)
        yield ports


def steady_row(folder: Path, runs: int, seconds: float) -> Outcome:
    """A kept session here; freeipmi's programs, started for every scrape, there."""
    with _simulated(folder, STEADY) as ports:
        config = folder / "ipmi.yml"
        config.write_text(
            "modules:\n  default:\n"
            f"    user: {ipmi_sim.USER}\n    pass: {ipmi_sim.PASSWORD}\n"
            "    privilege: user\n    driver: LAN_2_0\n    timeout: 10000\n"
            "    collectors: [ipmi]\n    custom_args:\n"
            '      ipmi: ["-W", "opensesspriv", "-I", "3"]\n'
        )
        with ipmi_exporter(config) as exporter:
            other = [_scrape_ms(exporter, ports[0]) for _ in range(runs)]
        bench = ipmi_center(folder / "center", ports)
        with watching(bench, interval_s=0.5, first_polls=5 * STEADY) as monitor:
            spans = spans_of("watchfloor", lambda: monitor.cost_of(seconds), runs)
    own = [cost.all_ms_per_poll for cost in spans.good]
    return Row(
        f"IPMI steady poll of {SENSORS} sensors, CPU",
        share(own, other),
        1 / 8,
        "of ipmi_exporter",
        detail=details(f"{spread(own)} ms, all processes, against {spread(other)} ms", spans.note),
    )


def _scrape_ms(exporter: Exporter, port: int) -> float:
    """CPU of one scrape, with the programs that the exporter starts and waits for."""
    query = f"target=127.0.0.1:{port}"
    exporter.scrape(query, "/ipmi")
    before = cpu_s(exporter.pid)
    for _ in range(SCRAPES):
        exporter.scrape(query, "/ipmi")
    return 1000 * (cpu_s(exporter.pid) - before) / SCRAPES


def fleet_row(folder: Path) -> Outcome:
    """Every poll of many BMCs for many rounds, while one of them never answers."""
    with _simulated(folder, FLEET - 1) as ports, _deaf() as dead:
        bench = ipmi_center(folder / "center", [*ports, dead])
        with watching(bench, interval_s=1, first_polls=2 * FLEET) as monitor:
            slowest, rounds = _watch_rounds(monitor)
    worst_ms = 1000 * max(slowest)
    return Row(
        f"IPMI, {FLEET} BMCs x {ROUNDS} rounds, one of them dead: slowest poll of the others",
        worst_ms,
        LATE_MS,
        "ms",
        detail=f"median of each round's slowest {1000 * statistics.median(slowest):.0f} ms,"
        f" {rounds} rounds",
    )


def _watch_rounds(monitor: Monitor) -> tuple[Sequence[float], int]:
    """The slowest poll of the living in each second."""
    slowest = []
    for _ in range(ROUNDS):
        time.sleep(1)
        took = dict(_DURATION.findall(monitor.metrics()))
        took.pop(f"d{FLEET - 1:04}", None)
        slowest.append(max(map(float, took.values()), default=float("inf")))
        if len(took) < FLEET - 1:
            slowest.append(float("inf"))
    return slowest, ROUNDS


@contextmanager
def _deaf() -> Iterator[int]:
    """A port that takes every packet and never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        yield int(deaf.getsockname()[1])

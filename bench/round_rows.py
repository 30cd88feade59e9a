"""The rows about rounds: many silent devices, and memory after very many rounds."""

import re
import time
from pathlib import Path

from bench.center import snmp_center
from bench.gear import prepare, snmp_agent
from bench.monitor import Monitor, watching
from bench.table import Outcome, Row

DEVICES = 1000
SILENT_SHARE = 0.3
INTERVAL_S = 30.0
_UP = re.compile(r'(?m)^watchfloor_poll_success_timestamp_seconds\{.*device="(\w+)".*\} (\S+)$')
ROUNDS = 1000
FEW = 20
GROWTH = 0.05


def silent_row(folder: Path) -> Outcome:
    """How old the oldest reading of a living device gets while three of ten are silent."""
    workshop = prepare(folder)
    gone = [n for n in range(DEVICES) if n % 10 < 10 * SILENT_SHARE]
    with snmp_agent(workshop) as port:
        bench = snmp_center(folder / "center", DEVICES, port, silent=gone)
        with watching(bench, interval_s=INTERVAL_S, first_polls=2 * DEVICES) as monitor:
            time.sleep(INTERVAL_S)
            ages = _ages(monitor)
    living = DEVICES - len(gone)
    missing = living - len(ages)
    oldest = max(ages.values(), default=float("inf"))
    return Row(
        "a round of 1000 devices, 30 % of them silent: age of the oldest living reading",
        float("inf") if missing else oldest,
        INTERVAL_S * 1.1,
        "s",
        detail=f"interval {INTERVAL_S:g} s; {len(ages)} of {living} living devices have readings",
    )


def _ages(monitor: Monitor) -> dict[str, float]:
    now = time.time()
    return {name: now - float(at) for name, at in _UP.findall(monitor.metrics())}


def memory_row(folder: Path) -> Outcome:
    """Memory after a thousand rounds of a few devices against that after the first hundred."""
    workshop = prepare(folder)
    with snmp_agent(workshop) as port:
        bench = snmp_center(folder / "center", FEW, port)
        with watching(bench, interval_s=0.2, first_polls=FEW * 100) as monitor:
            early = monitor.resident_bytes()
            while monitor.count().polls < FEW * ROUNDS:
                time.sleep(1)
            late = monitor.resident_bytes()
    return Row(
        f"memory after {ROUNDS} rounds, growth since the first 100",
        max(0.0, late / early - 1),
        GROWTH,
        "of it",
        detail=f"{early / 1e6:.0f} MB, then {late / 1e6:.0f} MB",
    )

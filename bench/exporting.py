"""What an exporter needs to read many devices as fast as it can."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.peers import Exporter
from bench.processes import BenchError

IN_FLIGHT = 100


@dataclass(frozen=True, slots=True)
class ExporterCost:
    """An exporter at full load."""

    cpu_s: float
    wall_s: float
    devices: int
    failed: int = 0
    """Devices that it could not read."""

    @property
    def ms_per_device(self) -> float:
        """CPU milliseconds for one device."""
        return 1000 * self.cpu_s / max(self.devices, 1)

    @property
    def per_second(self) -> float:
        """Devices read in a second."""
        return self.devices / self.wall_s


def exporter_cost(exporter: Exporter, queries: Sequence[str], seconds: float) -> ExporterCost:
    """Asks for the devices round and round, so many at a time. Raises `BenchError`."""
    exporter.scrape(queries[0])
    before = exporter.cpu_s
    done = subprocess.run(
        [sys.executable, "-m", "bench.load", str(exporter.port), str(seconds), str(IN_FLIGHT)],
        input="\n".join(f"/snmp?{query}" for query in queries),
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[1],
    )
    if done.returncode:
        raise BenchError(f"the load generator failed: {done.stderr.strip()[-300:]}")
    told = json.loads(done.stdout)
    cpu_s = exporter.cpu_s - before
    return ExporterCost(cpu_s, told["seconds"], told["good"], told["bad"])

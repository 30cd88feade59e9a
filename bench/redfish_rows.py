"""The row about Redfish: a steady poll over a kept connection."""

from pathlib import Path

from bench.processes import BenchError
from bench.table import Outcome


def steady_row(folder: Path, runs: int, seconds: float) -> Outcome:
    """CPU of one poll. Raises `BenchError` as long as there is no server to measure against."""
    del folder, runs, seconds
    raise BenchError("there is no simulated Redfish service to poll yet")

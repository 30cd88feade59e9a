"""The bench ends what it started: when it is told to, and when a group takes too long."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.__main__ import measure
from bench.processes import running
from bench.table import Outcome, Unmeasured
from tests.wait import until

SLEEPS = """
from bench.__main__ import end_what_was_started, measure
from bench.processes import running
import time

def group(folder):
    with running(["sleep", "1000"]) as process:
        print(process.pid, flush=True)
        time.sleep(1000)
    return []

end_what_was_started()
measure({"sleeps": group})
"""


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_what_was_started(number: signal.Signals) -> None:
    bench = subprocess.Popen(
        [sys.executable, "-c", SLEEPS],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
    )
    with bench:
        assert bench.stdout is not None
        started = int(bench.stdout.readline())
        assert lives(started)
        bench.send_signal(number)
        assert bench.wait(20) == 128 + number
    until(lambda: not lives(started), 5, "the end of what the bench started")


def test_a_group_that_takes_too_long_is_given_up() -> None:
    started: list[int] = []

    def group(_: Path) -> Iterator[Outcome]:
        with running(["sleep", "1000"]) as process:
            started.append(process.pid)
            process.wait()
            yield from ()

    (outcome,) = measure({"sleeps": group}, longest_s=0.5)
    assert isinstance(outcome, Unmeasured)
    assert outcome.measure == "sleeps"
    assert not lives(started[0])

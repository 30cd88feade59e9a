"""CPU time of a steady Redfish poll on a kept connection, for a BMC of each shape.

Run from the checkout: `python bench/redfish_poll.py [--rounds 50] [--json]`.
The simulated BMC answers over TLS from a thread of its own; only the reader's thread is counted,
TLS, states and readings included. Each figure is the median of its repetitions.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from pydantic import SecretStr

from monitors.net.trust import Trust
from monitors.redfish.probe import RedfishProbe
from monitors.redfish.target import RedfishTarget
from tests.certificates import Authority, Signed
from watchfloor.simulate.redfish import SimulatedRedfish

Shape = Literal["idrac", "ilo", "openbmc"]
SHAPES: tuple[Shape, ...] = ("idrac", "ilo", "openbmc")
USER, PASSWORD = "bench", "bench-password"
WARM_UP = 5
REPETITIONS = 5
MOST_CPU_MS = 4.0
"""The target: CPU milliseconds of a steady poll."""


@dataclass(frozen=True)
class Result:
    """What a steady poll of one shape costs."""

    shape: str
    etags: bool
    readings: int
    requests: float
    cpu_ms: float


@contextmanager
def serving(shape: Shape, signed: Signed, etags: bool) -> Iterator[tuple[SimulatedRedfish, int]]:
    """A BMC in a thread of its own, and its port."""
    bmc = SimulatedRedfish(shape, tls=signed.server(), user=USER, password=PASSWORD, etags=etags)
    ready, stop = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []
    ports: list[int] = []

    async def serve() -> None:
        async with bmc:
            loops.append(asyncio.get_running_loop())
            ports.append(bmc.address[1])
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait(10)
    try:
        yield bmc, ports[0]
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join()


async def measure(
    bmc: SimulatedRedfish, port: int, signed: Signed, rounds: int
) -> tuple[int, float, float]:
    """Readings, requests per poll and CPU milliseconds per poll."""
    trust = Trust(sha256=signed.sha256)
    target = RedfishTarget("bench", "127.0.0.1", USER, SecretStr(PASSWORD), trust, port)
    probe = RedfishProbe(target)
    for _ in range(WARM_UP):
        poll = await probe.poll()
    before = len(bmc.requests)
    used_ms = []
    for _ in range(REPETITIONS):
        start = time.thread_time()
        for _ in range(rounds):
            poll = await probe.poll()
            assert poll.problem is None, poll.problem
        used_ms.append(1000 * (time.thread_time() - start) / rounds)
    asked = (len(bmc.requests) - before) / rounds / REPETITIONS
    await probe.close()
    return len(poll.readings), asked, statistics.median(used_ms)


def measure_all(rounds: int) -> list[Result]:
    """Every shape, with and without ETags."""
    results = []
    with tempfile.TemporaryDirectory() as folder:
        signed = Authority(Path(folder)).sign("bmc", itself=True)
        for shape in SHAPES:
            for etags in (True, False):
                with serving(shape, signed, etags) as (bmc, port):
                    figures = asyncio.run(measure(bmc, port, signed, rounds))
                results.append(Result(shape, etags, *figures))
    return results


def main() -> None:
    """Prints a table, or JSON; ends with 1 when a poll costs more than it may."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    results = measure_all(options.rounds)
    if options.json:
        print(json.dumps([asdict(result) for result in results], indent=2))
    else:
        print("BMC      ETags  readings  requests  CPU ms per poll")
        for each in results:
            etags_word = "yes" if each.etags else "no"
            print(
                f"{each.shape:<8} {etags_word:<5} {each.readings:>9}"
                f" {each.requests:>9.1f} {each.cpu_ms:>16.2f}"
            )
    raise SystemExit(int(max(each.cpu_ms for each in results) > MOST_CPU_MS))


if __name__ == "__main__":
    main()

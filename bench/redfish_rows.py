"""The row about Redfish: a steady poll over a kept connection."""

import asyncio
import statistics
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

from bench.center import SECRETS, redfish_center
from bench.monitor import watching
from bench.spans import details, spans_of
from bench.table import Outcome, Row, spread
from tests.certificates import Authority, Signed
from watchfloor.simulate.redfish import SimulatedRedfish

DEVICES = 20
TARGET_MS = 4


def steady_row(folder: Path, runs: int, seconds: float) -> Outcome:
    """CPU of one poll of a simulated iDRAC, all of the monitor's processes together."""
    signed = Authority(folder).sign("bmc", itself=True)
    with _served(signed) as port:
        bench = redfish_center(folder / "center", DEVICES, port, signed.sha256)
        with watching(bench, interval_s=1, first_polls=3 * DEVICES) as monitor:
            spans = spans_of("watchfloor", lambda: monitor.cost_of(seconds), runs)
    own = [cost.all_ms_per_poll for cost in spans.good]
    return Row(
        "Redfish steady poll on a kept connection, CPU",
        statistics.median(own),
        TARGET_MS,
        "ms",
        detail=details(
            f"{spread(own)} ms, all processes, looking and publishing included", spans.note
        ),
    )


@contextmanager
def _served(signed: Signed) -> Iterator[int]:
    """A simulated iDRAC in a thread of its own; yields its port."""
    ready: Future[int] = Future()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        simulated = SimulatedRedfish(
            "idrac", tls=signed.server(), user="monitor", password=SECRETS["BENCH_BMC"]
        )
        async with simulated:
            ready.set_result(simulated.address[1])
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    try:
        yield ready.result(10)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()

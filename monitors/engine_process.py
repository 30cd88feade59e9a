"""The engine as a process of its own: `python -P -m monitors.engine_process CONFIG`."""

import asyncio
import fcntl
import gc
import logging
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inventory.errors import WatchfloorError
from monitors.alerts.writer import StoreWriter
from monitors.channel import ChannelServer, socket_path
from monitors.child import run_child
from monitors.commands import Commands
from monitors.config import MonitorConfig
from monitors.engine import Engine
from monitors.targets import Clients

log = logging.getLogger(__name__)

LOCK_PATIENCE_S = 5.0


class StateFolderError(WatchfloorError):
    """The state folder cannot be used."""


@contextmanager
def sole_use(state: Path) -> Iterator[None]:
    """Keeps a second engine away from the same state. Raises `StateFolderError`."""
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (state / "monitor.lock").open("w")
    except OSError as error:
        raise StateFolderError(f"{state}: cannot be written: {error.strerror}") from error
    with lock:
        deadline = time.monotonic() + LOCK_PATIENCE_S
        while not _try_lock(lock.fileno()):
            if time.monotonic() > deadline:
                raise StateFolderError(
                    f"{state}: another monitor runs with this state; stop it, or set --state-dir"
                )
            time.sleep(0.1)
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


ALLOCATIONS_PER_SWEEP = 50_000
"""What a poll makes is freed by counting references. The collector, which looks for circles in all
that thousands of devices hold, may come seldom."""


async def run_engine(config: MonitorConfig, stop: asyncio.Event) -> None:
    """Runs until `stop`; closes the store with everything in it."""
    gc.set_threshold(ALLOCATIONS_PER_SWEEP, 20, 20)
    with sole_use(config.state):
        writer = StoreWriter(config.state / "monitor.sqlite")
        try:
            async with Clients() as clients:
                await _serve(Engine(config, clients, writer), stop)
        finally:
            if lost := await asyncio.to_thread(writer.close):
                log.error("%d records could not be written: %s", lost, writer.problem)


async def _serve(engine: Engine, stop: asyncio.Event) -> None:
    server = ChannelServer(socket_path(engine.config.runtime), Commands(engine))
    engine.server = server
    await server.start()
    reloads: set[asyncio.Task[str]] = set()

    def reload() -> None:
        task = asyncio.create_task(engine.reload())
        reloads.add(task)
        task.add_done_callback(reloads.discard)

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reload)
    try:
        await engine.run(stop)
    finally:
        await server.stop()


if __name__ == "__main__":
    sys.exit(run_child("engine", run_engine))

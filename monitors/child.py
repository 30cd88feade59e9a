"""What every process of the monitor does alike: it logs, and ends with its supervisor."""

import asyncio
import logging
import os
import signal
import stat
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress

from pydantic import ValidationError

from inventory.errors import WatchfloorError
from monitors.config import MonitorConfig
from monitors.orders import EX_CONFIG

BEAT_S = 1.0
"""How often a process shows its supervisor that its event loop turns."""

Main = Callable[[MonitorConfig, asyncio.Event], Awaitable[None]]


def run_child(name: str, main: Main) -> int:
    """Runs `main` with the configuration in `sys.argv[1]` until told to stop.

    The supervisor holds the other end of stdin, which is a socket: when it goes away, however it
    dies, stdin ends and so does this process. The other way, a byte every `BEAT_S` says that this
    process does not hang.
    """
    logging.basicConfig(
        level=os.environ.get("WATCHFLOOR_LOG", "INFO"),
        format=f"%(asctime)s {name} %(levelname)s %(message)s",
        stream=sys.stderr,
    )
    try:
        config = MonitorConfig.model_validate_json(sys.argv[1])
    except (IndexError, ValidationError):
        print(f"{name}: is started by `watchfloor monitor`", file=sys.stderr)  # noqa: T201
        return EX_CONFIG
    try:
        asyncio.run(_run(main, config))
    except WatchfloorError as error:
        logging.getLogger(name).error("%s", error)
        return EX_CONFIG
    return 0


async def _run(main: Main, config: MonitorConfig) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGINT, lambda: None)  # Ctrl-C is the supervisor's to handle
    loop.add_reader(sys.stdin.fileno(), _end_with_supervisor, loop, stop)
    beating = asyncio.create_task(_beat(sys.stdin.fileno()))
    try:
        await main(config, stop)
    finally:
        beating.cancel()


async def _beat(descriptor: int) -> None:
    if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
        return  # started by hand: there is no supervisor to show anything
    os.set_blocking(descriptor, False)
    while True:
        with suppress(OSError):  # it has gone, which stdin says as well, or it hangs itself
            os.write(descriptor, b".")
        await asyncio.sleep(BEAT_S)


def _end_with_supervisor(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    try:
        gone = not os.read(sys.stdin.fileno(), 4096)
    except BlockingIOError:
        return
    except OSError:
        gone = True  # reset: it went without having read our last signs of life
    if gone:
        loop.remove_reader(sys.stdin.fileno())
        stop.set()

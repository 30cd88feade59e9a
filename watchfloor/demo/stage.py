"""Runs the demo: simulated gear and the real monitor, from the first device to the last."""

import asyncio
import logging
import shutil
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import watchfloor
from inventory.endpoints import Endpoint, EndpointMap, join_endpoint
from inventory.errors import WatchfloorError
from inventory.loader import load
from monitors.channel import ChannelClient, socket_path
from monitors.config import MonitorConfig
from monitors.orders import Orders
from monitors.supervisor import supervise
from watchfloor.demo.cast import cast, make_up_secrets
from watchfloor.demo.control import control
from watchfloor.demo.session import FILE, SOCKET, Session
from watchfloor.simulate.announcing import Listeners
from watchfloor.simulate.faults import parse_injection
from watchfloor.simulate.gear import Gear

LOOK_AGAIN_S = 0.1
ENDPOINTS = "endpoints.yaml"
STATE = "state"
RUN = "run"
OWN = frozenset({SOCKET, FILE, ENDPOINTS, STATE, RUN})
"""All that a demo leaves in its folder, and so may remove."""


class DemoError(WatchfloorError):
    """The demo cannot run as asked."""


@dataclass(frozen=True, slots=True)
class Show:
    """How the demo runs."""

    center: Path
    folder: Path
    """Holds everything of this demo; it is emptied when the demo starts."""
    host: str
    port: int
    interval_s: float
    faults: tuple[str, ...] = ()

    @property
    def page(self) -> str:
        """The NOC page's address."""
        return f"http://{join_endpoint(self.host, self.port)}/"

    @property
    def control(self) -> Path:
        """The socket that a second terminal speaks to."""
        return self.folder / SOCKET

    @property
    def endpoints(self) -> Path:
        """The endpoint map of the simulated gear."""
        return self.folder / ENDPOINTS


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the start is."""

    polled: int
    targets: int


async def run(
    show: Show, on_progress: Callable[[Progress], None], on_ready: Callable[[Gear], None]
) -> None:
    """Plays until SIGINT or SIGTERM; everything that it started ends with it."""
    center = load(show.center)
    made_up = make_up_secrets(center)
    _empty(show.folder)
    listeners = Listeners(traps=_free_port(), notices=_free_port())
    async with Gear(cast(center), listeners) as gear, control(gear, show.control, show.page):
        for fault in show.faults:
            parse_injection(fault, gear.devices)  # a slip of the pen is told before anything runs
        EndpointMap(dict(gear.addresses())).save(show.endpoints)
        config = _config(show, listeners)
        Session(
            center=config.center,
            runtime=config.runtime,
            endpoints=show.endpoints,
            secrets=made_up,
        ).save(show.folder)
        ready = asyncio.create_task(_until_polled(config.runtime, on_progress))
        monitor = asyncio.create_task(supervise(Orders.of(config.model_dump_json())))
        try:
            await asyncio.wait([ready, monitor], return_when=asyncio.FIRST_COMPLETED)
            if not monitor.done():
                for fault in show.faults:
                    gear.inject(fault)
                on_ready(gear)
            await monitor
        finally:
            ready.cancel()
            monitor.cancel()
            await asyncio.gather(ready, monitor, return_exceptions=True)


def _free_port() -> Endpoint:
    """A UDP port of loopback that nobody has, unless somebody takes it before the monitor does."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        host, port = probe.getsockname()
        return host, port


def _config(show: Show, listeners: Listeners) -> MonitorConfig:
    return MonitorConfig(
        version=watchfloor.__version__,
        center=show.center.resolve(),
        state=show.folder / STATE,
        runtime=show.folder / RUN,
        endpoints=show.endpoints,
        host=show.host,
        port=show.port,
        traps=listeners.traps,
        notices=listeners.notices,
        interval_s=show.interval_s,
        on_delay_s=show.interval_s / 2,
    )


def _empty(folder: Path) -> None:
    with suppress(FileNotFoundError):
        if foreign := sorted({entry.name for entry in folder.iterdir()} - OWN):
            raise DemoError(
                f"{folder}: holds {foreign[0]}, which no demo made; move it away, or name another"
                " folder in WATCHFLOOR_RUNTIME"
            )
        shutil.rmtree(folder)
    try:
        folder.mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise DemoError(f"{folder}: cannot be made: {error.strerror}") from error


async def _until_polled(runtime: Path, on_progress: Callable[[Progress], None]) -> None:
    """Waits until every target has been polled once."""
    channel = ChannelClient(socket_path(runtime))
    while True:
        try:
            engine = (await channel.snapshot()).engine
        except WatchfloorError as error:
            logging.getLogger(__name__).debug("not yet: %s", error)
        else:
            on_progress(Progress(min(engine.polls, engine.targets), engine.targets))
            if engine.targets and engine.polls >= engine.targets:
                return
        await asyncio.sleep(LOOK_AGAIN_S)

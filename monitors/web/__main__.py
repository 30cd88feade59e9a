"""The web process: `python -P -m monitors.web CONFIG`."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from inventory.endpoints import join_endpoint
from inventory.errors import WatchfloorError
from inventory.topology import Topology
from monitors.channel import ChannelClient, socket_path
from monitors.child import run_child
from monitors.config import MonitorConfig
from monitors.inventory_reader import center_of
from monitors.web.app import create_app
from monitors.web.lending import LendingProtocol
from monitors.web.token import api_token

MOST_CONNECTIONS = 512
GOODBYE_S = 2
"""How long open pages may take to end when the process stops."""


class ListenError(WatchfloorError):
    """The address cannot be listened on."""


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the supervisor decides when this process ends."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield


async def run_web(config: MonitorConfig, stop: asyncio.Event) -> None:
    """Serves until `stop`. Raises `ListenError` when the port is taken."""
    center = await center_of(config)
    app = create_app(
        ChannelClient(socket_path(config.runtime)),
        Topology(center),
        api_token(config.state),
        (config.host, *config.names),
    )
    server = _Server(
        uvicorn.Config(
            app,
            host=config.host,
            port=config.port,
            http=LendingProtocol,
            log_config=None,
            access_log=False,
            server_header=False,
            ws="none",
            limit_concurrency=MOST_CONNECTIONS,
            timeout_graceful_shutdown=GOODBYE_S,
        )
    )
    ending = asyncio.create_task(_end(server, stop))
    try:
        await server.serve()
    except SystemExit as error:  # uvicorn's way to say that it cannot bind
        where = join_endpoint(config.host, config.port)
        raise ListenError(f"{where} cannot be listened on; choose another --listen") from error
    finally:
        ending.cancel()


async def _end(server: uvicorn.Server, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True


if __name__ == "__main__":
    sys.exit(run_child("web", run_web))

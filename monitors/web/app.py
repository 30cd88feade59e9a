"""Puts the web process together: guards in front, API and pages behind, the engine's snapshots in.

It holds no device credential: everything it shows comes from the engine's socket.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from pydantic import TypeAdapter
from starlette.applications import Starlette
from starlette.middleware import Middleware

from inventory import assets
from inventory.topology import Topology
from monitors.channel import ChannelClient
from monitors.events import Event
from monitors.runbooks.library import Library
from monitors.snapshot import Snapshot
from monitors.web.api import Api
from monitors.web.board import Board
from monitors.web.following import Following
from monitors.web.guards import Guard
from monitors.web.pages import Pages

SHOWN_EVENTS = 20
EVENTS = TypeAdapter(list[Event])


def create_app(
    channel: ChannelClient, topology: Topology, token: str, names: Collection[str] = ()
) -> Starlette:
    """The application. `token` is asked of programs that write; `names` are the host's names."""
    board = Board()
    engine = Following()

    def publish(snapshot: Snapshot) -> None:
        engine.heard()
        board.publish(snapshot)

    async def acknowledge(identifier: str, by: str, comment: str) -> None:
        wanted = {"id": identifier, "by": by, "comment": comment}
        await channel.request("ack", json.dumps(wanted).encode())

    async def latest_events(device: str) -> list[Event]:
        query = {"device": device, "limit": SHOWN_EVENTS}
        return EVENTS.validate_json(await channel.request("events", json.dumps(query).encode()))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        following = asyncio.create_task(channel.follow(publish, engine.trouble))
        try:
            yield
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    pages = Pages(
        board,
        topology,
        Library.load(assets.runbooks()),
        acknowledge,
        latest_events,
        read_device=channel.device,
    )
    return Starlette(
        routes=[*Api(channel, board, token).routes(), *pages.routes()],
        middleware=[Middleware(Guard, names=tuple(names))],
        lifespan=lifespan,
    )

"""Metrics over real HTTP: the engine writes into the scraper's connection, and nothing is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn

from inventory.topology import Topology
from monitors.channel import ChannelClient, ChannelServer, Refusal, socket_path
from monitors.lending import BLOCKS_AT_ONCE
from monitors.web.app import create_app
from monitors.web.lending import LendingProtocol
from tests.monitors.centers import small_center
from tests.wait import until_async

GET = b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
HEAD = GET.replace(b"GET", b"HEAD")


@dataclass
class Blocks:
    """An engine whose metrics are these blocks."""

    blocks: list[bytes] = field(default_factory=list)
    refusal: Refusal | None = None

    async def __call__(self, _command: str, _body: bytes) -> list[bytes]:
        if self.refusal is not None:
            raise self.refusal
        return self.blocks


@dataclass
class Site:
    """Web and engine over real sockets."""

    port: int
    engine: Blocks
    server: ChannelServer
    scrapers: list["Scraper"] = field(default_factory=list)

    async def connect(self) -> "Scraper":
        scraper = Scraper(*await asyncio.open_connection("127.0.0.1", self.port))
        self.scrapers.append(scraper)
        return scraper

    async def hang_up(self) -> None:
        for scraper in self.scrapers:
            scraper.writer.close()
            with suppress(ConnectionError):
                await scraper.writer.wait_closed()


@dataclass
class Scraper:
    """One connection to the web."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def head(self, request: bytes = GET) -> tuple[bytes, int]:
        """The head of an answer, and the length of the body that it announces."""
        self.writer.write(request)
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 10)
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        return head, int(length)

    async def body(self, request: bytes = GET) -> bytes:
        _, length = await self.head(request)
        return await asyncio.wait_for(self.reader.readexactly(length), 10)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    engine = Blocks()
    channel = ChannelServer(socket_path(tmp_path), engine)
    await channel.start()
    app = create_app(ChannelClient(socket_path(tmp_path)), Topology(small_center()), "token")
    config = uvicorn.Config(app, port=0, log_config=None, http=LendingProtocol, ws="none")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())
    await until_async(lambda: server.started, 10, "the web's start")
    port = server.servers[0].sockets[0].getsockname()[1]
    site = Site(port, engine, channel)
    yield site
    await site.hang_up()
    server.should_exit = True
    await serving
    await channel.stop()


def many_blocks() -> list[bytes]:
    """More than one system call takes, of every length from nothing on."""
    return [bytes([48 + n % 10]) * (n % 5000) for n in range(3 * BLOCKS_AT_ONCE)]


async def test_every_block_arrives_in_order(site: Site) -> None:
    site.engine.blocks = many_blocks()
    scraper = await site.connect()
    assert await scraper.body() == b"".join(site.engine.blocks)


async def test_one_connection_serves_scrape_after_scrape(site: Site) -> None:
    scraper = await site.connect()
    for text in (b"first 1\n", b"second 2\n", b""):
        site.engine.blocks = [text]
        assert await scraper.body() == text
    assert b"200" in (await scraper.head(GET.replace(b"/metrics", b"/api/v1/sd")))[0]


async def test_scrapes_do_not_mix(site: Site) -> None:
    site.engine.blocks = many_blocks()
    scrapers = [await site.connect() for _ in range(12)]
    bodies = await asyncio.gather(*(scraper.body() for scraper in scrapers))
    assert set(bodies) == {b"".join(site.engine.blocks)}


async def test_head_tells_the_length_and_sends_nothing(site: Site) -> None:
    site.engine.blocks = [b"a_sample 1\n"]
    scraper = await site.connect()
    _, length = await scraper.head(HEAD)
    assert length == len(b"a_sample 1\n")
    assert await scraper.body() == b"a_sample 1\n"


async def test_a_refusal_is_said_in_the_answer(site: Site) -> None:
    site.engine.refusal = Refusal(503, "the engine has just started")
    scraper = await site.connect()
    head, length = await scraper.head()
    assert b"503" in head
    assert b"just started" in await scraper.reader.readexactly(length)


async def test_an_engine_that_dies_halfway_leaves_no_answer_that_looks_whole(site: Site) -> None:
    site.engine.blocks = [b"x" * 100_000] * 1000
    scraper = await site.connect()
    _, length = await scraper.head()
    await scraper.reader.readexactly(1000)
    await site.server.stop()
    rest = b""
    with suppress(ConnectionError):
        rest = await asyncio.wait_for(scraper.reader.read(-1), 10)
    assert 1000 + len(rest) < length


async def test_a_scraper_that_leaves_holds_nothing(site: Site) -> None:
    site.engine.blocks = [b"x" * 100_000] * 1000
    for _ in range(12):  # more than may be under way at once
        scraper = await site.connect()
        await scraper.head()
        scraper.writer.transport.abort()
    site.engine.blocks = [b"left 1\n"]
    scraper = await site.connect()
    assert await scraper.body() == b"left 1\n"

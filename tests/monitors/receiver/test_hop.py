"""Events survive an engine that is away, in order and within bounds."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from monitors.channel import ChannelError, Refusal
from monitors.events import Event, EventKind
from monitors.heard import Heard, parse_heard
from monitors.receiver.drops import Tally
from monitors.receiver.hop import Hop
from tests.wait import until_async


def event(number: int, device: str = "sw-1") -> Event:
    return Event(
        id=f"e{number}", kind=EventKind.TRAP, at=datetime.now(UTC), actor="x", device=device
    )


class Engine:
    """Takes batches, or has a reason why not."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.trouble: Callable[[], Exception] | None = None
        self.asked = 0

    async def take(self, body: bytes) -> None:
        self.asked += 1
        if self.trouble is not None:
            raise self.trouble()
        self.heard.append(parse_heard(body))

    @property
    def ids(self) -> list[str]:
        return [event.id for heard in self.heard for event in heard.events]


@asynccontextmanager
async def running(hop: Hop) -> AsyncIterator[None]:
    task = asyncio.create_task(hop.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_what_waits_goes_in_order_once_the_engine_is_back() -> None:
    engine = Engine()
    engine.trouble = lambda: ChannelError("no monitor runs here")
    hop = Hop(engine.take, Tally())
    async with running(hop):
        for number in range(120):
            assert hop.keep(event(number))
        await until_async(lambda: engine.asked >= 2, 10, "a second try")
        assert hop.status.queued == 120
        engine.trouble = None
        await until_async(lambda: len(engine.ids) == 120, 10, "all events")
    assert engine.ids == [f"e{number}" for number in range(120)]
    assert (hop.status.queued, hop.status.lost) == (0, 0)


async def test_too_many_are_counted_and_no_device_fills_it_alone() -> None:
    hop = Hop(Engine().take, Tally(), capacity=100)
    kept = sum(hop.keep(event(number, "loud")) for number in range(500))
    assert kept == 20
    assert hop.keep(event(500, "quiet"))
    assert (hop.status.queued, hop.status.lost) == (21, 480)


async def test_a_device_has_its_share_again_once_what_it_said_is_delivered() -> None:
    engine = Engine()
    hop = Hop(engine.take, Tally(), capacity=10)
    async with running(hop):
        for round_ in range(3):
            assert [hop.keep(event(10 * round_ + n)) for n in range(3)] == [True, True, False]
            await until_async(lambda: not hop.status.queued, 10, "the delivery")
    assert len(engine.ids) == 6


async def test_a_batch_that_the_engine_refuses_does_not_block_the_next() -> None:
    engine = Engine()
    engine.trouble = lambda: Refusal(400, "heard: nonsense")
    hop = Hop(engine.take, Tally())
    async with running(hop):
        hop.keep(event(1))
        await until_async(lambda: hop.status.lost == 1, 10, "the refused one to be given up")
        engine.trouble = None
        hop.keep(event(2))
        await until_async(lambda: engine.ids == ["e2"], 10, "the next one")


async def test_a_full_engine_is_asked_again() -> None:
    engine = Engine()
    engine.trouble = lambda: Refusal(503, "kept in memory, not yet on the disk")
    hop = Hop(engine.take, Tally())
    hop.keep(event(1))
    async with running(hop):
        await until_async(lambda: engine.asked >= 1, 10, "a try")
        assert hop.status.queued == 1
    engine.trouble = None
    await hop.finish()
    assert engine.ids == ["e1"]

"""The engine by itself: what happens when two things happen to it at once."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitors.alerts.store import Record
from monitors.alerts.writer import StoreWriter
from monitors.config import MonitorConfig
from monitors.engine import Engine
from monitors.events import Event, EventKind
from monitors.heard import Heard, ReceiverStatus
from monitors.probe import Poll
from monitors.targets import Clients, Target
from tests.monitors.sites import CENTER
from tests.wait import until_async

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@asynccontextmanager
async def running_engine(tmp_path: Path) -> AsyncIterator[tuple[Engine, StoreWriter]]:
    folder = tmp_path / "center"
    folder.mkdir()
    (folder / "center.yaml").write_text(CENTER)
    writer = StoreWriter(tmp_path / "monitor.sqlite")
    stop = asyncio.Event()
    async with Clients() as clients:
        engine = Engine(
            MonitorConfig(center=folder, state=tmp_path, runtime=tmp_path), clients, writer
        )
        run = asyncio.create_task(engine.run(stop))
        try:
            await until_async(lambda: engine.ready, 20, "the inventory to be loaded")
            yield engine, writer
        finally:
            stop.set()
            await run
            await asyncio.to_thread(writer.close)


class Asked:
    """A probe of nobody's, whose closing takes a moment."""

    protocol = "snmp"
    device = "utility"

    async def poll(self) -> Poll:
        return Poll("nobody", self.protocol, NOW, 0.05)

    async def close(self) -> None:
        await asyncio.sleep(0.05)


async def test_two_reloads_at_once_poll_each_device_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe = Asked()
    async with running_engine(tmp_path) as (engine, _):
        load = engine._load

        async def load_with_a_target(*given: object) -> None:
            await load(*given)  # type: ignore[arg-type]
            engine._targets = type(engine._targets)((Target(probe, 0.2, 1.0),), ())

        monkeypatch.setattr(engine, "_load", load_with_a_target)
        await engine.reload()
        assert list(await asyncio.gather(engine.reload(), engine.reload())) == ["", ""]
        started = [t for t in asyncio.all_tasks() if t.get_name() == "poll utility snmp"]
        assert len(started) == 1


async def test_a_reload_before_the_first_load_leaves_that_to_the_start(tmp_path: Path) -> None:
    writer = StoreWriter(tmp_path / "monitor.sqlite")
    async with Clients() as clients:
        config = MonitorConfig(center=tmp_path / "none", state=tmp_path, runtime=tmp_path)
        engine = Engine(config, clients, writer)
        assert await engine.reload() == ""
        assert not engine.ready
    writer.close()


async def test_what_waits_for_the_disk_is_kept_once_however_often_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The receiver sends a batch again and again until it is on the disk."""
    async with running_engine(tmp_path) as (engine, writer):
        queued: list[Record] = []

        def never_done(record: Record) -> "Future[None]":
            queued.append(record)
            return Future()

        monkeypatch.setattr(writer, "write", never_done)
        events = tuple(
            Event(id=f"e{n}", kind=EventKind.SYSLOG, at=NOW, actor="receiver", device="utility")
            for n in range(3)
        )
        heard = Heard(at=NOW, status=ReceiverStatus(), events=events)
        first = engine.hear(heard)
        assert engine.hear(heard) == first
        assert queued == [*events]
        first[0].set_exception(OSError())
        assert engine.hear(heard)[0] is not first[0]
        assert queued == [*events, events[0]]

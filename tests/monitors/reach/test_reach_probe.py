"""Several checks of one device: all at once, and silence only where nothing answers."""

import asyncio
import time

from inventory.reach import TAGS
from monitors.probe import ProblemKind
from monitors.reach.part import part_of, vital_parts
from monitors.reading import State
from tests.monitors.reach.reaching import device, named, probe
from tests.wait import until_async
from watchfloor.simulate.circuit import SimulatedCircuit
from watchfloor.simulate.streams import SimulatedStreams
from watchfloor.simulate.time_server import SimulatedTimeServer


async def test_what_answers_keeps_what_is_silent_from_silencing_the_device() -> None:
    async with SimulatedStreams() as streams, SimulatedCircuit() as circuit:
        streams.faults.silence = True
        asked = probe(
            {"icmp": True},
            {"rtsp": "/live"},
            at={"icmp": circuit.address, "rtsp-554": streams.address},
        )
        half = await asked.poll()
        circuit.faults.silence = True
        none = await asked.poll()
    assert half.problem is None
    assert named(half)["Stream /live"].state is State.CRITICAL
    assert named(half)["Echo"].state is State.OK
    assert none.problem is not None
    assert none.problem.kind is ProblemKind.SILENT
    assert none.readings == ()


async def test_checks_run_at_once_and_end_at_the_deadline() -> None:
    async with SimulatedStreams() as streams, SimulatedTimeServer() as clock:
        streams.faults.delay_s = clock.faults.delay_s = 30
        asked = probe(
            {"rtsp": "/live", "timeout_s": 20},
            {"ntp": True, "timeout_s": 20},
            at={"rtsp-554": streams.address, "ntp": clock.address},
            deadline_s=0.3,
        )
        start = time.monotonic()
        poll = await asked.poll()
    assert time.monotonic() - start < 2
    assert poll.problem is not None
    assert "not done after 0.3 s" in poll.problem.message


async def test_a_cancelled_poll_leaves_nothing_open() -> None:
    async with SimulatedStreams() as streams:
        streams.faults.silence = True
        asked = probe({"rtsp": "/live", "timeout_s": 20}, at={"rtsp-554": streams.address})
        polling = asyncio.create_task(asked.poll())
        await until_async(lambda: streams.requests, 5, "the question")
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)
        assert polling.cancelled()


def test_what_a_device_does_not_work_without() -> None:
    checks = ({"rtsp": "/live"}, {"icmp": True}, {"tcp": 22, "vital": True})
    assert vital_parts(device(*checks)) == {"stream:live", "service:tcp-22"}
    assert vital_parts(device(*checks, kind="link")) == {"path:icmp", "service:tcp-22"}
    assert vital_parts(device({"rtsp": "/live", "vital": False})) == frozenset()


def test_every_kind_of_check_has_a_part_of_its_own() -> None:
    checks = device(
        {"icmp": True},
        {"icmp": "10.0.0.1"},
        {"tcp": 443},
        {"tls": 443},
        {"http": "http://10.0.0.1:443/"},
        {"rtsp": "/1"},
        {"rtsp": "/2"},
        {"rtsp": "rtsp://10.0.0.1/1"},
        {"ntp": True},
    ).monitoring.reach
    parts = {part_of(check).component for check in checks}
    assert len(parts) == len(checks)
    assert {check.word for check in checks} == {tag.split()[0] for tag in TAGS}

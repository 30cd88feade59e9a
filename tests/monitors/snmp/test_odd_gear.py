"""Odd, slow and restarted gear on loopback: what the probe makes of it, poll after poll."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import watchfloor.simulate
from monitors.events import EventKind, log_event
from monitors.health import DeviceHealth
from monitors.probe import Poll, ProblemKind
from monitors.profiles.library import shipped
from monitors.reading import SensorClass, State
from monitors.snmp import ber
from monitors.snmp.engine import SnmpEngine
from monitors.snmp.message import GET
from monitors.snmp.probe import SETTLE_S, SnmpProbe
from monitors.snmp.system import UPTIME_WRAPS_S
from monitors.snmp.target import Community, SnmpTarget
from tests.monitors.centers import poll, reading
from tests.monitors.snmp.agents import ScriptedAgent, request_id_of, response
from watchfloor.simulate.recording import Recording
from watchfloor.simulate.snmp_agent import SnmpAgent

RECORDINGS = Path(watchfloor.simulate.__file__).parent / "recordings"
UPTIME = "1.3.6.1.2.1.1.3.0"
TEMPERATURE = "1.3.6.1.2.1.33.1.2.7.0"
GEN_ERR = 5
NAME = "1.3.6.1.2.1.1.5.0"
HELLO = ber.write(ber.OCTET_STRING, b"hello")
SMALL_ANSWER = 800


@pytest.fixture
async def engine() -> AsyncIterator[SnmpEngine]:
    async with SnmpEngine() as engine:
        yield engine


class Watched:
    """A probe of a simulated agent on a clock of its own."""

    def __init__(self, engine: SnmpEngine, agent: SnmpAgent, **more: float) -> None:
        self.now = 1000.0
        host, port = agent.address
        settings = {"timeout_s": 0.15, "retries": 2, **more}
        self.target = SnmpTarget("gear", host, port, Community("public"), **settings)  # type: ignore[arg-type]
        self.probe = SnmpProbe(engine, self.target, shipped(), clock=lambda: self.now)

    async def poll(self, after_s: float = 30.0) -> Poll:
        self.now += after_s
        return await self.probe.poll()


def agent_of(name: str, **more: bool) -> SnmpAgent:
    return SnmpAgent(Recording.load(RECORDINGS / f"{name}.snmprec"), **more)  # type: ignore[arg-type]


def names(poll: Poll) -> set[tuple[str, str]]:
    return {(reading.sensor_class, reading.name) for reading in poll.readings}


async def test_a_broken_getbulk_costs_nothing_but_packets(engine: SnmpEngine) -> None:
    async with agent_of("switch-access") as agent:
        whole = await Watched(engine, agent).probe.poll()
        await Watched(engine, agent).probe.close()
        agent.faults.bulk_error_status = GEN_ERR
        watched = Watched(engine, agent)
        first = await watched.poll()
        assert (first.problem, names(first)) == (None, names(whole))
        assert first.pace is not None
        assert first.pace.repetitions == 0
        agent.faults.bulk_error_status = 0
        later = await watched.poll()
        assert later.pace is not None
        assert later.pace.repetitions == 0


async def test_answers_that_get_lost_for_their_size_are_learned_once(engine: SnmpEngine) -> None:
    async with agent_of("ups-apc", advance=False) as agent:
        whole = await Watched(engine, agent).probe.poll()
        await Watched(engine, agent).probe.close()
        agent.faults.lost_above_octets = SMALL_ANSWER
        watched = Watched(engine, agent, deadline_s=30.0)
        polls = [await watched.poll() for _ in range(3)]
        assert (polls[-1].problem, names(polls[-1])) == (None, names(whole))
        engine.counters.retransmitted = 0
        assert names(await watched.poll()) == names(whole)
        assert engine.counters.retransmitted == 0


async def test_a_slow_agent_is_waited_for_and_not_asked_twice(engine: SnmpEngine) -> None:
    async with agent_of("ups-apc") as agent:
        agent.faults.delay_s = 0.15
        target = Watched(engine, agent, timeout_s=0.1).target
        assert (await engine.get(target, [NAME])).problem is None
        engine.counters.retransmitted = 0
        for _ in range(2):
            assert (await engine.get(target, [NAME])).problem is None
        assert engine.counters.retransmitted == 0
        pace = engine.habits(target).pace
        assert pace.timeout_s > 0.15
        assert pace.round_trip_s is not None


async def test_a_silent_agent_is_asked_once_and_its_return_is_seen_at_once(
    engine: SnmpEngine,
) -> None:
    async with agent_of("ups-apc") as agent:
        target = Watched(engine, agent, timeout_s=0.1, deadline_s=1.0).target
        agent.faults.silence = True
        asked = []
        for _ in range(4):
            before = agent.requests
            assert (await engine.get(target, [NAME])).problem is not None
            asked.append(agent.requests - before)
        assert asked == [3, 3, 1, 1]
        agent.faults.silence = False
        assert (await engine.get(target, [NAME])).problem is None
        assert engine.habits(target).retries == 2


async def test_a_restart_is_an_event_and_takes_no_sensor_for_vanished(engine: SnmpEngine) -> None:
    health = DeviceHealth("gear", {"snmp": 30.0})
    async with agent_of("ups-rfc1628", advance=False) as agent:
        watched = Watched(engine, agent)
        before = await watched.poll()
        health.absorb(before)
        agent.edit(UPTIME, 500)
        agent.remove(TEMPERATURE)
        polls = [await watched.poll() for _ in range(4)]
        assert all(poll.settling and not health.absorb(poll).missing for poll in polls)
        (restarted,) = watched.probe.take_events()
        event = log_event(polls[0], restarted)
        assert event.kind is EventKind.RESTART
        assert event.summary.startswith("restarted, up 5 s, before that ")
        assert event.payload["values"] == {
            "uptime before, s": before.identity.uptime_s,
            "uptime now, s": 5.0,
        }
        agent.restore()
        agent.edit(UPTIME, 3000)
        assert names(await watched.poll()) == names(before)
        assert watched.probe.take_events() == []


async def test_what_a_restarted_device_still_lacks_later_has_vanished(engine: SnmpEngine) -> None:
    health = DeviceHealth("gear", {"snmp": 30.0})
    async with agent_of("ups-rfc1628", advance=False) as agent:
        watched = Watched(engine, agent)
        health.absorb(await watched.poll())
        agent.edit(UPTIME, 500)
        agent.remove(TEMPERATURE)
        health.absorb(await watched.poll())
        agent.edit(UPTIME, 60_000)
        sightings = [health.absorb(await watched.poll(SETTLE_S)) for _ in range(2)]
        assert [key.name for keys in sightings[-1].missing.values() for key in keys] == [
            "Battery temperature"
        ]


async def test_an_uptime_that_wraps_is_nothing(engine: SnmpEngine) -> None:
    async with agent_of("ups-rfc1628", advance=False) as agent:
        agent.edit(UPTIME, int(UPTIME_WRAPS_S * 100) - 1000)
        watched = Watched(engine, agent)
        before = await watched.poll()
        agent.edit(UPTIME, 2000)
        after = await watched.poll(30.0)
        assert watched.probe.take_events() == []
        assert names(after) == names(before)


async def test_a_part_of_an_answer_turns_no_bad_state_good(engine: SnmpEngine) -> None:
    async with agent_of("ups-apc", advance=False) as agent:
        watched = Watched(engine, agent)
        before = await watched.poll()
        with breaking_off(agent, after=2):
            partial = await watched.poll()
        assert partial.partial
        assert partial.problem is not None
        assert partial.problem.kind is ProblemKind.FAILED
        assert 0 < len(partial.readings) < len(before.readings)
        states = {(r.sensor_class, r.name): (r.state, r.value) for r in before.readings}
        assert all(states[r.sensor_class, r.name] == (r.state, r.value) for r in partial.readings)


@contextmanager
def breaking_off(agent: SnmpAgent, after: int) -> Iterator[None]:
    """The agent answers so many requests more, then none."""
    answer, left = agent.answer, [after]

    def some(datagram: bytes) -> bytes | None:
        left[0] -= 1
        return answer(datagram) if left[0] >= 0 else None

    agent.answer = some  # type: ignore[method-assign]
    try:
        yield
    finally:
        agent.answer = answer  # type: ignore[method-assign]


async def test_a_device_that_is_cut_short_at_first_is_not_laid_out_by_half(
    engine: SnmpEngine,
) -> None:
    async with agent_of("ups-apc") as agent:
        watched = Watched(engine, agent)
        with breaking_off(agent, after=8):
            assert (await watched.poll()).readings == ()
        assert (await watched.poll()).problem is None


async def test_an_energy_counter_that_starts_anew_raises_nothing() -> None:
    health = DeviceHealth("pdu", {"snmp": 30.0})
    for seconds, value in enumerate((5e9, 5.1e9, 1000.0, 2000.0)):
        energy = reading("pdu", sensor_class=SensorClass.POWER_CONSUMED, name="Energy", value=value)
        assert not health.absorb(poll("pdu", energy, seconds=30.0 * seconds)).missing
        assert health.state is State.OK


async def test_answers_from_another_port_are_named() -> None:
    async with ScriptedAgent(lambda *_: []) as other, SnmpEngine() as engine:

        def from_elsewhere(request: bytes, agent: ScriptedAgent) -> list[bytes]:
            assert agent.client is not None
            assert other.transport is not None
            other.transport.sendto(response(request, [(NAME, HELLO)]), agent.client)
            return []

        async with ScriptedAgent(from_elsewhere) as agent:
            answer = await engine.get(agent.target(retries=0), [NAME])
        assert answer.problem is not None
        assert answer.problem.message == (
            f"answers come from port {other.port}, were asked of {agent_port(agent)}, "
            "are not believed"
        )


def agent_port(agent: ScriptedAgent) -> int:
    return agent.target().port if agent.transport else 0


async def test_answers_with_other_ids_are_named_and_still_count_as_silence() -> None:
    def wrong(request: bytes, _: ScriptedAgent) -> list[bytes]:
        return [response(request.replace(request_id_of(request), b"\x01\x02\x03\x04"), [])]

    async with ScriptedAgent(wrong) as agent, SnmpEngine() as engine:
        answer = await engine.get(agent.target(), [NAME])
        assert answer.problem is not None
        assert answer.problem.kind is ProblemKind.SILENT
        assert answer.problem.message.startswith("no answer to what was asked, but 2 with other")


async def test_an_answer_that_cannot_be_read_is_asked_for_again_at_once() -> None:
    def first_broken(request: bytes, agent: ScriptedAgent) -> list[bytes]:
        whole = response(request, [(NAME, HELLO)])
        return [whole if len(agent.requests) > 1 else whole[:-3]]

    async with ScriptedAgent(first_broken) as agent, SnmpEngine() as engine:
        answer = await engine.get(agent.target(timeout_s=30.0, deadline_s=60.0), [NAME])
        assert answer.value(NAME) == b"hello"


@pytest.mark.parametrize("value", [b"\x02\x00", b"\x43\x00", b"\x04\x00", b"\x06\x00", b"\x46\x00"])
async def test_values_of_no_length_are_no_values(engine: SnmpEngine, value: bytes) -> None:
    def empty(request: bytes, _: ScriptedAgent) -> list[bytes]:
        return [response(request, [(UPTIME, value)])] if request.count(bytes((GET,))) else []

    async with ScriptedAgent(empty) as agent:
        answer = await engine.get(agent.target(), [UPTIME])
        assert answer.problem is None
        assert answer.value(UPTIME) in (None, b"")

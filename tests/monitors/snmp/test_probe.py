"""The probe against simulated gear: recognition, readings, faults, restarts and exchanges."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

import watchfloor.simulate
from monitors.probe import Poll, Probe, ProblemKind
from monitors.profiles.library import shipped
from monitors.reading import Reading, State
from monitors.readings import Readings
from monitors.snmp import probe as probe_module
from monitors.snmp.engine import SnmpEngine
from monitors.snmp.probe import SnmpProbe
from monitors.snmp.target import Community, SnmpTarget
from watchfloor.simulate.recording import Recording
from watchfloor.simulate.snmp_agent import SnmpAgent

RECORDINGS = Path(watchfloor.simulate.__file__).parent / "recordings"
OUTPUT_STATUS = "1.3.6.1.4.1.318.1.1.1.4.1.1.0"
OBJECT_ID = "1.3.6.1.2.1.1.2.0"
UPTIME = "1.3.6.1.2.1.1.3.0"
PORT_1_OPER = "1.3.6.1.2.1.2.2.1.8.9"
PORT_1_ADMIN = "1.3.6.1.2.1.2.2.1.7.9"


@pytest.fixture
async def engine() -> AsyncIterator[SnmpEngine]:
    async with SnmpEngine() as engine:
        yield engine


def recording(name: str) -> Recording:
    return Recording.load(RECORDINGS / f"{name}.snmprec")


def target_of(agent: SnmpAgent, community: str = "public") -> SnmpTarget:
    host, port = agent.address
    return SnmpTarget("gear", host, port, Community(community), timeout_s=0.2, retries=1)


def by_name(poll: Poll, name: str, kind: str = "state") -> Reading:
    return next(r for r in poll.readings if r.name == name and r.sensor_class == kind)


async def test_reads_a_ups_and_sees_it_go_to_battery(engine: SnmpEngine) -> None:
    async with SnmpAgent(recording("ups-apc")) as agent:
        probe: Probe = SnmpProbe(engine, target_of(agent), shipped())
        poll = await probe.poll()
        assert poll.problem is None
        assert (poll.device, poll.protocol) == ("gear", "snmp")
        assert poll.identity.vendor == "APC"
        assert poll.identity.model
        status = by_name(poll, "Output status")
        assert (status.state, status.text, status.value) == (State.OK, "onLine", 2)
        agent.edit(OUTPUT_STATUS, 3)
        status = by_name(await probe.poll(), "Output status")
        assert (status.state, status.text) == (State.CRITICAL, "onBattery")


async def test_later_polls_ask_only_for_what_the_device_has(engine: SnmpEngine) -> None:
    async with SnmpAgent(recording("ups-apc")) as agent:
        probe = SnmpProbe(engine, target_of(agent), shipped())
        first = await probe.poll()
        sent = agent.requests
        second = await probe.poll()
        assert agent.requests - sent < sent / 2
        assert [r.oid for r in second.readings] == [r.oid for r in first.readings]


async def test_what_does_not_change_is_kept_once(engine: SnmpEngine) -> None:
    async with SnmpAgent(recording("ups-apc"), advance=False) as agent:
        probe = SnmpProbe(engine, target_of(agent), shipped())
        other = SnmpProbe(engine, target_of(agent), shipped())
        polls = [await probe.poll() for _ in range(4)] + [await other.poll()]
        found = [Readings.of(poll.readings) for poll in polls]
        assert all(one.sensors is found[0].sensors for one in found)
        assert found[3].verdict is found[2].verdict
        assert all(one == found[0] for one in found)


async def test_another_device_at_the_address_is_recognised_anew(engine: SnmpEngine) -> None:
    async with SnmpAgent(recording("ups-apc")) as agent:
        target = target_of(agent)
        probe = SnmpProbe(engine, target, shipped())
        await probe.poll()
        assert "apc-ups" in probe.profiles
    async with SnmpAgent(recording("pdu-apc-rpdu2"), port=target.port):
        poll = await probe.poll()
        assert poll.problem is None
        assert "apc-rpdu2" in probe.profiles
        assert "apc-ups" not in probe.profiles
        assert {r.component for r in poll.readings} >= {"power_supply:1-1", "power_supply:1-2"}


async def test_a_restart_makes_the_probe_look_at_everything_again(engine: SnmpEngine) -> None:
    async with SnmpAgent(recording("ups-rfc1628"), advance=False) as agent:
        agent.remove("1.3.6.1.2.1.33.1.2.7.0")
        probe = SnmpProbe(engine, target_of(agent), shipped())
        names = {r.name for r in (await probe.poll()).readings}
        assert "Battery temperature" not in names
        agent.restore()
        names = {r.name for r in (await probe.poll()).readings}
        assert "Battery temperature" not in names
        agent.edit(UPTIME, 5)
        names = {r.name for r in (await probe.poll()).readings}
        assert "Battery temperature" in names


async def test_new_parts_are_found_within_the_hour(engine: SnmpEngine) -> None:
    now = 0.0
    async with SnmpAgent(recording("ups-rfc1628"), advance=False) as agent:
        agent.remove("1.3.6.1.2.1.33.1.2.7.0")
        probe = SnmpProbe(engine, target_of(agent), shipped(), clock=lambda: now)
        await probe.poll()
        agent.restore()
        now = probe_module.LOOK_AGAIN_S + 1
        assert "Battery temperature" in {r.name for r in (await probe.poll()).readings}


@pytest.mark.parametrize(
    ("expected", "oper", "admin", "state"),
    [
        ([], 1, 1, State.OK),
        ([], 2, 1, State.OK),
        (["Gi1/0/1"], 1, 1, State.OK),
        (["gi1/0/1"], 2, 1, State.CRITICAL),
        (["GigabitEthernet1/0/1"], 2, 1, State.CRITICAL),
        (["Gi1/0/1"], 2, 2, State.CRITICAL),
        ([], 2, 2, State.OK),
    ],
)
async def test_a_port_that_is_down_matters_only_where_something_is_expected(
    engine: SnmpEngine, expected: list[str], oper: int, admin: int, state: State
) -> None:
    async with SnmpAgent(recording("switch-access")) as agent:
        agent.edit(PORT_1_OPER, oper)
        agent.edit(PORT_1_ADMIN, admin)
        probe = SnmpProbe(engine, target_of(agent), shipped(), expected=expected)
        reading = by_name(await probe.poll(), "Gi1/0/1")
        assert reading.state is state
        assert reading.component == "port:Gi1/0/1"


def answers_with(value: bool | None) -> Callable[[str], Awaitable[bool | None]]:
    async def reachable(_: str) -> bool | None:
        return value

    return reachable


@pytest.mark.parametrize(
    ("reachable", "host"),
    [
        (answers_with(True), "reachable"),
        (answers_with(False), "silent"),
        (answers_with(None), "not checked"),
        (None, "not checked"),
    ],
)
async def test_a_silent_agent_is_described_with_what_is_known_of_its_host(
    engine: SnmpEngine, reachable: Callable[[str], Awaitable[bool | None]] | None, host: str
) -> None:
    async with SnmpAgent(recording("ups-apc")) as agent:
        target = target_of(agent, community="wrong")
        poll = await SnmpProbe(engine, target, shipped(), reachable=reachable).poll()
        assert poll.problem is not None
        there = host == "reachable"
        assert poll.problem.kind is (ProblemKind.MUTE if there else ProblemKind.SILENT)
        assert poll.problem.message == f"no SNMP answer; host {host}: community, ACL or agent"
        assert poll.readings == ()


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"garbage": b"not snmp"}, ProblemKind.GARBAGE),
        ({"truncate": True}, ProblemKind.GARBAGE),
        ({"silence": True}, ProblemKind.SILENT),
        ({"wrong_request_id": True}, ProblemKind.SILENT),
    ],
)
async def test_a_device_that_fails_later_recovers_with_its_readings(
    engine: SnmpEngine, fault: dict[str, bytes | bool], kind: ProblemKind
) -> None:
    async with SnmpAgent(recording("ups-apc")) as agent:
        probe = SnmpProbe(engine, target_of(agent), shipped())
        before = await probe.poll()
        for name, value in fault.items():
            setattr(agent.faults, name, value)
        failed = await probe.poll()
        assert failed.problem is not None
        assert failed.problem.kind is kind
        assert not failed.readings
        for name in fault:
            setattr(agent.faults, name, None if name == "garbage" else False)
        after = await probe.poll()
        assert after.problem is None
        assert {r.oid for r in after.readings} == {r.oid for r in before.readings}


async def test_an_agent_whose_walks_never_end_gives_a_partial_answer(engine: SnmpEngine) -> None:
    async with SnmpAgent(recording("ups-apc")) as agent:
        agent.faults.stuck_oids = True
        poll = await SnmpProbe(engine, target_of(agent), shipped()).poll()
        assert poll.problem is not None
        assert "do not increase" in poll.problem.message
        assert poll.partial


async def test_an_unknown_device_still_gets_every_standard(engine: SnmpEngine) -> None:
    strange = recording("ups-rfc1628").with_values({OBJECT_ID: "1.3.6.1.4.1.99999.1"})
    async with SnmpAgent(strange) as agent:
        probe = SnmpProbe(engine, target_of(agent), shipped())
        poll = await probe.poll()
        standards = {p.name for p in shipped().profiles if p.profile.recognise.always}
        assert set(probe.profiles) == standards
        assert {"entity-sensor", "if-mib", "rfc1628-ups"} <= standards
        assert by_name(poll, "Output source").state is State.OK

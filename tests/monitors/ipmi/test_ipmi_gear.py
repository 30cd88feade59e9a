"""Polls of OpenIPMI's simulator: sessions, failures and changes as a real BMC would show them."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from monitors.health import DeviceHealth
from monitors.ipmi.probe import IpmiProbe
from monitors.ipmi.target import Privilege
from monitors.probe import Poll, ProblemKind
from monitors.reading import Reading, State
from tests.monitors.ipmi import ipmi_sim
from tests.monitors.ipmi.conftest import MakeProbe
from tests.monitors.ipmi.ipmi_sim import ADMIN, ADMIN_PASSWORD, IpmiSim

pytestmark = pytest.mark.gear


def named(poll: Poll) -> dict[str, Reading]:
    return {reading.name: reading for reading in poll.readings}


async def test_identity_and_components(sim: IpmiSim, make_probe: MakeProbe) -> None:
    poll = await make_probe(sim.port, expected_power_on=False).poll()
    assert poll.problem is None
    identity = poll.identity
    assert (identity.vendor, identity.model) == ("Example Servers", "RX-2")
    assert (identity.serial, identity.firmware) == ("SER-0042", "2.17")
    found = named(poll)
    assert found["PSU 2"].component == found["PSU 2 Power"].component == "power_supply:2"
    assert found["PSU Redundancy"].component == "power_supply_redundancy:1"
    assert {r.name for r in poll.readings if r.state is not State.OK} == {"Disk 3"}


@pytest.mark.parametrize(
    ("user", "password", "words"),
    [("nobody", "x", 'no user "nobody"'), (ipmi_sim.USER, "not-it", "rejects the password")],
)
async def test_user_and_password_are_told_apart(
    sim: IpmiSim, make_probe: MakeProbe, user: str, password: str, words: str
) -> None:
    poll = await make_probe(sim.port, user, password).poll()
    assert poll.problem is not None
    assert poll.problem.kind is ProblemKind.CREDENTIAL
    assert words in poll.problem.message
    assert password not in poll.problem.message


async def test_a_refused_credential_is_not_tried_at_every_poll(
    sim: IpmiSim, make_probe: MakeProbe
) -> None:
    probe = make_probe(sim.port, password="not-it")
    first = await probe.poll()
    sim.stop()
    assert (await probe.poll()).problem == first.problem


async def test_a_suite_that_is_not_offered_is_named(sim: IpmiSim, make_probe: MakeProbe) -> None:
    poll = await make_probe(sim.port, cipher_suites=(17,)).poll()
    assert poll.problem is not None
    assert "no allowed cipher suite" in poll.problem.message


async def test_operator_is_asked_for_when_wanted(sim: IpmiSim, make_probe: MakeProbe) -> None:
    probe = make_probe(sim.port, ADMIN, ADMIN_PASSWORD, privilege=Privilege.OPERATOR)
    assert (await probe.poll()).problem is None


async def test_a_fault_is_seen_at_the_next_poll_and_logged(
    sim: IpmiSim, make_probe: MakeProbe
) -> None:
    probe = make_probe(sim.port)
    await probe.poll()
    sim.set_value(ipmi_sim.INLET, 65)
    sim.set_states(ipmi_sim.PSU_2, 0, 3, able=range(4))
    sim.set_states(ipmi_sim.SUPPLIES, 1, able=range(4))
    found = named(await probe.poll())
    assert found["Inlet"].state is State.CRITICAL
    assert found["PSU 2"].text == "present, power input lost"
    assert found["PSU Redundancy"].text == "redundancy lost"
    events = probe.take_events()
    assert ("PSU 2", "power input lost", True) in [(e.sensor, e.text, e.asserted) for e in events]
    assert ("Inlet", "upper critical", True) in [(e.sensor, e.text, e.asserted) for e in events]
    assert probe.take_events() == ()


async def test_a_pulled_supply_is_missed_and_an_empty_bay_is_not(
    sim: IpmiSim, make_probe: MakeProbe
) -> None:
    probe = make_probe(sim.port, expected_power_on=False)
    health = DeviceHealth("srv-1", {"ipmi": 30.0})
    health.absorb(replace(await probe.poll(), device="srv-1"))
    assert "disk:3" not in {part.id for part in health.parts}
    sim.set_states(ipmi_sim.PSU_2, able=range(4))
    health.absorb(replace(await probe.poll(), device="srv-1"))
    (bad,) = health.bad_parts
    assert (bad.id, bad.state, bad.text) == (
        "power_supply:2",
        State.CRITICAL,
        "absent: was there before",
    )


async def test_a_restarted_bmc_gets_a_new_session_within_the_same_poll(
    sim: IpmiSim, make_probe: MakeProbe
) -> None:
    probe = make_probe(sim.port, timeout_s=0.5)
    before = await probe.poll()
    sim.stop()
    sim.start()
    after = await probe.poll()
    assert after.problem is None
    assert named(after).keys() == named(before).keys()
    assert probe._connection.logins == 2


async def test_a_bmc_that_went_away_and_came_back(sim: IpmiSim, make_probe: MakeProbe) -> None:
    probe = make_probe(sim.port, timeout_s=0.5)
    await probe.poll()
    sim.stop()
    gone = await probe.poll()
    assert gone.problem is not None
    assert gone.problem.kind is ProblemKind.CLOSED
    sim.start()
    assert (await probe.poll()).problem is None


async def test_a_dead_bmc_delays_no_living_one(tmp_path: Path, make_probe: MakeProbe) -> None:
    with (
        ipmi_sim.running(tmp_path / "a") as a,
        ipmi_sim.running(tmp_path / "b") as b,
        ipmi_sim.running(tmp_path / "dead") as dead,
    ):
        living = [make_probe(a.port), make_probe(b.port)]
        doomed = make_probe(dead.port, timeout_s=1.5)
        await asyncio.gather(*(probe.poll() for probe in [*living, doomed]))
        dead.freeze()
        waiting = asyncio.create_task(doomed.poll())
        polls = [await probe.poll() for probe in living for _ in range(5)]
        assert not waiting.done()
        assert all(poll.problem is None for poll in polls)
        assert max(poll.duration_s for poll in polls) < 0.5
        lost = await waiting
    assert lost.problem is not None
    assert lost.problem.kind is ProblemKind.SILENT


async def test_close_ends_the_session_and_polls_may_go_on(
    sim: IpmiSim, make_probe: MakeProbe
) -> None:
    probe: IpmiProbe = make_probe(sim.port)
    await probe.poll()
    await probe.close()
    await probe.close()
    assert probe._connection.cipher_suite is None
    assert (await probe.poll()).problem is None

"""Users of a simulated BMC: wrong ones are named, and each reads what its privilege allows."""

import asyncio

import pytest

from monitors.ipmi.audit_facts import read_bmc_facts
from monitors.ipmi.target import Privilege
from monitors.probe import ProblemKind
from tests.monitors.ipmi.conftest import MakeProbe
from tests.monitors.ipmi.simulated_bmc import (
    GET_READING,
    GET_RECORD,
    NAME,
    connection_of,
    named,
    probing,
    simulated,
)
from watchfloor.simulate.bmc import SimulatedBmc
from watchfloor.simulate.bmc_state import CALLBACK, OPERATOR, USER, SimulatedBmcUser


@pytest.mark.parametrize("suite", [3, 17])
async def test_wrong_credentials_are_named(make_probe: MakeProbe, suite: int) -> None:
    async with simulated(cipher_suites=(suite,)) as bmc:
        wrong_user = await probing(make_probe, bmc, user="nobody").poll()
        wrong_password = await probing(make_probe, bmc, password="other").poll()
    assert wrong_user.problem is not None
    assert 'no user "nobody"' in wrong_user.problem.message
    assert wrong_password.problem is not None
    assert "rejects the password" in wrong_password.problem.message
    assert wrong_user.problem.kind is wrong_password.problem.kind is ProblemKind.CREDENTIAL


async def test_a_privilege_that_is_too_high_is_named(make_probe: MakeProbe) -> None:
    weak = SimulatedBmcUser("weak", "pw", CALLBACK)
    user = SimulatedBmcUser("reader", "pw", USER)
    async with simulated(users=(weak, user)) as bmc:
        callback = await probing(make_probe, bmc, user="weak", password="pw").poll()
        operator = await probing(
            make_probe, bmc, user="reader", password="pw", privilege=Privilege.OPERATOR
        ).poll()
    assert callback.problem is not None
    assert "have USER" in callback.problem.message
    assert operator.problem is not None
    assert "have OPERATOR" in operator.problem.message
    assert callback.problem.kind is operator.problem.kind is ProblemKind.CREDENTIAL


@pytest.mark.parametrize("largest_read", [22, 200])
async def test_two_users_share_one_bmc_and_one_socket(
    make_probe: MakeProbe, largest_read: int
) -> None:
    reader = SimulatedBmcUser("reader", "pw", USER)
    async with simulated(users=(reader,)) as bmc:
        bmc.state.largest_read = largest_read
        probes = [
            probing(make_probe, bmc),
            probing(make_probe, bmc, user="reader", password="pw"),
        ]
        polls = await asyncio.gather(*(probe.poll() for probe in probes * 3))
    assert [poll.problem for poll in polls] == [None] * 6


def needs_operator(bmc: SimulatedBmc, command: tuple[int, int]) -> None:
    """A BMC that asks for more than the specification does."""
    _, handler = bmc.commands._table[command]
    bmc.commands._table[command] = (OPERATOR, handler)


@pytest.mark.parametrize("command", [GET_RECORD, GET_READING])
async def test_a_command_that_needs_operator_gets_operator(
    make_probe: MakeProbe, command: tuple[int, int]
) -> None:
    async with simulated() as bmc:
        needs_operator(bmc, command)
        probe = probing(make_probe, bmc)
        poll = await probe.poll()
    assert poll.problem is None
    assert len(poll.readings) > 40
    assert connection_of(probe).privilege is Privilege.OPERATOR


async def test_a_user_who_may_not_be_operator_reads_what_he_may(make_probe: MakeProbe) -> None:
    reader = SimulatedBmcUser("reader", "pw", USER)
    async with simulated(users=(reader,)) as bmc:
        needs_operator(bmc, GET_READING)
        probe = probing(make_probe, bmc, user="reader", password="pw")
        polls = [await probe.poll() for _ in range(2)]
    for poll in polls:
        assert poll.partial
        assert poll.problem is not None
        assert "sensors cannot be read" in poll.problem.message
        assert "Chassis power" in named(poll)
    assert connection_of(probe).privilege is Privilege.USER


@pytest.mark.parametrize("zero", [False, True])
async def test_facts_for_the_baseline(make_probe: MakeProbe, zero: bool) -> None:
    suites = (0, 17) if zero else (17,)
    reader = SimulatedBmcUser("auditor", "pw", OPERATOR)
    async with simulated(cipher_suites=suites, users=(reader,)) as bmc:
        probe = probing(
            make_probe, bmc, user="auditor", password="pw", privilege=Privilege.OPERATOR
        )
        facts = await read_bmc_facts(connection_of(probe))
    assert facts.cipher_suites == suites
    assert facts.opens_with_cipher_zero is zero
    assert facts.session_cipher_suite == 17
    assert facts.user_privilege == "OPERATOR"
    assert facts.users is not None
    assert {user.name: user.privilege for user in facts.users} == {
        NAME: "ADMINISTRATOR",
        "auditor": "OPERATOR",
    }
    assert not facts.anonymous_login
    assert not facts.ipmi_15
    assert not facts.auth_types


async def test_facts_name_what_the_user_may_not_read(make_probe: MakeProbe) -> None:
    reader = SimulatedBmcUser("reader", "pw", USER)
    async with simulated(users=(reader,)) as bmc:
        facts = await read_bmc_facts(
            connection_of(probing(make_probe, bmc, user="reader", password="pw"))
        )
    assert facts.users is None
    assert any("privilege too low" in reason for reason in facts.unread)
    assert facts.cipher_suites is not None

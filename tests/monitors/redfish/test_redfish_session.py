"""Trust, sessions and misbehaving BMCs: what is refused, tried again, and never said."""

import asyncio
from traceback import walk_tb

import pytest

from monitors.net.trust import Trust
from monitors.probe import ProblemKind
from monitors.redfish.errors import LoginError
from tests.certificates import Authority, Signed
from tests.monitors.redfish.bmcs import PASSWORD, USER, Clock, bmc, probe_of
from watchfloor.simulate.tcp_service import TcpService


async def test_nothing_is_sent_to_who_is_not_vouched_for(signed: Signed) -> None:
    async with bmc("idrac", signed) as simulated:
        unvouched = await probe_of(simulated, None).poll()
        wrong = await probe_of(simulated, None, trust=Trust(sha256="ab" * 32)).poll()
        assert simulated.requests == []
    for poll, words in ((unvouched, "nothing vouches"), (wrong, "another certificate")):
        assert poll.problem is not None
        assert words in poll.problem.message
        assert signed.sha256 in poll.problem.message
        assert "\n" not in poll.problem.message


async def test_an_authority_vouches_for_a_name(authority: Authority) -> None:
    signed = authority.sign("srv-1-bmc.example")
    ca = str(authority.pem)
    async with bmc("ilo", signed) as simulated:
        named = await probe_of(simulated, None, trust=Trust(ca, name="srv-1-bmc.example")).poll()
        misnamed = await probe_of(simulated, None, trust=Trust(ca)).poll()
        nobody = await probe_of(simulated, None, trust=Trust(ca="/nowhere/ca.pem")).poll()
    assert named.problem is None
    assert misnamed.problem is not None
    assert "certificate is refused" in misnamed.problem.message
    assert nobody.problem is not None
    assert "/nowhere/ca.pem" in nobody.problem.message


async def test_a_session_that_the_bmc_forgot_is_opened_anew(signed: Signed) -> None:
    async with bmc("ilo", signed) as simulated:
        probe = probe_of(simulated, signed)
        await probe.poll()
        simulated.forget_sessions()
        poll = await probe.poll()
        assert poll.problem is None
        assert (simulated.logins, simulated.accepted) == (2, 1)


async def test_a_connection_that_the_bmc_closed_is_opened_anew(signed: Signed) -> None:
    async with bmc("ilo", signed) as simulated:
        probe = probe_of(simulated, signed)
        await probe.poll()
        simulated.hang_up()
        poll = await probe.poll()
        assert poll.problem is None
        assert (simulated.logins, simulated.accepted) == (1, 2)


async def test_a_bmc_that_closes_after_every_answer_is_read_all_the_same(signed: Signed) -> None:
    async with bmc("ilo", signed) as simulated:
        simulated.faults.closes = True
        poll = await probe_of(simulated, signed).poll()
    assert poll.problem is None


async def test_a_bmc_without_sessions_is_asked_with_basic(signed: Signed) -> None:
    async with bmc("openbmc", signed) as simulated:
        simulated.faults.no_sessions = True
        poll = await probe_of(simulated, signed).poll()
    assert poll.problem is None
    assert poll.readings


async def test_a_refused_login_is_not_tried_again_at_once(signed: Signed) -> None:
    clock = Clock()
    async with bmc("idrac", signed) as simulated:
        probe = probe_of(simulated, signed, password="wrong", clock=clock)
        polls = [await probe.poll() for _ in range(3)]
        assert simulated.logins == 1
        clock.now += 301
        await probe.poll()
        assert simulated.logins == 2
    for poll in polls:
        assert poll.problem is not None
        assert poll.problem.kind is ProblemKind.CREDENTIAL
        assert USER in poll.problem.message


async def test_a_login_that_stays_refused_gathers_no_traces(signed: Signed) -> None:
    """The frames of a trace hold the password; an error that is raised again must not grow."""
    depths: list[int] = []
    async with bmc("idrac", signed) as simulated:
        session = probe_of(simulated, signed, password="wrong", clock=Clock()).session
        for _ in range(5):
            with pytest.raises(LoginError) as caught:
                await session.get("/redfish/v1/Systems")
            depths.append(len(list(walk_tb(caught.value.__traceback__))))
    assert depths[1] == depths[4]


async def test_a_session_that_is_rejected_after_login_is_a_refused_credential(
    signed: Signed,
) -> None:
    async with bmc("idrac", signed) as simulated:
        simulated.faults.unauthorized = True
        poll = await probe_of(simulated, signed).poll()
        assert simulated.logins <= 2
    assert poll.problem is not None
    assert poll.problem.kind is ProblemKind.CREDENTIAL


FAULTS = {
    "silence": (True, ProblemKind.SILENT),
    "garbage": (b"\x00\x01garbage\r\n\r\n", ProblemKind.GARBAGE),
    "truncated": (True, ProblemKind.FAILED),
    "huge": (True, ProblemKind.GARBAGE),
    "full": (True, ProblemKind.FAILED),
    "status": (500, ProblemKind.FAILED),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("begun", [False, True])
async def test_each_fault_is_told_apart_and_goes_away_again(
    fault: str, begun: bool, signed: Signed
) -> None:
    value, kind = FAULTS[fault]
    async with bmc("idrac", signed) as simulated:
        probe = probe_of(simulated, signed, timeout_s=0.8)
        if begun:
            await probe.poll()
        if begun and fault == "full":
            simulated.forget_sessions()
        setattr(simulated.faults, fault, value)
        poll = await probe.poll()
        setattr(simulated.faults, fault, type(value)() if fault != "garbage" else None)
        well = await probe.poll()
        await probe.close()
    assert poll.problem is not None
    assert poll.problem.kind is kind
    assert "\n" not in poll.problem.message
    assert PASSWORD not in poll.problem.message
    assert well.problem is None


def test_the_password_is_in_no_repr(signed: Signed) -> None:
    class Stub:
        address = ("127.0.0.1", 1)

    probe = probe_of(Stub(), signed)  # type: ignore[arg-type] # only an address is needed
    assert PASSWORD not in repr(probe.target)


async def test_a_port_without_tls_is_named(signed: Signed) -> None:
    async with TcpBanner() as banner:
        poll = await probe_of(banner, signed).poll()  # type: ignore[arg-type] # has an address
    assert poll.problem is not None
    assert "no TLS connection" in poll.problem.message


class TcpBanner(TcpService):
    """Speaks first, and no TLS."""

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail\r\n")
        await reader.read(1)

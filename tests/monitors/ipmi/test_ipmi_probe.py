"""Polls of the project's own simulated BMC: cipher suite 17, odd BMCs and hostile networks."""

import asyncio
import random
from collections.abc import Sequence

import pytest

from monitors.ipmi import connection
from monitors.ipmi.audit_facts import read_bmc_facts
from monitors.ipmi.connection import Connection
from monitors.ipmi.framing import AUTH_RMCP_PLUS, PAYLOAD_RAKP1, SEALED_IPMI
from monitors.ipmi.messages import NODE_BUSY
from monitors.ipmi.probe import IpmiProbe
from monitors.ipmi.target import Privilege
from monitors.probe import Poll, ProblemKind
from monitors.reading import UNITS, Reading, SensorClass, State
from tests.monitors.ipmi.conftest import MakeProbe
from tests.monitors.ipmi.relay import Mangle, PairSwapper, Relay, relaying
from tests.requirements import unavailable
from tests.wait import until_async
from watchfloor.simulate.bmc import SimulatedBmc
from watchfloor.simulate.bmc_state import CALLBACK, OPERATOR, USER, Caller, SimulatedBmcUser
from watchfloor.simulate.errors import GearError

NAME, PASSWORD = "monitor", "a-long-secret"


def simulated(**settings: object) -> SimulatedBmc:
    chosen = {"user": NAME, "password": PASSWORD, **settings}
    return SimulatedBmc(**chosen)  # type: ignore[arg-type] # settings by name


def probing(make_probe: MakeProbe, bmc: SimulatedBmc, **settings: object) -> IpmiProbe:
    return make_probe(bmc.address[1], **{"user": NAME, "password": PASSWORD, **settings})


def named(poll: Poll) -> dict[str, Reading]:
    return {reading.name: reading for reading in poll.readings}


def connection_of(probe: IpmiProbe) -> Connection:
    return probe._connection


@pytest.mark.parametrize(
    ("offered", "used"), [((3,), 3), ((17,), 17), ((3, 17), 17), ((0, 3, 17), 17)]
)
async def test_the_best_common_suite_is_used(
    make_probe: MakeProbe, offered: tuple[int, ...], used: int
) -> None:
    async with simulated(cipher_suites=offered) as bmc:
        probe = probing(make_probe, bmc)
        poll = await probe.poll()
    assert poll.problem is None
    assert connection_of(probe).cipher_suite == used
    assert len(poll.readings) > 40
    assert all(reading.unit == UNITS[reading.sensor_class] for reading in poll.readings)


async def test_names_and_places_are_unique(make_probe: MakeProbe) -> None:
    async with simulated() as bmc:
        poll = await probing(make_probe, bmc).poll()
    names = [reading.name for reading in poll.readings]
    assert len(set(names)) == len(names)


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


async def test_a_bmc_without_a_free_session_says_so(make_probe: MakeProbe) -> None:
    async with simulated() as bmc:
        bmc.faults.no_new_sessions = True
        poll = await probing(make_probe, bmc).poll()
    assert poll.problem is not None
    assert poll.problem.kind is ProblemKind.FAILED
    assert "no free session" in poll.problem.message


async def test_a_silently_lost_session_is_renewed_within_the_poll(make_probe: MakeProbe) -> None:
    async with simulated() as bmc:
        probe = probing(make_probe, bmc, timeout_s=0.4)
        await probe.poll()
        bmc.sessions.close_all()
        poll = await probe.poll()
        assert poll.problem is None
        assert connection_of(probe).logins == 2
        again = await probe.poll()
    assert again.problem is None
    assert connection_of(probe).logins == 2


async def test_sessions_are_closed_at_the_end(make_probe: MakeProbe) -> None:
    async with simulated() as bmc:
        probe = probing(make_probe, bmc)
        await probe.poll()
        assert len(bmc.sessions) == 1
        await probe.close()
        assert len(bmc.sessions) == 0


async def test_an_idle_session_is_kept_alive(
    make_probe: MakeProbe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "KEEPALIVE_S", 0.05)
    async with simulated(session_timeout_s=0.5) as bmc:
        probe = probing(make_probe, bmc)
        await probe.poll()
        polled = bmc.requests
        await until_async(lambda: bmc.requests >= polled + 15, 10, "keep-alive requests")
        assert len(bmc.sessions) == 1
        assert (await probe.poll()).problem is None
        assert connection_of(probe).logins == 1


async def test_a_session_that_nobody_uses_is_left_to_expire(
    make_probe: MakeProbe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "KEEPALIVE_S", 0.02)
    monkeypatch.setattr(connection, "KEEPALIVE_FOR_S", 0.2)
    async with simulated(session_timeout_s=0.3) as bmc:
        probe = probing(make_probe, bmc, timeout_s=0.3)
        await probe.poll()
        await until_async(lambda: len(bmc.sessions) == 0, 10, "the session's end")
        assert (await probe.poll()).problem is None


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


async def test_ipv6(make_probe: MakeProbe) -> None:
    try:
        async with simulated(host="::1") as bmc:
            poll = await probing(make_probe, bmc, host="::1").poll()
            assert poll.problem is None
            assert (await probing(make_probe, bmc, host="localhost").poll()).device == "srv-1"
    except GearError:
        unavailable("no IPv6 loopback")


async def test_silence_is_silence(make_probe: MakeProbe) -> None:
    async with simulated() as bmc:
        bmc.faults.silence = True
        poll = await probing(make_probe, bmc, timeout_s=0.3).poll()
    assert poll.problem is not None
    assert poll.problem.kind is ProblemKind.SILENT
    assert not poll.readings


@pytest.mark.parametrize(
    "noise",
    [b"\x06", b"SSH-2.0-OpenSSH\r\n", b"\x06\x00\xff\x07\x00" * 9, b"\xff" * 900, bytes(2000)],
    ids=range(5),
)
async def test_garbage_is_garbage(make_probe: MakeProbe, noise: bytes) -> None:
    async with simulated() as bmc:
        bmc.faults.garbage = noise
        poll = await probing(make_probe, bmc, timeout_s=0.3).poll()
    assert poll.problem is not None
    assert poll.problem.kind is ProblemKind.GARBAGE
    assert "\n" not in poll.problem.message


async def test_a_bmc_that_gives_short_pieces_is_learnt(make_probe: MakeProbe) -> None:
    async with simulated() as bmc:
        bmc.state.largest_read = 22
        poll = await probing(make_probe, bmc).poll()
        assert poll.problem is None
        assert poll.identity.serial
        bmc.state.largest_read = 64
        whole = await probing(make_probe, bmc).poll()
    assert [reading.name for reading in poll.readings] == [
        reading.name for reading in whole.readings
    ]


async def test_the_sensor_list_is_read_once(make_probe: MakeProbe) -> None:
    async with simulated() as bmc:
        probe = probing(make_probe, bmc)
        await probe.poll()
        before = bmc.requests
        poll = await probe.poll()
        sensors = len(bmc.state.sensors)
    assert poll.problem is None
    assert bmc.requests - before <= sensors + 3


async def test_a_poll_that_runs_out_of_time_goes_on_with_the_next(make_probe: MakeProbe) -> None:
    async with simulated() as bmc:
        bmc.faults.delay_s = 0.01
        probe = probing(make_probe, bmc, deadline_s=0.4)
        first = await probe.poll()
        assert first.problem is not None
        assert first.problem.kind is ProblemKind.SILENT
        assert "too slowly" in first.problem.message
        for _ in range(10):
            poll = await probe.poll()
            if poll.problem is None:
                break
        else:
            pytest.fail("the sensor list was never read to its end")
        assert connection_of(probe).logins == 1


async def test_a_reservation_that_others_take_is_taken_back(make_probe: MakeProbe) -> None:
    async with simulated() as bmc:
        asked = 0
        real = bmc.commands.run

        def disturbing(net_function: int, command: int, data: bytes, caller: Caller) -> bytes:
            nonlocal asked
            asked += 1
            if asked % 17 == 0:
                bmc.commands.cancel_reservations()
            return real(net_function, command, data, caller)

        bmc.commands.run = disturbing  # type: ignore[method-assign] # a console that interferes
        poll = await probing(make_probe, bmc).poll()
    assert poll.problem is None


async def test_an_unavailable_sensor_has_no_reading(make_probe: MakeProbe) -> None:
    async with simulated() as bmc:
        bmc.lose_sensor("CPU2 Temp")
        poll = await probing(make_probe, bmc).poll()
    assert "CPU1 Temp" in named(poll)
    assert "CPU2 Temp" not in named(poll)


async def test_a_server_that_is_off_is_critical_only_where_it_should_be_on(
    make_probe: MakeProbe,
) -> None:
    async with simulated() as bmc:
        bmc.state.powered = False
        missed = named(await probing(make_probe, bmc).poll())["Chassis power"]
        spare = named(await probing(make_probe, bmc, expected_power_on=False).poll())[
            "Chassis power"
        ]
    assert (missed.state, missed.text) == (State.CRITICAL, "off")
    assert (spare.state, spare.text) == (State.OK, "off")


GET_RECORD, GET_READING = (0x0A, 0x23), (0x04, 0x2D)


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


async def test_new_log_entries_are_taken_once_and_old_ones_not(make_probe: MakeProbe) -> None:
    async with simulated() as bmc:
        bmc.set_states("PS2 Status", 0, 3)
        probe = probing(make_probe, bmc)
        await probe.poll()
        assert probe.take_events() == ()
        bmc.set_states("PS2 Status", 0)
        await probe.poll()
        events = probe.take_events()
        assert [(event.sensor, event.asserted) for event in events] == [("PS2 Status", False)]
        assert events[0].at is not None
        await probe.poll()
        assert probe.take_events() == ()


async def test_a_cleared_log_starts_anew(make_probe: MakeProbe) -> None:
    async with simulated() as bmc:
        bmc.set_states("PS2 Status", 0, 3)
        probe = probing(make_probe, bmc)
        await probe.poll()
        bmc.state.log.clear()
        bmc.set_value("Inlet Temp", 44)
        await probe.poll()
    assert {event.sensor for event in probe.take_events()} == {"Inlet Temp"}


async def test_a_busy_bmc_is_asked_again(make_probe: MakeProbe) -> None:
    async with simulated() as bmc:
        busy = iter([True, True])
        real = bmc.commands.run

        def run(net_function: int, command: int, data: bytes, caller: Caller) -> bytes:
            if (net_function, command) == GET_READING and next(busy, False):
                return bytes((NODE_BUSY,))
            return real(net_function, command, data, caller)

        bmc.commands.run = run  # type: ignore[method-assign] # a BMC with much to do
        poll = await probing(make_probe, bmc).poll()
    assert poll.problem is None
    assert len(poll.readings) > 40


def twice(packet: bytes) -> list[bytes]:
    return [packet, packet]


def with_forgery(packet: bytes) -> list[bytes]:
    """A forger who has no key: handshakes prove themselves, so only sealed packets are forged."""
    if packet[4] != AUTH_RMCP_PLUS or packet[5] != SEALED_IPMI:
        return [packet]
    forged = bytearray(packet)
    forged[-1] ^= 1
    return [bytes(forged), packet, bytes(forged)]


class Sometimes:
    """Sends each `one_in`-th packet `times` times, the others once."""

    def __init__(self, one_in: int, times: int) -> None:
        self._random = random.Random(one_in)
        self._one_in = one_in
        self._times = times

    def __call__(self, packet: bytes) -> list[bytes]:
        hit = self._random.randrange(self._one_in) == 0
        return [packet] * (self._times if hit else 1)


@pytest.mark.parametrize(
    ("to_console", "to_bmc"),
    [
        (twice, Sometimes(5, times=2)),
        (PairSwapper(), PairSwapper()),
        (with_forgery, with_forgery),
        (Sometimes(100, times=0), Sometimes(100, times=0)),
    ],
    ids=["duplicated", "reordered", "forged", "lossy"],
)
async def test_a_bad_network_changes_no_reading(
    make_probe: MakeProbe, to_console: Mangle, to_bmc: Mangle
) -> None:
    async with simulated() as bmc:
        expected = (await probing(make_probe, bmc).poll()).readings
        async with relaying(Relay(bmc.address, to_console, to_bmc)) as relay:
            probe = make_probe(relay.port, user=NAME, password=PASSWORD, timeout_s=5.0)
            for _ in range(3):
                poll = await probe.poll()
                assert poll.problem is None
                assert values(poll.readings) == values(expected)
            await probe.close()


async def test_a_challenge_that_changes_in_between_is_answered_anew(make_probe: MakeProbe) -> None:
    """A BMC that gets RAKP 1 twice makes a new challenge: not a wrong password."""
    doubled: list[bytes] = []

    def doubling_once(packet: bytes) -> list[bytes]:
        if packet[5] == PAYLOAD_RAKP1 and not doubled:
            doubled.append(packet)
            return [packet, packet]
        return [packet]

    async with simulated() as bmc, relaying(Relay(bmc.address, to_bmc=doubling_once)) as relay:
        probe = make_probe(relay.port, user=NAME, password=PASSWORD)
        poll = await probe.poll()
        await probe.close()
    assert doubled
    assert poll.problem is None


def values(readings: Sequence[Reading]) -> list[tuple[str, float, State]]:
    return [
        (reading.name, reading.value, reading.state)
        for reading in readings
        if reading.sensor_class is not SensorClass.COUNT
    ]


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

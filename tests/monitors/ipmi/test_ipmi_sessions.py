"""Sessions with a simulated BMC: how they open, last and end, on good and bad networks."""

import random
from collections.abc import Sequence

import pytest

from monitors.ipmi import connection
from monitors.ipmi.framing import AUTH_RMCP_PLUS, PAYLOAD_RAKP1, SEALED_IPMI
from monitors.probe import ProblemKind
from monitors.reading import UNITS, Reading, SensorClass, State
from tests.monitors.ipmi.conftest import MakeProbe
from tests.monitors.ipmi.relay import Mangle, PairSwapper, Relay, relaying
from tests.monitors.ipmi.simulated_bmc import NAME, PASSWORD, connection_of, probing, simulated
from tests.requirements import unavailable
from tests.wait import until_async
from watchfloor.simulate.errors import GearError


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


async def test_ipv6(make_probe: MakeProbe) -> None:
    try:
        async with simulated(host="::1") as bmc:
            poll = await probing(make_probe, bmc, host="::1").poll()
            assert poll.problem is None
            assert (await probing(make_probe, bmc, host="localhost").poll()).device == "srv-1"
    except GearError:
        unavailable("no IPv6 loopback")


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

"""Clocks over NTP: offset, stratum, leap, and what is no answer to our question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.reach import ntp
from monitors.reading import State
from tests.monitors.reach.reaching import named, only_state, probe
from watchfloor.simulate.time_server import SimulatedTimeServer

NTP = {"ntp": True}


async def test_a_good_clock() -> None:
    async with SimulatedTimeServer() as clock:
        poll = await probe(NTP, at={"ntp": clock.address}).poll()
    found = named(poll)
    assert {reading.state for reading in poll.readings} == {State.OK}
    assert found["NTP"].text == "stratum 1, GPS"
    assert abs(found["Offset"].value) < 0.05
    assert found["Stratum"].value == 1
    assert found["Root dispersion"].value == pytest.approx(0.001, abs=1e-4)
    assert found["Leap"].text == "none"


@pytest.mark.parametrize(
    ("offset_s", "state"), [(0.3, State.WARNING), (-0.3, State.WARNING), (30, State.CRITICAL)]
)
async def test_a_wrong_clock(offset_s: float, state: State) -> None:
    async with SimulatedTimeServer() as clock:
        clock.faults.offset_s = offset_s
        found = named(await probe(NTP, at={"ntp": clock.address}).poll())
    assert found["Offset"].state is state
    assert found["Offset"].value == pytest.approx(offset_s, abs=0.05)


async def test_what_a_slow_way_may_explain_is_no_wrong_clock() -> None:
    async with SimulatedTimeServer() as clock:
        clock.faults.delay_s, clock.faults.offset_s = 0.3, 0.1  # the offset reads as -0.05
        found = named(await probe({**NTP, "timeout_s": 2}, at={"ntp": clock.address}).poll())
    assert found["Offset"].state is State.OK
    assert found["Round trip"].value > 0.25


async def test_a_clock_that_was_never_set_and_one_far_from_its_source() -> None:
    async with SimulatedTimeServer() as clock:
        clock.faults.unset = True
        unset = await probe(NTP, at={"ntp": clock.address}).poll()
        clock.faults.unset, clock.root_dispersion_s, clock.stratum = False, 1.0, 6
        far = named(await probe(NTP, at={"ntp": clock.address}).poll())
    assert only_state(unset) == (State.CRITICAL, "not synchronised")
    assert far["Root dispersion"].state is State.WARNING
    assert far["Stratum"].state is State.WARNING


async def test_a_kiss_of_death_is_heeded() -> None:
    async with SimulatedTimeServer() as clock:
        asked = probe(NTP, at={"ntp": clock.address})
        clock.faults.kiss = "RATE"
        first = await asked.poll()
        before = clock.requests
        second = await asked.poll()
    assert [only_state(poll)[0] for poll in (first, second)] == [State.WARNING] * 2
    assert "RATE" in only_state(second)[1]
    assert clock.requests == before


async def test_a_reply_to_somebody_else_is_not_believed() -> None:
    async with SimulatedTimeServer() as clock:
        clock.faults.strange_origin = True
        poll = await probe(NTP, at={"ntp": clock.address}).poll()
    assert poll.problem is not None
    assert not poll.readings


@pytest.mark.parametrize("sent_at", [0.0, 1.8e9, 2_085_978_496.0 + 5, 6.3e9])
@pytest.mark.parametrize("offset_s", [0.0, -2.5, 86_400.0])
def test_times_are_read_in_every_era(sent_at: float, offset_s: float) -> None:
    received_at = sent_at + 0.2
    server = ntp.stamp(sent_at + 0.1 + offset_s)
    packet = ntp._PACKET.pack(0x24, 2, 6, -20, 0, 0, b"\x7f\0\0\1", 0, 77, server, server)
    reply = ntp.parse_reply(packet, 77, sent_at, received_at)
    assert reply.offset_s == pytest.approx(offset_s, abs=1e-3)
    assert reply.round_trip_s == pytest.approx(0.2, abs=1e-3)
    assert reply.reference == "127.0.0.1"


@given(st.binary(max_size=100))
def test_no_packet_makes_it_stumble(packet: bytes) -> None:
    for cookie in (0, int.from_bytes(packet[24:32], "big")):
        try:
            reply = ntp.parse_reply(packet, cookie, 1.8e9, 1.8e9 + 0.1)
        except (ntp.MalformedReplyError, ntp.KissError):
            continue
        assert reply.round_trip_s >= 0
        assert reply.stratum >= 1

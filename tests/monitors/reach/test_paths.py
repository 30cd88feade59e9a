"""Echoes: loss, round trip and jitter over a window, on loopback and on a lossy line."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.probe import ProblemKind
from monitors.reach.echo import EchoSocket, ask_echoes, open_echo
from monitors.reach.ping import jitter, loss
from monitors.reading import State
from tests.monitors.reach.reaching import named, only_state, probe
from tests.requirements import need, need_root
from watchfloor.simulate.circuit import SimulatedCircuit

ECHO = {"icmp": True, "requests": 10, "window": 20, "timeout_s": 0.6}


async def test_loopback_answers() -> None:
    poll = await probe({"icmp": True}, address="127.0.0.1").poll()
    found = named(poll)
    assert only_state(poll) == (State.OK, "answers")
    assert 0 < found["Round trip"].value < 0.5
    assert found["Loss"].value == 0
    assert found["Echo"].component == "path:icmp"


async def test_ipv6_loopback_answers() -> None:
    trips = await ask_echoes(await open_echo("::1"), 2, 1.0)
    assert None not in trips


async def test_a_lossy_circuit_is_graded_over_the_window() -> None:
    async with SimulatedCircuit() as circuit:
        asked = probe(ECHO, at={"icmp": circuit.address}, kind="link")
        assert named(await asked.poll())["Loss"].state is State.OK
        circuit.faults.lost = 0.5
        losses = [named(await asked.poll())["Loss"] for _ in range(2)]
    assert [reading.value for reading in losses] == [0.25, 0.5]
    assert [reading.state for reading in losses] == [State.WARNING, State.CRITICAL]


async def test_jitter_is_graded() -> None:
    check = {**ECHO, "jitter_s": {"warning": 0.1}}
    async with SimulatedCircuit() as circuit:
        asked = probe(check, at={"icmp": circuit.address}, kind="link")
        steady = named(await asked.poll())["Jitter"]
        circuit.faults.jitter_s = 0.2
        await asked.poll()
        shaky = named(await asked.poll())["Jitter"]
    assert (steady.state, shaky.state) == (State.OK, State.WARNING)
    assert steady.value < 0.1 <= shaky.value


async def test_a_dead_circuit_is_silent_and_its_loss_is_remembered() -> None:
    async with SimulatedCircuit() as circuit:
        asked = probe(ECHO, at={"icmp": circuit.address}, kind="link")
        await asked.poll()
        circuit.faults.silence = True
        dead = await asked.poll()
        circuit.faults.silence = False
        back = named(await asked.poll())
    assert dead.problem is not None
    assert dead.problem.kind is ProblemKind.SILENT
    assert back["Loss"].value == 0.5


async def test_one_lost_echo_of_the_first_three_is_no_alarm() -> None:
    assert loss([0.01, None, 0.01], 30) == 0.1
    assert loss([None], 1) == 1


@given(st.lists(st.none() | st.floats(0, 10), max_size=50), st.integers(1, 50))
def test_loss_and_jitter_stay_in_their_bounds(trips: list[float | None], window: int) -> None:
    assert 0 <= loss(trips, window) <= 1
    moved = jitter(trips)
    assert moved is None or 0 <= moved <= 10


@given(st.binary(max_size=80), st.booleans(), st.sampled_from([0, 8, 128]))
def test_no_packet_is_taken_for_a_reply_by_chance(
    packet: bytes, ip_header: bool, kind: int
) -> None:
    echo = EchoSocket(None, b"0123456789abcd", kind, ip_header)  # type: ignore[arg-type] # no I/O
    assert echo.number_of(packet) is None


@pytest.fixture
def lossy_line() -> Iterator[str]:
    """The name of a network namespace whose loopback loses exactly every fourth echo request."""
    need_root()
    name = f"wf-reach-{os.getpid()}"
    ip, nft = need("ip"), need("nft")
    rules = (
        "add table inet t; add chain inet t c { type filter hook input priority 0; };"
        " add rule inet t c icmp type echo-request numgen inc mod 4 == 3 drop"
    )
    subprocess.run([ip, "netns", "add", name], check=True)
    try:
        subprocess.run([ip, "-n", name, "link", "set", "lo", "up"], check=True)
        subprocess.run([ip, "netns", "exec", name, nft, rules], check=True)
        yield name
    finally:
        subprocess.run([ip, "netns", "delete", name], check=True)


@pytest.mark.gear
def test_icmp_on_a_line_that_loses_packets(lossy_line: str) -> None:
    program = (
        "import asyncio\n"
        "from monitors.reach.echo import ask_echoes, open_echo\n"
        "async def ask():\n"
        "    return await ask_echoes(await open_echo('127.0.0.1'), 40, 0.8, 0.002)\n"
        "trips = asyncio.run(ask())\n"
        "print(''.join('.' if trip is None else '!' for trip in trips))\n"
    )
    asked = subprocess.run(
        [need("ip"), "netns", "exec", lossy_line, sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert asked.stdout.strip() == "!!!." * 10

"""Streams of cameras and recorders: found, behind a password, gone, or served by something odd."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.probe import Poll, ProblemKind
from monitors.reading import State
from tests.monitors.reach.reaching import PASSWORD, named, only_state, probe
from watchfloor.simulate.streams import SimulatedStreams

LIVE = {"rtsp": "/live"}
LIVE_WITH_LOGIN = {**LIVE, "credential": "camera"}


async def test_a_stream_is_described() -> None:
    async with SimulatedStreams() as server:
        poll = await probe(LIVE, at={"rtsp-554": server.address}).poll()
    assert poll.problem is None
    found = named(poll)
    assert found["Stream /live"].component == "stream:live"
    assert (found["Stream /live"].state, found["Stream /live"].text) == (State.OK, "video")
    assert 0 < found["Answer"].value < 1


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
async def test_the_password_is_proved_by_digest(algorithm: str) -> None:
    locked = SimulatedStreams(user="viewer", password=PASSWORD, algorithm=algorithm)
    async with locked as server:
        poll = await probe(LIVE_WITH_LOGIN, at={"rtsp-554": server.address}).poll()
    assert only_state(poll) == (State.OK, "video")


@pytest.mark.parametrize(
    ("check", "password", "basic", "words"),
    [
        (LIVE_WITH_LOGIN, "another", False, "rejects the user or the password"),
        (LIVE, "another", False, "wants a password"),
        (LIVE_WITH_LOGIN, PASSWORD, True, "in clear text"),
    ],
)
async def test_a_password_that_does_not_fit_is_no_failed_stream(
    check: dict[str, str], password: str, basic: bool, words: str
) -> None:
    locked = SimulatedStreams(user="viewer", password=password, basic_only=basic)
    async with locked as server:
        poll = await probe(check, at={"rtsp-554": server.address}).poll()
    state, text = only_state(poll)
    assert state is State.WARNING
    assert words in text
    assert PASSWORD not in text


async def test_options_needs_no_stream() -> None:
    async with SimulatedStreams(paths=()) as server:
        at = {"rtsp-554": server.address}
        asked = await probe({**LIVE, "method": "options"}, at=at).poll()
        described = await probe(LIVE, at=at).poll()
    assert only_state(asked)[0] is State.OK
    assert only_state(described) == (State.CRITICAL, "404 Not Found")


async def test_each_fault_is_told_apart_and_goes_away_again() -> None:
    async with SimulatedStreams() as server:
        asked = probe(LIVE, at={"rtsp-554": server.address})
        server.faults.no_video = True
        assert only_state(await asked.poll()) == (
            State.CRITICAL,
            "describes no video, only audio",
        )
        server.faults.no_video, server.faults.garbage = False, b"\x16\x03\x01\r\n\r\n"
        assert "outside of its protocol" in only_state(await asked.poll())[1]
        server.faults.garbage, server.faults.hang_up = None, True
        assert "ended the connection" in only_state(await asked.poll())[1]
        server.faults.hang_up, server.faults.silence = False, True
        silent = await asked.poll()
        assert silent.problem is not None
        assert silent.problem.kind is ProblemKind.SILENT
        server.faults.silence = False
        assert only_state(await asked.poll())[0] is State.OK


async def test_a_full_url_leads_to_another_host() -> None:
    async with SimulatedStreams(paths=("/1",)) as server:
        host, port = server.address
        check = {"rtsp": f"rtsp://{host}:{port}/1", "title": "Yard"}
        poll = await probe(check).poll()
    assert named(poll)["Yard"].state is State.OK


async def test_a_closed_port_is_a_failed_stream_of_a_living_camera() -> None:
    async with SimulatedStreams() as server:
        at = {"rtsp-554": server.address}
    poll = await probe(LIVE, at=at).poll()
    assert poll.problem is None
    state, text = only_state(poll)
    assert state is State.CRITICAL
    assert "port closed" in text


STARTS = (
    b"RTSP/1.0 200 OK\r\nContent-Length: 10\r\n\r\n",
    b"RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest nonce=1\r\n\r\n",
    b"RTSP/1.0 200 OK\r\nContent-Length: ",
    b"",
)


@settings(max_examples=60)
@given(st.sampled_from(STARTS), st.binary(max_size=200))
def test_no_answer_makes_it_stumble(start: bytes, rest: bytes) -> None:
    async def ask() -> Poll:
        async with SimulatedStreams() as server:
            server.faults.garbage = start + rest
            check = {**LIVE_WITH_LOGIN, "timeout_s": 0.1}
            return await probe(check, at={"rtsp-554": server.address}).poll()

    poll = asyncio.run(ask())
    assert poll.duration_s < 2
    assert poll.problem is not None or only_state(poll)[0] in set(State)

"""The engine's socket: whole snapshots at each reader's own pace, commands, and bounds."""

import asyncio
import socket
import stat
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from monitors.channel import ChannelClient, ChannelError, ChannelServer, Refusal, socket_path
from monitors.frames import LARGEST_REQUEST, Head, encode
from monitors.lending import BLOCKS_AT_ONCE, write_into
from monitors.snapshot import Snapshot
from tests.monitors.test_snapshot import device, snapshot
from tests.wait import until_async


async def echo(command: str, body: bytes) -> bytes:
    if command == "refuse":
        raise Refusal(409, "not now")
    if command == "break":
        raise RuntimeError("a secret that nobody should see")
    if command == "hang":
        await asyncio.sleep(3600)
    return command.encode() + b":" + body


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ChannelServer]:
    server = ChannelServer(socket_path(tmp_path / "run"), echo)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def client(tmp_path: Path) -> ChannelClient:
    return ChannelClient(socket_path(tmp_path / "run"), timeout_s=0.5)


@pytest.mark.usefixtures("server")
async def test_a_command_is_answered(client: ChannelClient) -> None:
    assert await client.request("metrics", b"x" * 100_000) == b"metrics:" + b"x" * 100_000


@pytest.mark.usefixtures("server")
async def test_a_refusal_carries_its_reason(client: ChannelClient) -> None:
    with pytest.raises(Refusal, match="not now") as raised:
        await client.request("refuse")
    assert raised.value.status == 409


@pytest.mark.usefixtures("server")
async def test_a_failure_of_the_engine_tells_the_client_nothing_secret(
    client: ChannelClient,
) -> None:
    with pytest.raises(Refusal, match="its log says why") as raised:
        await client.request("break")
    assert "secret" not in str(raised.value)


@pytest.mark.usefixtures("server")
async def test_an_engine_that_hangs_is_given_up(client: ChannelClient) -> None:
    with pytest.raises(ChannelError, match=r"no answer in 0\.5 s"):
        await client.request("hang")


async def test_without_an_engine_the_remedy_is_named(client: ChannelClient) -> None:
    with pytest.raises(ChannelError, match="start it with `watchfloor monitor`"):
        await client.request("metrics")


async def test_only_its_own_user_can_open_the_socket(server: ChannelServer, tmp_path: Path) -> None:
    path = socket_path(tmp_path / "run")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    await server.stop()
    assert not path.exists()


async def test_what_is_no_socket_is_not_removed(tmp_path: Path) -> None:
    path = tmp_path / "engine.sock"
    path.write_text("precious")
    with pytest.raises(ChannelError, match="is no socket"):
        await ChannelServer(path, echo).start()
    assert path.read_text() == "precious"


async def test_a_path_that_is_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ChannelError, match="set WATCHFLOOR_RUNTIME"):
        await ChannelServer(tmp_path / ("x" * 120), echo).start()


@pytest.mark.parametrize(
    "nonsense",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff" * 64,
        encode(Head(kind="request", command="x"), b"x" * (LARGEST_REQUEST + 1)),
        b"\x00\x00\x00\x02\x00\x00\x00\x00{}",
    ],
)
async def test_nonsense_ends_the_connection_and_nothing_else(
    server: ChannelServer, client: ChannelClient, tmp_path: Path, nonsense: bytes
) -> None:
    reader, writer = await asyncio.open_unix_connection(str(socket_path(tmp_path / "run")))
    writer.write(nonsense)
    try:
        async with asyncio.timeout(5):
            assert await reader.read() == b""
    except ConnectionResetError:
        pass  # ended while some of the nonsense was still unread
    writer.close()
    assert await client.request("metrics") == b"metrics:"


async def test_a_subscriber_gets_whole_snapshots(
    server: ChannelServer, client: ChannelClient
) -> None:
    server.publish(snapshot())
    stream = client.subscribe()
    sent = snapshot()
    told = await anext(stream)
    assert told == sent.brief()
    assert told.devices["ups-a"].readings == ()  # they are asked for by device
    newer = replace(
        snapshot(), sequence=8, partial=True, devices={"ups-b": replace(device("ups-b"), title="!")}
    )
    server.publish(newer)
    merged = await anext(stream)
    assert (merged.sequence, merged.partial) == (8, False)
    assert [d.title for d in merged.devices.values()] == ['UPS "A" <b>', "!"]
    await stream.aclose()


async def test_a_slow_subscriber_skips_to_the_latest_and_misses_no_device(
    server: ChannelServer, client: ChannelClient
) -> None:
    server.publish(snapshot())
    stream = client.subscribe()
    await anext(stream)
    for number in range(50):
        name = f"d{number % 10}"
        changed = replace(device(name), title=str(number))
        server.publish(
            replace(snapshot(), sequence=10 + number, partial=True, devices={name: changed})
        )
    latest = await anext(stream)
    while latest.sequence < 59:
        latest = await anext(stream)
    assert {latest.devices[f"d{n}"].title for n in range(10)} == {str(n) for n in range(40, 50)}
    await stream.aclose()


async def test_a_follower_comes_back_when_the_engine_does(tmp_path: Path) -> None:
    path = socket_path(tmp_path / "run")
    client = ChannelClient(path)
    seen: list[Snapshot] = []
    troubles: list[str] = []
    pauses: list[float] = []

    async def soon(pause_s: float) -> None:
        pauses.append(pause_s)
        await asyncio.sleep(0.005)

    async def arrived(sequence: int) -> bool:
        return bool(seen) and seen[-1].sequence == sequence

    task = asyncio.create_task(client.follow(seen.append, troubles.append, soon))
    await until_async(lambda: len(pauses) >= 3, 5, "it to try again")
    assert pauses[:3] == [0.2, 0.4, 0.8]
    for sequence in (1, 2):
        server = ChannelServer(path, echo)
        await server.start()
        server.publish(replace(snapshot(), sequence=sequence))
        await until_async(partial(arrived, sequence), 5, "a snapshot")
        await server.stop()
    await until_async(lambda: "ended" in troubles[-1] or "no monitor" in troubles[-1], 5, "trouble")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.usefixtures("server")
async def test_an_answer_is_written_into_a_connection_that_was_lent(client: ChannelClient) -> None:
    theirs, ours = socket.socketpair()
    with theirs, ours:
        async with client.offer("metrics") as offer:
            assert offer.size == len(b"metrics:")
            await offer.write_into(theirs.fileno())
        assert ours.recv(100) == b"metrics:"


@pytest.mark.usefixtures("server")
async def test_only_a_connection_can_be_lent(client: ChannelClient) -> None:
    with tempfile.TemporaryFile() as file:
        async with client.offer("metrics") as offer:
            with pytest.raises(Refusal, match="no connection"):
                await offer.write_into(file.fileno())
        assert file.read() == b""
    assert await client.request("metrics") == b"metrics:"


@pytest.mark.usefixtures("server")
async def test_what_cannot_be_answered_is_not_offered(client: ChannelClient) -> None:
    with pytest.raises(Refusal, match="not now"):
        async with client.offer("refuse"):
            pass


async def test_blocks_are_let_go_as_they_are_written() -> None:
    theirs, ours = socket.socketpair()
    theirs.setblocking(False)
    blocks = [b"x"] * (2 * BLOCKS_AT_ONCE + 1)
    with theirs, ours:
        await write_into(theirs, blocks)
        assert ours.recv(3 * BLOCKS_AT_ONCE) == b"x" * (2 * BLOCKS_AT_ONCE + 1)
    assert not blocks

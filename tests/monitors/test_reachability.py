"""Whether a host answers, with pings allowed and without."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from monitors import reachability
from monitors.net.errors import OurSideError
from monitors.reach.echo import open_echo
from monitors.reachability import reachable
from tests.requirements import need_root, unavailable


@pytest.fixture
def no_pings(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine where net.ipv4.ping_group_range lets nobody ping."""
    real = socket.socket

    def refuse(*args: Any, **named: Any) -> socket.socket:
        protocol = named.get("proto", args[2] if len(args) > 2 else 0)
        if protocol in (socket.IPPROTO_ICMP, socket.IPPROTO_ICMPV6):
            raise PermissionError(1, "Operation not permitted")
        return real(*args, **named)

    monkeypatch.setattr(socket, "socket", refuse)


@pytest.fixture
async def listening(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    monkeypatch.setattr(reachability, "_TCP_PORTS", (port,))
    async with server:
        yield


async def test_the_own_machine_answers() -> None:
    assert await reachable("127.0.0.1") is True


async def test_a_name_that_does_not_resolve_proves_nothing() -> None:
    assert await reachable("no-such-host.invalid") is None


@pytest.mark.usefixtures("no_pings", "listening")
async def test_without_pings_an_open_port_proves_the_host() -> None:
    assert await reachable("127.0.0.1") is True


@pytest.mark.usefixtures("no_pings")
async def test_without_pings_a_refusal_proves_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setattr(reachability, "_TCP_PORTS", (closed.getsockname()[1],))
        assert await reachable("127.0.0.1") is True


@pytest.mark.usefixtures("no_pings")
async def test_without_pings_silence_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(asyncio, "open_connection", never)
    assert await reachable("127.0.0.1", timeout_s=0.05) is None


@pytest.fixture
def raw_pings(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for root on a machine where net.ipv4.ping_group_range lets nobody ping."""
    need_root()
    real = socket.socket

    def refuse(*args: Any, **named: Any) -> socket.socket:
        if args[1:2] == (socket.SOCK_DGRAM,) and args[2:] != (0,):
            raise PermissionError(13, "Permission denied")
        return real(*args, **named)

    monkeypatch.setattr(socket, "socket", refuse)

    async def no_tcp(*_: object) -> None:
        pytest.fail("fell back to TCP")

    monkeypatch.setattr(reachability, "_tcp_proves", no_tcp)


@pytest.mark.usefixtures("raw_pings")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_with_the_right_to_raw_sockets_a_ping_is_a_ping(host: str) -> None:
    assert await reachable(host) is True


@pytest.mark.usefixtures("raw_pings")
async def test_replies_to_others_prove_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    header = b"\x45" + bytes(19)
    heard = [
        b"",
        header + b"\x08" + bytes(7) + b"our own request!",
        header + b"\x00" + bytes(7) + b"an answer to somebody else",
    ]

    async def hear(*_: object) -> bytes:
        if not heard:
            await asyncio.sleep(60)
        return heard.pop(0)

    monkeypatch.setattr(asyncio.get_running_loop(), "sock_recv", hear)
    assert await reachable("127.0.0.1", timeout_s=0.05) is False
    assert heard == []


async def test_a_host_that_does_not_answer_pings_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(*_: object) -> bytes:
        await asyncio.sleep(60)
        return b""

    monkeypatch.setattr(asyncio.get_running_loop(), "sock_recv", silent)
    try:
        (await open_echo("127.0.0.1")).sock.close()
    except OurSideError:
        unavailable("needs the right to ping (net.ipv4.ping_group_range or root)")
    assert await reachable("127.0.0.1", timeout_s=0.05) is False

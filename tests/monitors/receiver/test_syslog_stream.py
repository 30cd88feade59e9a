"""Syslog over TCP: both framings, and bounds on all that a peer may do."""

import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

import pytest

from monitors.receiver.drops import Tally
from monitors.receiver.senders import Sender, Senders
from monitors.receiver.syslog_line import LONGEST_LINE
from monitors.receiver.syslog_stream import MOST_OF_ONE, SyslogStream
from tests.monitors.sites import free_port
from tests.wait import until_async

KNOWN, STRANGER = "127.0.0.41", "127.0.0.42"


class Listening:
    """A stream, what it took and where it is."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.tally = Tally()
        senders = Senders({KNOWN: (Sender("sw-1"),)})
        self.stream = SyslogStream(senders, lambda data, _: self.taken.append(data), self.tally)
        self.where = ("127.0.0.1", free_port())


@asynccontextmanager
async def listening() -> AsyncIterator[Listening]:
    here = Listening()
    await here.stream.start(here.where, "--syslog")
    try:
        yield here
    finally:
        await here.stream.close()


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        (b"<1>a\n<2>b\r\n\n<3>c", [b"<1>a", b"<2>b", b"<3>c"]),
        (b"4 <1>a6 <2>b\nc<3>d\n", [b"<1>a", b"<2>b\nc", b"<3>d"]),
    ],
)
async def test_messages_are_lines_or_counted(sent: bytes, taken: list[bytes]) -> None:
    async with listening() as here:
        with socket.create_connection(here.where, source_address=(KNOWN, 0)) as sock:
            sock.sendall(sent)
        await until_async(lambda: here.taken == taken, 10, f"{taken}")


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"99999 x", "garbage"),
        (b"12x", "garbage"),
        (b"1234567", "garbage"),
        (b"<1>" + b"x" * (3 * LONGEST_LINE), "garbage"),
    ],
)
async def test_what_has_no_end_is_cut(sent: bytes, reason: str) -> None:
    async with listening() as here:
        with socket.create_connection(here.where, source_address=(KNOWN, 0)) as sock:
            sock.sendall(sent)
            await until_async(lambda: here.tally.dropped["syslog"][reason] == 1, 10, reason)
        assert here.taken == []


async def test_strangers_and_too_many_are_turned_away() -> None:
    async with listening() as here:
        with ExitStack() as stack:
            for _ in range(MOST_OF_ONE + 2):
                stack.enter_context(socket.create_connection(here.where, source_address=(KNOWN, 0)))
            dropped = here.tally.dropped["syslog"]
            await until_async(lambda: dropped["connections"] == 2, 10, "two to be turned away")
            with socket.create_connection(here.where, source_address=(STRANGER, 0)):
                await until_async(lambda: dropped["unknown_sender"] == 1, 10, "the stranger")

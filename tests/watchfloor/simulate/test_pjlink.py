"""The display over a real connection: classes, authentication, errors and faults."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from watchfloor.simulate.display import DisplayState, Part, Power
from watchfloor.simulate.errors import FaultError, GearError
from watchfloor.simulate.pjlink import SimulatedDisplay

DEADLINE_S = 5.0


class Remote:
    """One connection to a display."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.greeting = ""

    async def line(self) -> str:
        async with asyncio.timeout(DEADLINE_S):
            return (await self._reader.readuntil(b"\r")).decode().rstrip("\r")

    async def ask(self, command: str) -> str:
        self._writer.write(command.encode() + b"\r")
        return await self.line()

    async def rest(self) -> bytes:
        async with asyncio.timeout(DEADLINE_S):
            return await self._reader.read()

    def send(self, octets: bytes) -> None:
        self._writer.write(octets)

    def digest(self, password: str) -> str:
        salt = self.greeting.split()[2]
        return hashlib.md5((salt + password).encode()).hexdigest()


@asynccontextmanager
async def connected(display: SimulatedDisplay) -> AsyncIterator[Remote]:
    reader, writer = await asyncio.open_connection(*display.address)
    remote = Remote(reader, writer)
    try:
        if not (display.faults.no_greeting or display.faults.hang_up):
            remote.greeting = await remote.line()
        yield remote
    finally:
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("%1POWR ?", "%1POWR=1"),
        ("%1powr ?", "%1POWR=1"),
        ("%1ERST ?", "%1ERST=000000"),
        ("%1LAMP ?", "%1LAMP=4200 1"),
        ("%1INPT ?", "%1INPT=31"),
        ("%1INPT 33", "%1INPT=OK"),
        ("%1INPT 99", "%1INPT=ERR2"),
        ("%1CLSS ?", "%1CLSS=2"),
        ("%1ERST 1", "%1ERST=ERR2"),
        ("%1POWR", "%1POWR=ERR2"),
        ("%1SNUM ?", "%1SNUM=ERR1"),
        ("%2SNUM ?", "%2SNUM=EXD000001"),
        ("%2POWR ?", "%2POWR=ERR1"),
        ("%2FREZ 1", "%2FREZ=OK"),
    ],
)
async def test_commands(command: str, answer: str) -> None:
    async with SimulatedDisplay() as display, connected(display) as remote:
        assert remote.greeting == "PJLINK 0"
        assert await remote.ask(command) == answer


async def test_class_1_knows_no_class_2() -> None:
    async with SimulatedDisplay(klass=1) as display, connected(display) as remote:
        assert await remote.ask("%1CLSS ?") == "%1CLSS=1"
        assert await remote.ask("%2SNUM ?") == "%2SNUM=ERR1"
    with pytest.raises(GearError, match="classes 1 and 2"):
        SimulatedDisplay(klass=3)


async def test_in_standby_much_is_unavailable() -> None:
    state = DisplayState(power=Power.STANDBY)
    async with SimulatedDisplay(state=state) as display, connected(display) as remote:
        assert await remote.ask("%1INPT ?") == "%1INPT=ERR3"
        assert await remote.ask("%1LAMP ?") == "%1LAMP=4200 0"
        assert await remote.ask("%1POWR 1") == "%1POWR=OK"
        assert await remote.ask("%1INPT ?") == "%1INPT=31"
        display.state.power = Power.COOLING
        assert await remote.ask("%1POWR 1") == "%1POWR=ERR3"


async def test_the_digest_opens_the_connection_and_is_asked_once() -> None:
    async with SimulatedDisplay(password="wall-word") as display:
        async with connected(display) as remote:
            assert await remote.ask(remote.digest("wall-word") + "%1POWR ?") == "%1POWR=1"
            assert await remote.ask("%1POWR ?") == "%1POWR=1"
        async with connected(display) as other:
            assert other.greeting != remote.greeting, "each connection has its own salt"


@pytest.mark.parametrize("prefix", ["", "0" * 32, "wrong"])
async def test_without_the_digest_the_display_hangs_up(prefix: str) -> None:
    async with SimulatedDisplay(password="wall-word") as display, connected(display) as remote:
        assert await remote.ask(prefix + "%1POWR ?") == "PJLINK ERRA"
        assert await remote.rest() == b""


async def test_faults_come_and_go() -> None:
    async with SimulatedDisplay() as display, connected(display) as remote:
        display.state.set_severity("lamp", 2)
        display.state.set_severity(Part.FILTER, 1)
        assert await remote.ask("%1ERST ?") == "%1ERST=020010"
        display.state.fails = "ERR4"
        assert await remote.ask("%1ERST ?") == "%1ERST=ERR4"
        display.state.fails = ""
        display.faults.garbage = b"\xff\xff\r"
        remote.send(b"%1POWR ?\r")
        with pytest.raises(UnicodeDecodeError):
            await remote.line()
        display.faults.garbage = None
        assert await remote.ask("%1POWR ?") == "%1POWR=1"
    with pytest.raises(FaultError, match="choose of fan, lamp"):
        display.state.set_severity("mirror", 1)


async def test_a_silent_display_greets_and_says_no_more() -> None:
    async with SimulatedDisplay(idle_timeout_s=0.2) as display:
        display.faults.silence, display.faults.garbage = True, b"\xff\r"
        async with connected(display) as remote:
            remote.send(b"%1POWR ?\r")
            assert await remote.rest() == b""
        assert display.requests == 1


async def test_a_display_can_refuse_to_talk_at_all() -> None:
    async with SimulatedDisplay() as display:
        display.faults.hang_up = True
        async with connected(display) as remote:
            assert await remote.rest() == b""


@pytest.mark.parametrize("octets", [b"x" * 400, b"\x00\xff\r" * 3, b"%9POWR ?\r"])
async def test_what_is_no_command_gets_no_answer(octets: bytes) -> None:
    async with SimulatedDisplay(idle_timeout_s=0.2) as display, connected(display) as remote:
        remote.send(octets)
        assert await remote.rest() == b""

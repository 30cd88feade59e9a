"""Polls of simulated displays: what is read, and how each failure is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from monitors.pjlink.probe import PjlinkProbe
from monitors.pjlink.target import PjlinkTarget
from monitors.probe import Poll, ProblemKind
from monitors.reading import Reading, State
from watchfloor.simulate.display import DisplayState, Lamp, Power
from watchfloor.simulate.pjlink import SimulatedDisplay

PASSWORD = "wall-secret"


def probe_of(display: SimulatedDisplay, password: str | None = None, **how: object) -> PjlinkProbe:
    host, port = display.address
    secret = None if password is None else SecretStr(password)
    settings: dict[str, object] = {"timeout_s": 0.5, **how}
    return PjlinkProbe(
        PjlinkTarget(device="wall-1", host=host, port=port, password=secret, **settings)  # type: ignore[arg-type] # settings by name
    )


def named(poll: Poll) -> dict[str, Reading]:
    return {reading.name: reading for reading in poll.readings}


async def test_a_class_2_display_is_read_whole() -> None:
    state = DisplayState(lamps=[Lamp(hours=4200), Lamp(hours=17, lit=False)], filter_hours=310)
    async with SimulatedDisplay(password=PASSWORD, state=state) as display:
        poll = await probe_of(display, PASSWORD).poll()
    assert poll.problem is None
    found = named(poll)
    assert (found["Power"].value, found["Power"].text) == (1.0, "on")
    assert found["Input"].text == "digital 1 (HDMI 1)"
    assert found["Lamp 1 use"].value == 4200 * 3600
    assert found["Lamp 2 use"].unit == "seconds"
    assert found["Lamp 2"].text == "off"
    assert found["Filter use"].value == 310 * 3600
    assert (found["Signal"].value, found["Signal"].text) == (1080.0, "1920x1080")
    assert found["Recommended resolution"].text == "1920x1080"
    assert found["Picture"].text == "live"
    assert found["Mute"].text == "nothing muted"
    assert {reading.state for reading in poll.readings} == {State.OK}
    assert poll.identity.vendor == "Example Displays"
    assert poll.identity.model == "VW-55"
    assert poll.identity.serial == "EXD000001"
    assert poll.identity.firmware == "1.04"


async def test_a_class_1_display_is_not_asked_class_2_questions() -> None:
    async with SimulatedDisplay(klass=1) as display:
        poll = await probe_of(display).poll()
    assert poll.problem is None
    assert "Filter use" not in named(poll)
    assert poll.identity.serial == ""


async def test_identity_is_read_once() -> None:
    async with SimulatedDisplay() as display:
        probe = probe_of(display)
        await probe.poll()
        first = display.requests
        await probe.poll()
    assert display.requests - first == 9


@pytest.mark.parametrize(
    ("part", "severity", "state"), [("fan", 1, State.WARNING), ("temperature", 2, State.CRITICAL)]
)
async def test_each_part_has_its_own_state(part: str, severity: int, state: State) -> None:
    async with SimulatedDisplay() as display:
        display.state.set_severity(part, severity)
        poll = await probe_of(display).poll()
    bad = [reading for reading in poll.readings if reading.state is not State.OK]
    assert [(reading.component, reading.state) for reading in bad] == [(f"{part}:1", state)]


async def test_the_wrong_input_is_a_warning() -> None:
    async with SimulatedDisplay() as display:
        poll = await probe_of(display, expected_input="32").poll()
    assert named(poll)["Input"].state is State.WARNING


@pytest.mark.parametrize(
    ("change", "component", "expected"),
    [
        ({"frozen": True}, "picture:1", (State.CRITICAL, "frozen")),
        ({"muted": 31}, "picture:1", (State.WARNING, "picture and sound muted")),
        ({"muted": 11}, "picture:1", (State.WARNING, "picture muted")),
        ({"resolution": "-"}, "input:1", (State.WARNING, "no signal")),
        ({"resolution": "*"}, "input:1", (State.WARNING, "a signal that it cannot show")),
    ],
)
async def test_a_picture_that_is_not_the_source_s_is_seen(
    change: dict[str, object], component: str, expected: tuple[State, str]
) -> None:
    async with SimulatedDisplay() as display:
        for name, value in change.items():
            setattr(display.state, name, value)
        poll = await probe_of(display, expected_on=True).poll()
    assert poll.problem is None
    bad = [r for r in poll.readings if r.state is not State.OK]
    assert [(r.component, (r.state, r.text)) for r in bad] == [(component, expected)]


async def test_an_input_keeps_its_terminal_s_name_and_a_new_one_is_asked_for() -> None:
    async with SimulatedDisplay() as display:
        probe = probe_of(display)
        await probe.poll()
        display.state.input = "51"
        assert named(await probe.poll())["Input"].text == "network 1 (NET 1)"
        before = display.requests
        await probe.poll()
    assert display.requests - before == 9


async def test_what_standby_does_not_tell_is_not_missed() -> None:
    async with SimulatedDisplay() as display:
        probe = probe_of(display, expected_on=True)
        awake = {(r.component, r.name) for r in (await probe.poll()).readings}
        display.state.power = Power.STANDBY
        poll = await probe.poll()
    assert poll.problem is None
    assert {(r.component, r.name) for r in poll.readings} == awake
    assert named(poll)["Input"].text == "not available now"
    assert [r.name for r in poll.readings if r.state is not State.OK] == ["Power"]


async def test_standby_without_values_is_no_problem() -> None:
    async with SimulatedDisplay(state=DisplayState(power=Power.STANDBY)) as display:
        poll = await probe_of(display).poll()
    assert poll.problem is None
    assert named(poll)["Power"].state is State.UNKNOWN


async def test_a_failing_display_is_told_from_a_busy_one() -> None:
    async with SimulatedDisplay() as display:
        probe = probe_of(display)
        await probe.poll()
        display.state.fails = "ERR4"
        failing = await probe.poll()
        display.state.fails = "ERR3"
        busy = await probe.poll()
    assert failing.problem is not None
    assert "ERR4" in failing.problem.message
    assert busy.problem is not None
    assert "ERR3" in busy.problem.message
    assert {failing.problem.kind, busy.problem.kind} == {ProblemKind.FAILED}


@pytest.mark.parametrize("password", ["wrong", None])
async def test_a_wrong_or_missing_password_is_named(password: str | None) -> None:
    async with SimulatedDisplay(password=PASSWORD) as display:
        poll = await probe_of(display, password).poll()
    assert poll.problem is not None
    assert poll.problem.kind is ProblemKind.CREDENTIAL
    assert PASSWORD not in poll.problem.message
    assert not poll.readings


async def test_a_closed_port_is_named() -> None:
    async with SimulatedDisplay() as display:
        probe = probe_of(display)
    poll = await probe.poll()
    assert poll.problem is not None
    assert poll.problem.kind is ProblemKind.CLOSED


async def test_a_name_that_nobody_knows_is_named() -> None:
    poll = await PjlinkProbe(PjlinkTarget(device="wall-1", host="wall-1.invalid")).poll()
    assert poll.problem is not None
    assert poll.problem.kind is ProblemKind.UNREACHABLE


async def test_silence_ends_at_the_timeout() -> None:
    async with SimulatedDisplay() as display:
        display.faults.silence = True
        poll = await probe_of(display, timeout_s=0.2).poll()
    assert poll.problem is not None
    assert poll.problem.kind is ProblemKind.SILENT
    assert poll.duration_s < 2


async def test_a_slow_display_ends_at_the_deadline() -> None:
    async with SimulatedDisplay() as display:
        display.faults.delay_s = 0.2
        poll = await probe_of(display, deadline_s=0.5).poll()
    assert poll.problem is not None
    assert poll.problem.kind is ProblemKind.SILENT
    assert poll.partial


async def test_hanging_up_is_told() -> None:
    async with SimulatedDisplay() as display:
        display.faults.hang_up = True
        poll = await probe_of(display).poll()
    assert poll.problem is not None
    assert poll.problem.kind is ProblemKind.FAILED
    assert "ended the connection" in poll.problem.message


async def test_one_nonsense_value_leaves_the_rest_readable() -> None:
    async with SimulatedDisplay() as display:
        display.state.input = "\x1b[2J"
        poll = await probe_of(display).poll()
    assert poll.problem is not None
    assert poll.problem.kind is ProblemKind.GARBAGE
    assert poll.partial
    assert "Power" in named(poll)


HOSTILE = [
    b"HTTP/1.1 400 Bad Request\r\n\r\n",
    b"%1POWR=" + b"1" * 4096 + b"\r",
    b"A" * 100_000,
    b"%1XXXX=1\r" * 1000,
    b"\r" * 500,
]


@asynccontextmanager
async def shouting(noise: bytes) -> AsyncIterator[PjlinkTarget]:
    """A server that greets well and then says the same thing to each line."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"PJLINK 0\r")
            while await reader.readuntil(b"\r"):
                writer.write(noise)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield PjlinkTarget(device="wall-1", host="127.0.0.1", port=port, timeout_s=0.3)


@pytest.mark.parametrize("noise", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_answers_become_one_line(noise: bytes) -> None:
    async with shouting(noise) as target:
        poll = await PjlinkProbe(target).poll()
    assert poll.problem is not None
    assert poll.problem.kind is ProblemKind.GARBAGE
    assert poll.problem.message.isprintable()

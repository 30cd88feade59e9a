"""Polls of a simulated BMC: sensors and its log, also where it is odd, slow, busy or silent."""

import pytest

from monitors.ipmi.messages import NODE_BUSY
from monitors.probe import ProblemKind
from monitors.reading import State
from tests.monitors.ipmi.conftest import MakeProbe
from tests.monitors.ipmi.simulated_bmc import GET_READING, connection_of, named, probing, simulated
from watchfloor.simulate.bmc_state import Caller


async def test_names_and_places_are_unique(make_probe: MakeProbe) -> None:
    async with simulated() as bmc:
        poll = await probing(make_probe, bmc).poll()
    names = [reading.name for reading in poll.readings]
    assert len(set(names)) == len(names)


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

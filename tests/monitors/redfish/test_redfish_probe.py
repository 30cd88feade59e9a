"""Polls of BMCs of three makers: what is read, what a failure looks like, what is kept."""

import pytest

from monitors.health import DeviceHealth
from monitors.probe import Poll, ProblemKind
from monitors.reading import SensorClass, State
from monitors.redfish.errors import RedfishError
from monitors.redfish.logs import EventLog, LogEvent
from tests.certificates import Signed
from tests.monitors.redfish.bmcs import SHAPES, Clock, bad, bmc, of, probe_of, states

PARTS = {
    "idrac": {"power_supply": 2, "fan": 6, "disk": 4, "memory_module": 8, "volume": 1, "cpu": 3},
    "ilo": {"power_supply": 2, "fan": 6, "disk": 2, "memory_module": 2, "volume": 1, "cpu": 3},
    "openbmc": {"power_supply": 2, "fan": 4, "disk": 2, "memory_module": 16, "cpu": 3},
}


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_healthy_server_is_read_whole(shape: str, signed: Signed) -> None:
    async with bmc(shape, signed) as simulated:
        probe = probe_of(simulated, signed)
        poll = await probe.poll()
        await probe.close()
    assert poll.problem is None
    assert bad(poll) == {}
    assert {reading.state for reading in poll.readings} <= {State.OK, State.ABSENT}
    found = {part for part, state in states(poll).items() if state is not State.ABSENT}
    counted = {
        kind: sum(component.startswith(f"{kind}:") for component in found) for kind in PARTS[shape]
    }
    assert counted == PARTS[shape]
    assert {"power_supply:1", "power_supply:2", "power_supply_redundancy:1"} <= found
    assert poll.identity.vendor
    assert poll.identity.serial.startswith("EX")
    assert simulated.tokens == {}


async def test_values_are_in_base_units(signed: Signed) -> None:
    async with bmc("idrac", signed) as dell, bmc("ilo", signed) as hpe:
        one = await probe_of(dell, signed).poll()
        two = await probe_of(hpe, signed).poll()
    assert of(one, SensorClass.TEMPERATURE)["System Board Inlet Temp"].value == 22
    assert of(one, SensorClass.FANSPEED)["System Board Fan1A speed"].unit == "rpm"
    assert of(one, SensorClass.POWER)["Power supply 2 output power"].value == 173
    assert of(one, SensorClass.VOLTAGE)["Power supply 1 input voltage"].component == (
        "power_supply:1"
    )
    assert of(two, SensorClass.PERCENT)["Fan 1 speed"].value == pytest.approx(0.18)
    assert of(one, SensorClass.PERCENT)["Physical Disk 0:1:1 life left"].value == 0.95
    assert "04-P1 DIMM 1-6" not in of(two, SensorClass.TEMPERATURE)


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_failed_supply_and_fan_take_the_redundancy_along(
    shape: str, signed: Signed
) -> None:
    async with bmc(shape, signed) as simulated:
        probe = probe_of(simulated, signed)
        await probe.poll()
        simulated.tree.fail_supply(2)
        supply = await probe.poll()
        simulated.tree.restore()
        simulated.tree.fail_fan(1)
        fan = await probe.poll()
        simulated.tree.restore()
        well = await probe.poll()
    expected = {"power_supply:2": State.CRITICAL, "power_supply_redundancy:1": State.CRITICAL}
    assert bad(supply) == expected
    assert bad(fan)["fan:1"] is State.CRITICAL
    assert set(bad(fan)) <= {"fan:1", "fan_redundancy:1"}
    assert bad(well) == {}


@pytest.mark.parametrize("shape", SHAPES)
async def test_an_empty_bay_is_stated_and_missed_only_if_it_was_filled(
    shape: str, signed: Signed
) -> None:
    async with bmc(shape, signed) as simulated:
        simulated.tree.take_out("PowerSupplies", 2)
        probe = probe_of(simulated, signed)
        empty = await probe.poll()
        simulated.tree.restore()
        filled = await probe.poll()
    assert states(empty)["power_supply:2"] is State.ABSENT
    assert bad(empty) == {}
    assert health_of(empty).bad_parts == ()
    (missed,) = health_of(filled, empty).bad_parts
    assert (missed.id, missed.state, missed.missing) == ("power_supply:2", State.CRITICAL, ())


def health_of(*polls: Poll) -> DeviceHealth:
    health = DeviceHealth(polls[0].device, {"redfish": 30.0})
    for poll in polls:
        health.absorb(poll)
    return health


async def test_health_that_no_part_explains_is_the_systems_own(signed: Signed) -> None:
    async with bmc("idrac", signed) as simulated:
        probe = probe_of(simulated, signed)
        await probe.poll()
        simulated.tree._roll_up("Critical")
        poll = await probe.poll()
    assert bad(poll) == {"system:1": State.CRITICAL}


async def test_a_chassis_that_is_ill_by_itself(signed: Signed) -> None:
    async with bmc("openbmc", signed) as simulated:
        chassis = simulated.tree.resources["/redfish/v1/Chassis/chassis"]
        chassis["Status"] = {"State": "Enabled", "Health": "Warning"}
        poll = await probe_of(simulated, signed).poll()
    assert bad(poll) == {"chassis:1": State.WARNING}


async def test_thresholds_count_where_the_bmc_says_ok(signed: Signed) -> None:
    async with bmc("openbmc", signed) as ob, bmc("idrac", signed) as dell:
        ob.tree.resources["/redfish/v1/Chassis/chassis/Sensors/temperature_cpu0"]["Reading"] = 96
        ob.tree.resources["/redfish/v1/Chassis/chassis/Sensors/voltage_p12v"]["Reading"] = 11.3
        thermal = dell.tree.resources["/redfish/v1/Chassis/System.Embedded.1/Thermal"]
        thermal["Temperatures"][2]["ReadingCelsius"] = 39
        one = await probe_of(ob, signed).poll()
        two = await probe_of(dell, signed).poll()
    assert of(one, SensorClass.TEMPERATURE)["cpu0"].state is State.CRITICAL
    assert of(one, SensorClass.VOLTAGE)["p12v"].state is State.WARNING
    assert of(two, SensorClass.TEMPERATURE)["System Board Inlet Temp"].state is State.WARNING


async def test_a_failing_drive_is_seen_at_once_though_drives_are_read_in_turn(
    signed: Signed,
) -> None:
    async with bmc("idrac", signed) as simulated:
        probe = probe_of(simulated, signed)
        await probe.poll()
        drive = next(p for p in simulated.tree.resources if "/Drives/Disk.Bay.3" in p)
        simulated.tree.resources[drive]["Status"] = {"State": "Enabled", "Health": "Critical"}
        simulated.tree._roll_up("Critical")
        poll = await probe.poll()
        simulated.tree.resources[drive]["Status"] = {"State": "Enabled", "Health": "OK"}
        simulated.tree.resources[drive]["FailurePredicted"] = True
        simulated.tree._roll_up("Warning")
        predicted = await probe.poll()
    assert [c for c in bad(poll) if c.startswith("disk:disk-bay-3")] == list(bad(poll))
    assert list(bad(predicted).values()) == [State.WARNING]


async def test_a_steady_poll_asks_little_on_one_connection(signed: Signed) -> None:
    async with bmc("openbmc", signed) as simulated:
        probe = probe_of(simulated, signed)
        await probe.poll()
        before = len(simulated.requests)
        for _ in range(5):
            assert (await probe.poll()).problem is None
        assert simulated.accepted == 1
        assert simulated.logins == 1
        assert (len(simulated.requests) - before) / 5 <= 11
        await probe.close()
        await probe.close()
    assert simulated.tokens == {}


@pytest.mark.parametrize("newest_first", [True, False])
async def test_new_log_entries_become_events_once(newest_first: bool, signed: Signed) -> None:
    clock = Clock()
    async with bmc("idrac", signed) as simulated:
        probe = probe_of(simulated, signed, clock=clock)
        await probe.poll()
        assert probe.take_events() == ()
        for number in (1, 2):
            simulated.tree.log(f"Power supply {number} lost", newest_first=newest_first)
        await probe.poll()
        assert probe.take_events() == ()  # not due yet
        clock.now += 61
        poll = await probe.poll()
        events = probe.take_events()
        clock.now += 61
        await probe.poll()
    assert [event.text for event in events] == ["Power supply 1 lost", "Power supply 2 lost"]
    assert events[0].state is State.CRITICAL
    assert events[0].at is not None
    assert probe.take_events() == ()
    assert of(poll, SensorClass.COUNT)["Sel entries"].value == 4


async def test_what_is_added_is_found_after_a_while_and_what_is_gone_at_once(
    signed: Signed,
) -> None:
    clock = Clock()
    async with bmc("ilo", signed) as simulated:
        probe = probe_of(simulated, signed, clock=clock)
        await probe.poll()
        power = simulated.tree.resources.pop("/redfish/v1/Chassis/1/Power/")
        gone = await probe.poll()
        simulated.tree.resources["/redfish/v1/Chassis/1/Power/"] = power
        back = await probe.poll()
    assert gone.problem is not None
    assert gone.partial
    assert "power_supply:1" in states(back)


async def test_a_server_that_is_off_is_a_failure_unless_it_may_be(signed: Signed) -> None:
    async with bmc("ilo", signed) as simulated:
        simulated.tree.resources["/redfish/v1/Systems/1/"]["PowerState"] = "Off"
        must = await probe_of(simulated, signed).poll()
        may = await probe_of(simulated, signed, expected_power_on=False).poll()
    assert bad(must) == {"chassis:1": State.CRITICAL}
    assert bad(may) == {}


async def test_a_slow_bmc_is_given_up_and_asked_anew(signed: Signed) -> None:
    async with bmc("idrac", signed) as simulated:
        probe = probe_of(simulated, signed, deadline_s=0.4, timeout_s=5)
        simulated.faults.delay_s = 0.15
        slow = await probe.poll()
        simulated.faults.delay_s = 0
        well = await probe.poll()
    assert slow.problem is not None
    assert slow.problem.kind is ProblemKind.SILENT
    assert well.problem is None


async def test_a_log_that_cannot_be_read_costs_no_sensor(
    signed: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_: object) -> tuple[LogEvent, ...]:
        raise RedfishError("the BMC is busy")

    clock = Clock()
    async with bmc("idrac", signed) as simulated:
        probe = probe_of(simulated, signed, clock=clock)
        whole = await probe.poll()
        monkeypatch.setattr(EventLog, "read_new", busy)
        clock.now += 61
        partial = await probe.poll()
    assert partial.problem is not None
    assert "busy" in partial.problem.message
    assert {r.name for r in partial.readings} == {r.name for r in whole.readings}

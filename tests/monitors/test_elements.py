"""Parts and silence become elements of the topology, and margins follow."""

import pytest

from inventory.model import Center
from inventory.topology import Health, Topology
from monitors.elements import ElementReader
from monitors.health import DeviceHealth
from monitors.probe import Poll, ProblemKind
from monitors.reading import State
from tests.monitors.centers import center, device, poll, reading, small_center

DOWN, UNKNOWN = Health.DOWN, Health.UNKNOWN
BAD = State.CRITICAL


def states(polls: list[Poll], of: Center | None = None, silent: str = "") -> dict[str, Health]:
    """Element states after these polls and those of healthy others; `silent` names some."""
    site = of or small_center()
    spoken = {p.device for p in polls}
    mute = set(silent.split())
    health = {
        name: DeviceHealth(name, {"snmp": 30.0})
        for name in site.devices
        if name not in ("utility", "gen-1")
    }
    for name, each in health.items():
        for number in (0, 1):
            if name in mute:
                each.absorb(poll(name, seconds=30 * number, problem=ProblemKind.SILENT))
            elif name not in spoken:
                each.absorb(poll(name, reading(), seconds=30 * number))
    for each_poll in polls:
        health[each_poll.device].absorb(each_poll)
    return ElementReader(Topology(site), "mon-1").states(health)


def test_all_well_is_nothing_to_say() -> None:
    assert states([]) == {}


@pytest.mark.parametrize("word", ["onBattery", "battery", "On Battery"])
def test_a_ups_on_battery_has_lost_its_feed(word: str) -> None:
    found = states([poll("ups-a", reading("output", BAD, text=word))])
    assert found == {"feed:ups-a/utility": DOWN}


def test_a_bad_battery_does_not_ride_through() -> None:
    found = states([poll("ups-a", reading("battery", BAD, text="replace"))])
    assert found == {"battery:ups-a": DOWN}


def test_a_battery_that_runs_low_while_in_use_still_carries() -> None:
    low = poll(
        "ups-a", reading("output", BAD, text="onBattery"), reading("battery", BAD, text="low")
    )
    assert states([low]) == {"feed:ups-a/utility": DOWN}


@pytest.mark.parametrize(
    ("parts", "element"),
    [
        (["power_supply:1", "power_supply:2!"], "supply:srv-1/2"),
        (["power_supply:1!", "power_supply:2"], "supply:srv-1/1"),
        (["power_supply:54", "power_supply:55!"], "supply:srv-1/2"),
        (["power_supply:1", "power_supply:2", "power_supply:3!"], None),
        (["fan:1!"], None),
    ],
)
def test_supplies_are_matched_with_feeds(parts: list[str], element: str | None) -> None:
    readings = [reading(p.rstrip("!"), BAD if p.endswith("!") else State.OK) for p in parts]
    assert states([poll("srv-1", *readings)]) == ({element: DOWN} if element else {})


@pytest.mark.parametrize("word", ["off", "outletOff", "outletStatusOff", "poweroff", "turnedoff"])
def test_an_outlet_that_is_off_is_down_though_it_is_no_fault(word: str) -> None:
    off = poll("pdu-a", reading("outlet:5", State.OK, text=word), reading("outlet:6"))
    assert states([off]) == {"outlet:pdu-a/5": DOWN}


def test_an_outlet_is_known_by_its_number_where_the_pdu_is_no_chain() -> None:
    off = poll("pdu-a", reading("outlet:1-5", text="off"), reading("outlet:1-6"))
    assert states([off])["outlet:pdu-a/5"] is DOWN
    chain = poll("pdu-a", reading("outlet:1-5", text="off"), reading("outlet:2-5"))
    assert states([chain]) == {"outlet:pdu-a/1-5": DOWN}


@pytest.mark.parametrize("word", ["batteryDischarging", "discharging", "abmDischarging"])
def test_a_battery_that_discharges_says_that_the_feed_is_lost(word: str) -> None:
    found = states([poll("ups-a", reading("battery", BAD, text=word))])
    assert found == {"feed:ups-a/utility": DOWN}


@pytest.mark.parametrize("component", ["port:Gi1/0/1", "port:10001"])
def test_a_port_that_something_hangs_from(component: str) -> None:
    down = reading(component, BAD, text="down", name="Gi1/0/1")
    assert states([poll("sw-a", down)]) == {"port:sw-a/Gi1/0/1": DOWN}


def test_a_port_that_nothing_hangs_from_may_be_down() -> None:
    assert states([poll("sw-a", reading("port:Gi1/0/9", text="down"))]) == {}


def test_the_port_of_a_silent_device_is_not_to_blame() -> None:
    down = reading("port:Gi1/0/2", BAD, text="down")
    assert states([poll("sw-b", down)], silent="srv-2") == {"srv-2": DOWN}


@pytest.mark.parametrize(
    ("silent", "expected"),
    [
        ("srv-2", {"srv-2": DOWN}),
        ("sw-b srv-2", {"sw-b": DOWN, "srv-2": UNKNOWN}),
        # Somebody answers through it.
        ("sw-b", {"sw-b": UNKNOWN}),
        ("sw-b srv-2 srv-1", {"sw-b": DOWN, "srv-2": UNKNOWN, "srv-1": DOWN}),
        # A management card that hangs: what it feeds does not complain.
        ("pdu-a", {"pdu-a": UNKNOWN}),
    ],
)
def test_silence_behind_a_failure_is_unknown(silent: str, expected: dict[str, Health]) -> None:
    assert states([], silent=silent) == expected


def test_a_silent_pdu_whose_consumers_lost_a_supply_is_down() -> None:
    supply = poll("srv-1", reading("power_supply:1", BAD), reading("power_supply:2"))
    found = states([supply], silent="pdu-a")
    assert found == {"pdu-a": DOWN, "supply:srv-1/1": DOWN}


def test_a_display_without_its_lamp_is_down() -> None:
    site = center(device("wall-1", "display"), device("mon-1", "server"))
    assert states([poll("wall-1", reading("lamp:1", BAD))], site) == {"wall-1": DOWN}


@pytest.mark.parametrize(
    ("component", "lost"),
    [
        ("input:1", ["feed:ats-1/utility"]),
        ("source:B", ["feed:ats-1/gen-1"]),
        ("input", ["feed:ats-1/gen-1", "feed:ats-1/utility"]),
        ("input:7", []),
    ],
)
def test_a_transfer_switch_that_lost_a_source(component: str, lost: list[str]) -> None:
    site = center(
        device("utility", "utility"),
        device("gen-1", "generator"),
        device("ats-1", "ats", ["utility", "gen-1"]),
        device("mon-1", "server"),
    )
    found = states([poll("ats-1", reading(component, BAD))], site)
    assert sorted(found) == lost


def test_a_device_that_refuses_is_unknown() -> None:
    polls = [poll("srv-1", seconds=30 * n, problem=ProblemKind.CREDENTIAL) for n in (0, 1)]
    assert states(polls) == {"srv-1": UNKNOWN}


def test_margins_follow() -> None:
    found = states([], silent="srv-2")
    margin = Topology(small_center()).assess(found, "mon-1").functions["dispatch"]
    assert (margin.in_service, margin.margin, margin.causes) == (True, 0, ("srv-2",))


@pytest.mark.parametrize("part", ["output:DP-1", "vital_tile:cam-1", "compositor:sway"])
def test_a_wall_processor_does_its_work_with_all_outputs_and_vital_tiles_only(part: str) -> None:
    site = center(device("wp-1", "wall-processor"), device("mon-1", "server"))
    assert states([poll("wp-1", reading(part, BAD))], site) == {"wp-1": DOWN}


@pytest.mark.parametrize("part", ["tile:cam-1", "reporter:wall-status", "input:3"])
def test_a_tile_that_is_not_vital_takes_no_wall_processor_out(part: str) -> None:
    site = center(device("wp-1", "wall-processor"), device("mon-1", "server"))
    assert states([poll("wp-1", reading(part, BAD))], site) == {}

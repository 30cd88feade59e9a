"""What devices say twice is one alert: the cause, as urgent as what it endangers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from inventory.model import Center
from monitors.alerts.definition import Definition, load_definitions
from monitors.probe import ProblemKind
from monitors.reading import Reading, SensorClass, State
from monitors.snapshot import AlertView, EngineView
from monitors.watch import Watch
from tests.monitors.centers import at, center, device, poll, reading

BAD = State.CRITICAL
DEFINITIONS = load_definitions()
INTERVAL_S = 30

Said = Mapping[str, Sequence[Reading]]


def room() -> Center:
    """One of each kind that tells of one fault more than once, and a wall of two displays."""
    return center(
        device("utility", "utility"),
        device("ups-a", "ups", ["utility"]),
        device("pdu-a", "pdu", ["utility"]),
        device("gen-1", "generator"),
        device("env-1", "sensor"),
        device("sw-a", "switch"),
        device("srv-1", "server"),
        device("clk-1", "clock"),
        device("disp-1", "display"),
        device("disp-2", "display"),
        groups={"displays": (1, ["disp-1", "disp-2"])},
        functions={"wall": ["displays"]},
    )


def alerts(
    said: Said,
    refused: Mapping[str, ProblemKind] | None = None,
    definitions: Mapping[str, Definition] = DEFINITIONS,
    seconds: int = 240,
) -> list[AlertView]:
    """What stands after everything was well once, and then was as `said`.

    `refused` is protocol -> what was wrong with it at srv-1.
    """
    watched = room()
    polled = {name: {"snmp": float(INTERVAL_S)} for name in watched.devices if name != "utility"}
    polled["srv-1"] = {"snmp": 30.0, "ipmi": 30.0, "reach": 30.0}
    watch = Watch(watched, definitions, polled, now=at(0))
    for second in range(30 + seconds):
        if second % INTERVAL_S == 0:
            for name, protocols in polled.items():
                for protocol in protocols:
                    wrong = (refused or {}).get(protocol) if name == "srv-1" and second else None
                    now = said.get(name, [reading("system")])
                    readings = () if wrong else now if second else map(well, now)
                    watch.absorb(
                        poll(name, *readings, seconds=second, protocol=protocol, problem=wrong)
                    )
        watch.look(1.0, at(second))
    engine = EngineView("0", at(0), "i", 0, 0, {}, 0, 0.0, 0.0)
    return list(watch.snapshot(engine, at(30 + seconds)).active_alerts)


def well(bad: Reading) -> Reading:
    """The same sensor while nothing is wrong."""
    return replace(bad, state=State.OK, text="ok")


def names(found: Sequence[AlertView]) -> list[str]:
    return [" ".join(filter(None, (a.alert, a.device, a.component))) for a in found]


def temperature(component: str, state: State = BAD) -> Reading:
    return reading(
        component, state, sensor_class=SensorClass.TEMPERATURE, name="Cold aisle", value=36.0
    )


ONE_FAULT: dict[str, tuple[Said, str]] = {
    "a battery runs low while it carries the load": (
        {"ups-a": [reading("output", BAD, text="onBattery"), reading("battery", BAD, text="low")]},
        "ups-on-battery ups-a",
    ),
    "a probe is too hot, and says that it alarms": (
        {"env-1": [temperature("probe:1"), reading("probe:1", BAD, name="Cold aisle alarm")]},
        "temperature-high env-1 probe:1",
    ),
    "a probe has one alarm for heat and moisture": (
        {
            "env-1": [
                temperature("probe:1"),
                reading("probe:1", BAD, sensor_class=SensorClass.HUMIDITY, name="Cold aisle"),
                reading("probe:1", BAD, name="Cold aisle alarm"),
            ]
        },
        "temperature-high env-1 probe:1",
    ),
    "a clock has lost its reference": (
        {
            "clk-1": [
                reading("ntp", BAD, name="NTP", text="notSynchronized"),
                reading("reference:1", BAD, name="Reference clock 1", text="notSynchronized"),
            ]
        },
        "clock-not-synchronised clk-1 reference:1",
    ),
    "a processor is too hot, and therefore bad": (
        {"srv-1": [temperature("cpu:1"), reading("cpu:1", name="CPU 1 status")]},
        "temperature-high srv-1 cpu:1",
    ),
    "the air is too hot, and so is what it should cool": (
        {"srv-1": [temperature("air_inlet:1"), temperature("cpu:1"), temperature("cpu:2")]},
        "temperature-high srv-1 air_inlet:1",
    ),
    "a phase carries too much, and so does its strip": (
        {
            "pdu-a": [
                reading("pdu:1", BAD, name="Load 1", text="overload"),
                reading("phase:1-2", BAD, name="Phase 1-L2", text="overload"),
            ]
        },
        "component-failed pdu-a phase:1-2",
    ),
    "fuel is low, and the common alarm is on": (
        {
            "gen-1": [
                reading("entity:1", BAD, name="Common alarm", text="true"),
                reading("fuel:1", BAD, name="Fuel level", text="11 %"),
            ]
        },
        "component-failed gen-1 fuel:1",
    ),
    "two tables tell of one fan": (
        {
            "sw-a": [
                reading("fan:1025", BAD, name="Switch 1 - FAN 1, Normal"),
                reading("fan_tray:1025", BAD, name="Switch 1 - FAN 1"),
            ]
        },
        "component-failed sw-a fan:1025",
    ),
    "two tables number one fan differently": (
        {
            "sw-a": [
                reading("fan:7", BAD, name="Switch 1 - FAN 1, Normal"),
                reading("fan_tray:1025", BAD, name="Switch 1 - FAN 1"),
            ]
        },
        "component-failed sw-a fan:7",
    ),
    "a lamp fails, and the wall has no spare left": (
        {"disp-1": [reading("lamp:1", BAD, text="error")]},
        "display-lamp disp-1 lamp:1",
    ),
}

TWO_FAULTS: dict[str, Said] = {
    "a battery is worn while the mains is there": {
        "ups-a": [reading("output"), reading("battery", BAD, text="replace")],
        "sw-a": [reading("fan:1", BAD)],
    },
    "a disk has failed, and is hot as well": {
        "srv-1": [temperature("disk:2", State.WARNING), reading("disk:2", BAD, text="failed")]
    },
    "a phase carries too much, and the strip has lost a supply": {
        "pdu-a": [
            reading("pdu:1", BAD, name="Load 1", text="supply lost"),
            reading("phase:1-2", BAD, name="Phase 1-L2", text="overload"),
        ]
    },
    "fans whose names begin alike": {
        "sw-a": [
            reading("fan:7", BAD, name="Switch 1 - FAN 1"),
            reading("fan_tray:9", BAD, name="Switch 1 - FAN 10"),
        ]
    },
    "two processors are too hot, and the air is not": {
        "srv-1": [temperature("cpu:1"), temperature("cpu:2"), temperature("inlet", State.OK)]
    },
    "two phases carry too much": {
        "pdu-a": [
            reading("phase:1-1", BAD, name="Phase 1-L1", text="overload"),
            reading("phase:1-2", BAD, name="Phase 1-L2", text="overload"),
        ]
    },
}


@pytest.mark.parametrize(("said", "alert"), ONE_FAULT.values(), ids=ONE_FAULT)
def test_one_fault_is_one_alert(said: Said, alert: str) -> None:
    assert names(alerts(said)) == [alert]


@pytest.mark.parametrize("said", TWO_FAULTS.values(), ids=TWO_FAULTS)
def test_two_faults_are_two_alerts(said: Said) -> None:
    assert len(alerts(said)) == 2, names(alerts(said))


def test_a_cause_is_as_urgent_as_what_it_endangers() -> None:
    (lamp,) = alerts({"disp-1": [reading("lamp:1", BAD, text="error")]})
    assert (lamp.priority, lamp.respond_within_s) == ("P2", 1800)
    assert ("wall", 1, 0) in [(i.name, i.before, i.after) for i in lamp.impact]


def test_it_is_told_as_soon_as_what_it_endangers_would_be() -> None:
    said = {"disp-1": [reading("lamp:1", BAD, text="error")]}
    slow = DEFINITIONS["display-lamp"].model_copy(update={"on_delay_s": 3600.0})
    found = alerts(said, definitions={**DEFINITIONS, "display-lamp": slow})
    assert names(found) == ["display-lamp disp-1 lamp:1"]


def test_a_function_that_is_out_is_told_beside_its_causes() -> None:
    failed = [reading("lamp:1", BAD, text="error")]
    assert {*names(alerts({"disp-1": failed, "disp-2": failed}))} == {
        "function-outage function:wall",
        "display-lamp disp-1 lamp:1",
        "display-lamp disp-2 lamp:1",
    }


def test_an_alert_without_an_element_names_its_device_as_the_cause() -> None:
    (found,) = alerts({"sw-a": [reading("fan:1", BAD)]})
    assert found.cause == "sw-a"


def test_what_garbles_two_protocols_is_one_alert_that_names_both() -> None:
    garbage = ProblemKind.GARBAGE
    (found,) = alerts({}, {"snmp": garbage, "ipmi": garbage})
    assert (found.alert, found.component) == ("device-unreadable", "snmp")
    assert found.summary.endswith("garbage on purpose; so does ipmi")


def test_two_problems_of_a_device_are_two_alerts() -> None:
    found = alerts({}, {"snmp": ProblemKind.CREDENTIAL, "ipmi": ProblemKind.GARBAGE})
    assert {a.component for a in found} == {"ipmi", "snmp"}

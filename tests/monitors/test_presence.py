"""An empty bay is not a failed part: a part counts once it was seen, or where it must be."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.model import Center, Monitoring
from inventory.topology import Health
from monitors.alerts.store import Sensors
from monitors.health import DeviceHealth, Part
from monitors.presence import Expected
from monitors.probe import ProblemKind
from monitors.reading import PART_STATES, Reading, SensorClass, State
from monitors.retirement import Retirement, RetirementError, missing_of, to_retire
from monitors.snapshot import Phase
from monitors.watch import Memory, Watch
from tests.monitors.centers import at, poll, reading
from tests.monitors.test_watch import DEFINITIONS, engine, looked, watch

OK, CRITICAL, UNKNOWN, ABSENT = State.OK, State.CRITICAL, State.UNKNOWN, State.ABSENT
GONE = "notPresent: was there before"


def bay(number: int, state: State = OK, kind: str = "fan", name: str = "") -> Reading:
    text = "notPresent" if state is ABSENT else state.value
    return reading(f"{kind}:{number}", state, name=name or f"Bay {number}", text=text)


def turning(number: int) -> Reading:
    """What a fan measures beside its state, as long as it is there."""
    speed = SensorClass.FANSPEED
    return reading(f"fan:{number}", sensor_class=speed, name=f"Bay {number} speed", value=4000)


def supply(number: int, state: State = OK) -> Reading:
    return bay(number, state, "power_supply")


def absorbed(*polls: list[Reading], expected: Expected | None = None) -> DeviceHealth:
    health = DeviceHealth("sw-a", {"snmp": 30.0}, expected=expected or Expected())
    for number, readings in enumerate(polls):
        health.absorb(poll("sw-a", *readings, seconds=30 * number))
    return health


def summed(parts: tuple[Part, ...]) -> dict[str, tuple[State, str]]:
    return {part.id: (part.state, part.text) for part in parts}


words = st.sampled_from([*PART_STATES, ABSENT, ABSENT, ProblemKind.SILENT])


@given(st.lists(words, max_size=12))
def test_an_empty_bay_raises_one_alert_if_it_was_ever_filled_and_none_else(
    history: list[State | ProblemKind],
) -> None:
    """Whatever came before; and none any more once the part is back."""
    one = watch()
    for number, word in enumerate([*history, ABSENT, ABSENT]):
        put(one, word, 30.0 * number)
    seen = any(word in (OK, State.WARNING, CRITICAL) for word in history)
    parts = one.devices["sw-a"].parts
    assert summed(parts) == ({"fan:1": (CRITICAL, GONE)} if seen else {})
    assert len(alerts_of(one, 1000)) == seen
    for number in range(3):
        put(one, OK, 2000.0 + 30 * number)
    assert summed(one.devices["sw-a"].parts) == {"fan:1": (OK, "ok")}
    assert alerts_of(one, 3000) == []


def put(one: Watch, word: State | ProblemKind, seconds: float) -> None:
    if isinstance(word, ProblemKind):
        one.absorb(poll("sw-a", seconds=seconds, problem=word))
        return
    beside = [] if word in (ABSENT, UNKNOWN) else [turning(1)]
    one.absorb(poll("sw-a", bay(1, word), *beside, seconds=seconds))


def alerts_of(one: Watch, seconds: float) -> list[str]:
    """What stands against the switch after a while, over the fan."""
    for number in range(5):
        one.look(600.0, at(seconds + 600 * number))
    shown = one.snapshot(engine(), at(seconds + 3000)).alerts
    over = Phase.RETURNED
    return [
        a.alert
        for a in shown
        if a.device == "sw-a" and a.phase is not over and a.component.startswith("fan")
    ]


def test_numbers_of_a_part_that_was_pulled_are_no_failures_of_their_own() -> None:
    health = absorbed([bay(1), turning(1)], [bay(1, ABSENT)], [bay(1, ABSENT)], [bay(1, ABSENT)])
    (part,) = health.parts
    assert (part.state, part.vanished, part.missing) == (CRITICAL, False, ())


def test_the_readings_of_empty_bays_are_not_shown_and_those_of_missed_ones_are_critical() -> None:
    health = absorbed([bay(1), bay(2, ABSENT)], [bay(1, ABSENT), bay(2, ABSENT)])
    assert [(r.component, r.state, r.text) for r in health.readings] == [("fan:1", CRITICAL, GONE)]
    one = watch()
    one.absorb(poll("sw-a", bay(1), bay(2, ABSENT)))
    looked(one, 1)
    assert b"fan:1" in one.metrics.text()
    assert b"fan:2" not in one.metrics.text()


def test_numbers_go_on_while_the_same_bays_stay_empty() -> None:
    polls = [[replace(turning(1), value=float(n)), bay(1), bay(2, ABSENT)] for n in range(4)]
    assert [r.value for r in absorbed(*polls).readings] == [3, 1]


def test_a_row_that_comes_back_empty_under_another_index_was_there() -> None:
    health = absorbed([bay(1, name="Fan A")], [bay(7, ABSENT, name="Fan A")])
    assert summed(health.parts) == {"fan:7": (CRITICAL, GONE)}
    assert missing_of([health])[0].component == "fan:7"


def test_a_state_that_was_never_known_proves_no_part() -> None:
    assert absorbed([bay(1, UNKNOWN)], [bay(1, ABSENT)]).parts == ()
    health = absorbed([bay(1, UNKNOWN), bay(2)], [bay(2)], [bay(2)])
    assert summed(health.parts) == {"fan:2": (OK, "ok")}


def test_a_restart_forgets_neither_what_was_there_nor_what_was_not() -> None:
    first = watch()
    learned = first.absorb(poll("sw-a", bay(1), bay(2, ABSENT)))
    assert isinstance(learned, Sensors)
    memory = Memory(sensors={("sw-a", "snmp"): learned.keys})
    again = Watch(first.center, DEFINITIONS, {"sw-a": {"snmp": 30.0}}, now=at(0), memory=memory)
    again.absorb(poll("sw-a", bay(1, ABSENT), bay(2, ABSENT), seconds=60))
    assert summed(again.devices["sw-a"].parts) == {"fan:1": (CRITICAL, GONE)}


def test_a_pulled_part_can_be_retired_until_it_is_there_again() -> None:
    one = watch()
    one.absorb(poll("sw-a", bay(1), turning(1), bay(2)))
    one.absorb(poll("sw-a", bay(1, ABSENT), bay(2), seconds=30))
    wanted = Retirement(device="sw-a", component="fan:1", by="Sam")
    (record,) = one.retire(wanted, at(40))
    assert {key.name for key in record.gone} == {"Bay 1", "Bay 1 speed"}
    assert missing_of(one.devices.values()) == []
    for number in (2, 3, 4):
        one.absorb(poll("sw-a", bay(1, ABSENT), bay(2), seconds=30 * number))
    assert summed(one.devices["sw-a"].parts) == {"fan:2": (OK, "ok")}
    one.absorb(poll("sw-a", bay(1), bay(2), seconds=200))
    one.absorb(poll("sw-a", bay(1, ABSENT), bay(2), seconds=230))
    assert one.devices["sw-a"].bad_parts[0].text == GONE


def test_what_the_inventory_expects_is_missed_from_the_start_and_not_retired() -> None:
    expected = Expected(frozenset({"fan:2", "fan:3", "fan:4"}))
    health = absorbed([bay(1, ABSENT), bay(2, ABSENT), bay(4)], expected=expected)
    assert summed(health.parts) == {
        "fan:2": (CRITICAL, "notPresent: the inventory expects it"),
        "fan:3": (UNKNOWN, "not reported: the inventory expects it"),
        "fan:4": (OK, "ok"),
    }
    for component in ("fan:2", "fan:3"):
        with pytest.raises(RetirementError, match="the inventory expects it; say otherwise there"):
            to_retire(health, Retirement(device="sw-a", component=component, by="Sam"))
    health.absorb(poll("sw-a", bay(2), bay(3), bay(4), seconds=30))
    health.absorb(poll("sw-a", bay(2), bay(3), bay(4), seconds=60))
    assert {part.state for part in health.parts} == {OK}


def test_nobody_says_that_a_part_is_lacking_before_the_device_has_told_all() -> None:
    health = DeviceHealth(
        "srv-1", {"snmp": 30.0, "ipmi": 30.0}, expected=Expected(frozenset({"fan:2"}))
    )
    health.absorb(poll("srv-1", reading()))
    health.absorb(poll("srv-1", protocol="ipmi", problem=ProblemKind.SILENT))
    assert "fan:2" not in summed(health.parts)
    health.absorb(poll("srv-1", bay(2), protocol="ipmi", seconds=30))
    assert summed(health.parts)["fan:2"] == (OK, "ok")


@pytest.mark.parametrize(
    ("feeds", "bays", "missed"),
    [
        (2, "12", ""),
        (2, "1-", "2"),
        (2, "--", "12"),
        (2, "1-3-", ""),
        (2, "1---", "2"),
        (1, "1-", ""),
        (1, "-", ""),
        (3, "1-", ""),
    ],
)
def test_a_device_with_n_feeds_has_n_supplies(feeds: int, bays: str, missed: str) -> None:
    """A `-` is an empty bay."""
    readings = [supply(n, ABSENT if word == "-" else OK) for n, word in enumerate(bays, 1)]
    health = absorbed(readings, expected=Expected(feeds=feeds))
    bad = {
        f"power_supply:{n}": (CRITICAL, f"notPresent: the inventory feeds {feeds} power supplies")
        for n in missed
    }
    assert summed(health.bad_parts) == bad


def test_of_several_empty_bays_the_one_that_was_filled_is_missed() -> None:
    polls = (
        [supply(1), supply(2, ABSENT), supply(3)],
        [supply(1), supply(2, ABSENT), supply(3, ABSENT)],
    )
    health = absorbed(*polls, expected=Expected(feeds=2))
    assert [part.id for part in health.bad_parts] == ["power_supply:3"]


def test_a_pulled_supply_costs_its_feed() -> None:
    one = watch()
    one.absorb(poll("srv-1", supply(1), supply(2)))
    one.absorb(poll("srv-1", supply(1), supply(2, ABSENT), seconds=30))
    looked(one, 31)
    assert one._states["supply:srv-1/2"] is Health.DOWN


def test_an_exchanged_inventory_is_heeded() -> None:
    older = watch()
    older.absorb(poll("sw-a", bay(1), bay(2, ABSENT)))
    newer = watch(expecting(older.center, "fan:2"))
    newer.continue_from(older)
    newer.absorb(poll("sw-a", bay(1), bay(2, ABSENT), seconds=30))
    assert [part.id for part in newer.devices["sw-a"].bad_parts] == ["fan:2"]


def expecting(site: Center, *parts: str) -> Center:
    device = site.devices["sw-a"].model_copy(update={"monitoring": Monitoring(expects=parts)})
    return site.model_copy(update={"devices": {**site.devices, "sw-a": device}})

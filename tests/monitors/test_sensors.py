"""What was seen once is expected until somebody retires it; another index is no other sensor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.health import DeviceHealth
from monitors.probe import ProblemKind
from monitors.reading import Reading, SensorClass, State
from monitors.retirement import (
    Retirement,
    RetirementError,
    missing_of,
    retirement_event,
    to_retire,
)
from monitors.sensors import SensorKey, SensorMemory
from tests.monitors.centers import at, poll, reading
from tests.monitors.test_watch import looked, watch


def key(component: str, name: str = "") -> SensorKey:
    return SensorKey(component, SensorClass.STATE, name or component)


def supply(index: int, state: State = State.OK, name: str = "") -> Reading:
    return reading(f"power_supply:{index}", state, name=name or "Supply A")


def absorbed(*polls: list[Reading]) -> DeviceHealth:
    health = DeviceHealth("sw-a", {"snmp": 30.0})
    for number, readings in enumerate(polls):
        health.absorb(poll("sw-a", *readings, seconds=30 * number))
    return health


def test_a_renumbered_row_is_no_new_sensor_and_keeps_its_state() -> None:
    health = absorbed([supply(1004, State.CRITICAL)], [supply(1009)])
    (part,) = health.parts
    assert (part.id, part.state, part.since) == ("power_supply:1009", State.CRITICAL, at(0))
    assert missing_of([health]) == []


def test_of_several_alike_none_is_taken_for_another() -> None:
    health = absorbed([supply(1), supply(2)], [supply(3)], [supply(3)])
    assert {each.component for each in missing_of([health])} == {"power_supply:1", "power_supply:2"}


def test_a_partial_poll_moves_nothing() -> None:
    health = absorbed([supply(1)])
    part = poll("sw-a", supply(2), seconds=30, problem=ProblemKind.SILENT)
    assert health.absorb(part).moved == {}
    assert {each.id for each in health.parts} == {"power_supply:1", "power_supply:2"}


@given(st.lists(st.tuples(st.sets(st.integers(0, 9)), st.booleans()), max_size=12))
def test_nothing_is_forgotten_unless_it_moved(polls: list[tuple[set[int], bool]]) -> None:
    memory = SensorMemory(vanish_after=2)
    ever: set[SensorKey] = set()
    for numbers, complete in polls:
        seen = {key(f"fan:{n}", f"Fan {n % 5}") for n in numbers}
        sighting = memory.sight(seen, complete=complete)
        ever = (ever - sighting.moved.keys()) | seen
        assert memory.expected == ever
        assert {each for keys in sighting.missing.values() for each in keys} <= ever - seen


def test_a_retired_part_is_gone_until_it_is_seen_again() -> None:
    one = watch()
    both = supply(1, name="A"), supply(2, name="B")
    one.absorb(poll("sw-a", *both))
    for number in range(1, 4):
        one.absorb(poll("sw-a", both[0], seconds=30 * number))
    assert {part.id: part.vanished for part in looked(one, 100).devices["sw-a"].components} == {
        "power_supply:1": False,
        "power_supply:2": True,
    }
    wanted = Retirement(device="sw-a", component="power_supply:2", by="Sam", reason="one is enough")
    (record,) = one.retire(wanted, at(100))
    assert (record.protocol, record.keys) == ("snmp", ())
    assert [gone.component for gone in record.gone] == ["power_supply:2"]
    assert [part.id for part in looked(one, 101).devices["sw-a"].components] == ["power_supply:1"]
    assert b'component="power_supply:2"' not in one.metrics.text()
    event = retirement_event(wanted, [record], at(100))
    assert (event.actor, event.summary) == ("Sam", "retired power_supply:2")

    again = one.absorb(poll("sw-a", *both, seconds=150))
    assert again is not None
    assert [each.component for each in again.keys] == ["power_supply:2"]


@pytest.mark.parametrize(
    ("component", "says"),
    [
        ("power_supply:1", "sw-a power_supply:1: is still reported; take the part out first"),
        ("fan:7", "sw-a fan:7: no such part is missing; missing are: power_supply:2"),
    ],
)
def test_what_is_not_missing_is_not_retired(component: str, says: str) -> None:
    both = supply(1, name="A"), supply(2, name="B")
    health = absorbed([*both], [both[0]], [both[0]])
    with pytest.raises(RetirementError) as error:
        to_retire(health, Retirement(device="sw-a", component=component, by="Sam"))
    assert str(error.value) == says
    assert list(to_retire(health, Retirement(device="sw-a", by="Sam"))) == ["snmp"]


def test_an_unknown_device_is_one_line() -> None:
    with pytest.raises(RetirementError, match="sw-z: is not monitored"):
        to_retire(None, Retirement(device="sw-z", by="Sam"))

"""Readings of poll after poll: what stays the same stays the same object, and nothing else does."""

from hypothesis import given
from hypothesis import strategies as st

from monitors.reading import UNITS, Reading, SensorClass, State
from monitors.readings import Readings, Recurring

CLASSES = (SensorClass.TEMPERATURE, SensorClass.STATE)


def reading(name: str, value: float = 20.0, state: State = State.OK) -> Reading:
    return Reading(
        sensor_class=SensorClass.TEMPERATURE,
        name=name,
        value=value,
        unit=UNITS[SensorClass.TEMPERATURE],
        state=state,
        component="",
        oid="ipmi:1",
        profile="ipmi",
    )


readings = st.lists(
    st.builds(
        Reading,
        sensor_class=st.sampled_from(CLASSES),
        name=st.sampled_from("ab"),
        value=st.sampled_from((0.0, 1.0, 1.5)),
        unit=st.just("celsius"),
        state=st.sampled_from(State),
        component=st.sampled_from(("", "fan:1")),
        oid=st.sampled_from(("1", "2")),
        profile=st.just("p"),
        text=st.sampled_from(("", "hot")),
    ),
    max_size=4,
)


@given(st.lists(readings, max_size=5))
def test_every_poll_brings_its_own_readings(polls: list[list[Reading]]) -> None:
    recurring = Recurring()
    for poll in polls:
        found, whole = recurring.of(poll), Readings.of(poll)
        assert found == whole
        assert found.sensors is whole.sensors
        assert found.verdict == whole.verdict


def test_equal_polls_are_one_object() -> None:
    recurring = Recurring()
    assert recurring.of([reading("a")]) is recurring.of([reading("a")])


def test_another_value_keeps_the_verdict() -> None:
    recurring = Recurring()
    before = recurring.of([reading("a")])
    after = recurring.of([reading("a", 21.0)])
    assert list(after.values) == [21]
    assert after.verdict is before.verdict


def test_another_state_is_another_verdict() -> None:
    recurring = Recurring()
    before = recurring.of([reading("a")])
    assert recurring.of([reading("a", 20.0, State.WARNING)]).verdict is not before.verdict

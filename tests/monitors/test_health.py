"""Polls settle into states: at once when it gets worse, after a while when it gets better."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.health import DeviceHealth
from monitors.probe import ProblemKind
from monitors.reading import PART_STATES, SensorClass, State, worst
from monitors.sensors import SensorKey
from tests.monitors.centers import at, poll, reading

OK, WARNING, CRITICAL, UNKNOWN = State.OK, State.WARNING, State.CRITICAL, State.UNKNOWN


def ups() -> DeviceHealth:
    return DeviceHealth("ups-a", {"snmp": 30.0})


def fed(health: DeviceHealth, *states: State | ProblemKind) -> DeviceHealth:
    """One poll for each word: the state of its battery, or the problem that it met."""
    for number, word in enumerate(states):
        seconds = number * 30.0
        if isinstance(word, ProblemKind):
            health.absorb(poll("ups-a", seconds=seconds, problem=word))
        else:
            health.absorb(poll("ups-a", reading("battery:1", word), seconds=seconds))
    return health


@pytest.mark.parametrize(
    ("history", "state"),
    [
        ([OK], OK),
        ([OK, CRITICAL], CRITICAL),
        ([CRITICAL, OK], CRITICAL),
        ([CRITICAL, OK, OK], OK),
        ([CRITICAL, OK, CRITICAL, OK], CRITICAL),
        ([CRITICAL, WARNING], CRITICAL),
        ([CRITICAL, WARNING, WARNING], WARNING),
        ([OK, UNKNOWN], UNKNOWN),
        ([OK, ProblemKind.SILENT], OK),
        ([OK, ProblemKind.SILENT, ProblemKind.SILENT], UNKNOWN),
        ([CRITICAL, ProblemKind.SILENT, ProblemKind.SILENT], CRITICAL),
        ([OK, ProblemKind.SILENT, OK, ProblemKind.SILENT], OK),
        ([OK, ProblemKind.CREDENTIAL, ProblemKind.CREDENTIAL], UNKNOWN),
    ],
)
def test_a_devices_state_follows_its_polls(
    history: list[State | ProblemKind], state: State
) -> None:
    assert fed(ups(), *history).state is state


def test_nothing_is_known_before_the_first_poll() -> None:
    assert ups().state is UNKNOWN
    assert not ups().answering
    assert not ups().silent


@pytest.mark.parametrize(
    ("problem", "silent"),
    [
        (ProblemKind.SILENT, True),
        (ProblemKind.UNREACHABLE, True),
        (ProblemKind.MUTE, False),
        (ProblemKind.CLOSED, False),
        (ProblemKind.CREDENTIAL, False),
        (ProblemKind.GARBAGE, False),
        (ProblemKind.FAILED, False),
    ],
)
def test_only_what_does_not_answer_is_silent(problem: ProblemKind, silent: bool) -> None:
    assert fed(ups(), OK, problem, problem).silent is silent


def test_a_bmc_that_answers_does_not_speak_for_its_host() -> None:
    server = DeviceHealth("srv-1", {"snmp": 30.0, "ipmi": 30.0})
    for seconds in (0, 30):
        server.absorb(poll("srv-1", seconds=seconds, problem=ProblemKind.SILENT))
        server.absorb(poll("srv-1", reading("fan:1"), seconds=seconds, protocol="ipmi"))
    assert server.silent
    assert not server.answering


def test_a_silent_bmc_does_not_make_its_host_silent() -> None:
    server = DeviceHealth("srv-1", {"snmp": 30.0, "ipmi": 30.0})
    for seconds in (0, 30):
        server.absorb(poll("srv-1", reading(), seconds=seconds))
        server.absorb(poll("srv-1", seconds=seconds, protocol="ipmi", problem=ProblemKind.SILENT))
    assert not server.silent
    assert server.answering
    assert server.state is UNKNOWN


def test_what_was_seen_once_is_expected_ever_after() -> None:
    health = ups()
    health.absorb(poll("ups-a", reading("fan:1"), reading("fan:2")))
    for number in (1, 2):
        health.absorb(poll("ups-a", reading("fan:1"), seconds=30 * number))
    one, two = health.parts
    assert (one.state, one.vanished) == (OK, False)
    assert (two.state, two.vanished) == (UNKNOWN, True)
    assert "no longer reported" in two.text
    health.absorb(poll("ups-a", reading("fan:1"), reading("fan:2"), seconds=90))
    health.absorb(poll("ups-a", reading("fan:1"), reading("fan:2"), seconds=120))
    assert [(p.state, p.vanished) for p in health.parts] == [(OK, False), (OK, False)]


def test_a_partial_poll_makes_nothing_vanish() -> None:
    health = ups()
    health.absorb(poll("ups-a", reading("fan:1"), reading("fan:2")))
    for number in range(1, 5):
        partial = poll("ups-a", reading("fan:1"), seconds=30 * number, problem=ProblemKind.SILENT)
        health.absorb(partial)
    assert not any(part.vanished for part in health.parts)


def test_an_earlier_runs_sensors_are_expected() -> None:
    health = ups()
    known = SensorKey("fan:2", SensorClass.STATE, "fan:2")
    health.protocols["snmp"].expect([known], at(0))
    assert health.parts[0].text == "not read yet"
    new = health.absorb(poll("ups-a", reading("fan:1"), seconds=30))
    assert [key.component for key in new.new] == ["fan:1"]
    health.absorb(poll("ups-a", reading("fan:1"), seconds=60))
    assert {part.id: part.vanished for part in health.parts} == {"fan:1": False, "fan:2": True}


def test_a_remembered_sensor_takes_its_first_state_at_once() -> None:
    health = ups()
    known = SensorKey("battery:1", SensorClass.STATE, "battery:1")
    health.protocols["snmp"].expect([known], at(0))
    assert fed(health, OK).state is OK


def test_parts_are_in_the_order_that_people_count() -> None:
    health = ups()
    health.absorb(poll("ups-a", *(reading(f"fan:{n}") for n in (10, 9, 1))))
    assert [part.id for part in health.parts] == ["fan:1", "fan:9", "fan:10"]


def test_of_two_protocols_the_worse_view_of_a_part_counts() -> None:
    server = DeviceHealth("srv-1", {"snmp": 30.0, "ipmi": 30.0})
    server.absorb(poll("srv-1", reading("fan:1")))
    server.absorb(poll("srv-1", reading("fan:1", CRITICAL), protocol="ipmi"))
    assert [part.state for part in server.parts] == [CRITICAL]


def test_readings_grow_stale_after_two_and_a_half_intervals() -> None:
    assert fed(ups(), OK).protocols["snmp"].fresh_until == at(2.5 * 30 + 0.1)


words = st.sampled_from([*PART_STATES, ProblemKind.SILENT, ProblemKind.GARBAGE])


@given(st.lists(words, max_size=30))
def test_a_state_that_stays_is_believed(history: list[State | ProblemKind]) -> None:
    """Whatever came before, two polls in a row with one state settle it."""
    health = fed(ups(), *history, WARNING, WARNING)
    assert health.parts[0].state is WARNING


@given(st.lists(words, min_size=1, max_size=30))
def test_what_is_bad_now_is_never_hidden(history: list[State | ProblemKind]) -> None:
    """The settled state is at least as bad as the last poll that brought readings."""
    health = fed(ups(), *history)
    read = [word for word in history if isinstance(word, State)]
    if read:
        settled = health.parts[0].state
        assert worst(settled, read[-1]) is settled

"""Half an answer is called half wherever people see it, and takes no sensor for vanished."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from monitors.probe import Pace, Poll, Problem, ProblemKind
from monitors.reading import State
from monitors.web.details import poll_rows
from tests.monitors.centers import poll, reading
from tests.monitors.test_watch import looked, watch

FAN = reading("fan:1", name="Fan 1")
SUPPLY = reading("power_supply:1", name="Supply 1")
NOTE = "OIDs do not increase after 1.3.6.1.2.1.2.2.1.8.3; walk cut there"


def half(*readings: object, seconds: float) -> Poll:
    return Poll(
        "srv-1",
        "snmp",
        poll("srv-1", seconds=seconds).started_at,
        0.1,
        readings,  # type: ignore[arg-type]
        problem=Problem(ProblemKind.FAILED, NOTE),
        pace=Pace(6, 1.3, 0.2),
    )


def test_a_partial_poll_is_marked_in_metrics_and_view_and_nothing_has_vanished() -> None:
    one = watch()
    one.absorb(poll("srv-1", FAN, SUPPLY, seconds=0))
    for round_ in range(1, 6):
        one.absorb(half(FAN, seconds=30.0 * round_))
    snapshot = looked(one, 150)
    view = snapshot.devices["srv-1"]
    (shown,) = [each for each in view.polls if each.protocol == "snmp"]
    assert (shown.partial, shown.problem) == (True, NOTE)
    assert [row.problem for row in poll_rows(view, ZoneInfo("UTC"))] == [f"partial answer: {NOTE}"]
    assert not any(part.vanished for part in view.components)
    assert all(part.state is State.OK for part in view.components)
    text = one.metrics.text().decode()
    labels = '{center="tiny",device="srv-1",protocol="snmp"}'
    assert f"watchfloor_poll_partial{labels} 1\n" in text
    assert f"watchfloor_poll_repetitions{labels} 6\n" in text
    assert f"watchfloor_poll_timeout_seconds{labels} 1.5\n" in text
    assert f"watchfloor_poll_up{labels} 1\n" in text


@pytest.mark.parametrize("whole", [poll("srv-1", FAN, SUPPLY, seconds=60)])
def test_a_whole_poll_takes_the_mark_away(whole: Poll) -> None:
    one = watch()
    one.absorb(half(FAN, seconds=0))
    one.absorb(whole)
    assert 'device="srv-1",protocol="snmp"} 0\n' in one.metrics.text().decode()
    assert not looked(one, 61).devices["srv-1"].polls[0].partial


def test_a_device_that_has_just_started_is_judged_once_as_long_as_nothing_changes() -> None:
    """After an outage of the utility, all of a center is in its first minutes at once."""
    health = watch().devices["srv-1"]
    protocol = health.protocols["snmp"]
    for number in range(5):
        health.absorb(replace(poll("srv-1", FAN, SUPPLY, seconds=30 * number), settling=True))
    assert protocol.judged == 1
    health.absorb(replace(poll("srv-1", FAN, seconds=150), settling=True))
    assert protocol.judged == 2
    for number in range(6, 9):
        health.absorb(poll("srv-1", FAN, seconds=30 * number))
    assert {part.id: part.vanished for part in health.parts} == {
        "fan:1": False,
        "power_supply:1": True,
    }

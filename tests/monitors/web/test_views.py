"""The overview says plainly what is out, what is at risk and what is not known."""

from dataclasses import replace
from datetime import timedelta

import pytest

from inventory.topology import Health
from monitors.reading import State
from monitors.snapshot import ComponentView, Phase, Snapshot
from monitors.web.details import impact_rows
from monitors.web.views import Page, Row, Tone, age, page, survives
from tests.centers import small_center
from tests.snapshots import NOW, alert, snapshot

CENTER = small_center()
DOWN = Health.DOWN


def rows(view: Page) -> dict[str, Row]:
    return {row.name: row for section in view.sections for row in section.rows}


def tones(state: Snapshot) -> dict[str, tuple[Tone, str]]:
    return {tile.name: (tile.tone, tile.word) for tile in page(state, NOW).tiles}


def test_all_is_calm_when_all_is_well() -> None:
    view = page(snapshot(CENTER), NOW)
    assert view.headline == "All functions work"
    assert view.tone is Tone.CALM
    assert {row.tone for row in rows(view).values()} == {Tone.CALM}
    assert [tile.title for tile in view.tiles] == ["CAD", "Desk"]
    assert view.tiles[1].detail == "no spare, by design"


def test_a_lost_margin_is_a_warning_that_names_its_cause() -> None:
    view = page(snapshot(CENTER, {"srv-1": DOWN}), NOW)
    assert (view.tiles[0].tone, view.tiles[0].word) == (Tone.WARNING, "AT RISK")
    assert view.tiles[0].causes == ("srv-1",)
    assert view.headline == "Working, but the next failure is an outage: CAD"


def test_the_headline_tells_what_stands_from_what_is_gone() -> None:
    over = replace(alert("ups-a"), phase=Phase.RETURNED, returned_at=NOW)
    gone = snapshot(small_center(), alerts=(over,))
    assert page(gone, NOW).headline == "All functions work; 1 alert gone, to be acknowledged"
    both = snapshot(small_center(), alerts=(over, alert("ups-b")))
    assert page(both, NOW).headline == "All functions work; 1 alert to look at"


def test_what_is_out_leads_the_headline() -> None:
    view = page(snapshot(CENTER, {"srv-1": DOWN, "srv-2": DOWN}), NOW)
    assert view.headline == "Out of service: CAD, Desk"
    assert rows(view)["srv-1"].tone is Tone.CRITICAL


def test_what_hangs_from_a_failure_is_quieter_than_the_failure() -> None:
    view = page(snapshot(CENTER, {"access": DOWN}), NOW)
    assert rows(view)["access"].tone is Tone.CRITICAL
    assert rows(view)["console"].tone is Tone.NOTICE
    assert rows(view)["console"].detail == "because of access"


def test_what_has_not_been_read_is_not_called_well() -> None:
    state = snapshot(CENTER, dict.fromkeys(("srv-1", "srv-2"), Health.UNKNOWN))
    assert tones(state)["cad"] == (Tone.UNKNOWN, "NOT KNOWN")
    assert page(state, NOW).headline == "Not everything has been read yet"


def test_a_reduced_feed_is_a_notice_and_a_battery_a_warning() -> None:
    view = page(snapshot(CENTER, {"feed:ups-a/ats": DOWN}), NOW)
    assert rows(view)["ups-a"].word == "on battery"
    assert rows(view)["srv-1"].tone is Tone.NOTICE
    assert rows(view)["console"].word == "on battery"


def test_a_bad_part_is_named_in_the_device_s_words() -> None:
    part = ComponentView("fan:1", "fan", "Fan 1", State.CRITICAL, NOW, "stopped")
    view = page(snapshot(CENTER, components={"srv-1": (part,)}), NOW)
    assert rows(view)["srv-1"].detail == "Fan 1: stopped"
    assert rows(view)["srv-1"].tone is Tone.CRITICAL


def test_old_values_are_marked_old() -> None:
    state = snapshot(CENTER, read_at=NOW - timedelta(minutes=5))
    assert not any(row.fresh for row in rows(page(state, NOW)).values())


def test_alerts_tell_cause_impact_and_how_many_devices_are_quiet() -> None:
    state = snapshot(CENTER, alerts=(alert("ups-a", suppressed=("srv-9", "srv-8")),))
    row = page(state, NOW).alerts[0]
    assert (row.cause, row.impact, row.hidden) == (
        "ups-a",
        "CAD: the next failure is an outage",
        2,
    )
    assert row.tone is Tone.CRITICAL
    assert row.age == "1 min"


def test_pending_alerts_are_not_shown() -> None:
    state = snapshot(CENTER, alerts=(alert("ups-a", phase=Phase.PENDING),))
    assert page(state, NOW).alerts == ()


def test_the_monitor_s_own_troubles_are_said() -> None:
    state = snapshot(CENTER)
    engine = replace(state.engine, store_problem="alerts cannot be written: disk full")
    assert page(replace(state, engine=engine), NOW).notices == (
        "alerts cannot be written: disk full",
    )


def test_racks_are_listed_from_the_top_down() -> None:
    view = page(snapshot(CENTER), NOW)
    assert [section.title for section in view.sections] == ["Rack r1", "In the room"]
    assert [row.name for row in view.sections[0].rows][:2] == ["core-a", "core-b"]


@pytest.mark.parametrize(
    ("margin", "words"),
    [
        (-1, "out of service"),
        (0, "the next failure is an outage"),
        (1, "survives 1 more failure"),
        (2, "survives 2 more failures"),
        (3, "survives 3 or more failures"),
    ],
)
def test_margins_in_words(margin: int, words: str) -> None:
    assert survives(margin) == words


@pytest.mark.parametrize(
    ("seconds", "text"), [(-3, "0 s"), (59, "59 s"), (60, "1 min"), (7200, "2 h"), (1e6, "11 d")]
)
def test_ages(seconds: float, text: str) -> None:
    assert age(seconds) == text


def test_what_is_gone_stands_last_and_threatens_nothing() -> None:
    over = replace(alert("ups-a"), phase=Phase.RETURNED, returned_at=NOW)
    stands = alert("ups-b")
    state = replace(snapshot(CENTER), alerts=(over, stands))
    assert [(row.cause, row.state, row.impact) for row in page(state, NOW).alerts] == [
        ("ups-b", "unacked", "CAD: the next failure is an outage"),
        ("ups-a", "gone, unacked", "no longer: CAD"),
    ]
    assert impact_rows(over, "function") == [
        ("endangered no longer (margin 1 before, 0 while it stood)", "CAD")
    ]

"""A runbook shows the device's own numbers, opens when they are missing, and runs no markup."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.topology import Health, Topology
from monitors.reading import Reading, SensorClass, State
from monitors.runbooks.context import Context
from monitors.runbooks.facts import FACTS
from monitors.runbooks.library import Library
from monitors.runbooks.parse import RunbookError, parse
from monitors.runbooks.render import RenderedRunbook, RenderedStep, render
from tests.centers import small_center
from tests.monitors.runbooks.test_parse import GOOD
from tests.snapshots import alert, snapshot

CENTER = small_center()
TOPOLOGY = Topology(CENTER)
ON_BATTERY = Library.load().get("ups-on-battery")


def reading(
    sensor_class: SensorClass, value: float, unit: str, name: str = "UPS", part: str = "battery:1"
) -> Reading:
    return Reading(sensor_class, name, value, unit, State.WARNING, part, "1.2.3", "test")


def on_battery() -> Context:
    state = snapshot(
        CENTER,
        {"feed:ups-a/ats": Health.DOWN},
        readings={
            "ups-a": (
                reading(SensorClass.CHARGE, 0.87, "ratio"),
                reading(SensorClass.RUNTIME, 43, "seconds", "Time on battery"),
                reading(SensorClass.RUNTIME, 660, "seconds", "Battery time remaining"),
                reading(SensorClass.VOLTAGE, 27, "volts", "Battery"),
                reading(SensorClass.VOLTAGE, 118, "volts", "Input", "input:1"),
            )
        },
    )
    return Context(TOPOLOGY, state, CENTER.devices["ups-a"], alert("ups-a"))


def text_of(rendered: RenderedRunbook) -> str:
    return "\n".join(block.text for _, blocks in rendered.sections for block in blocks)


def steps_of(rendered: RenderedRunbook) -> list[RenderedStep]:
    return [b.step for _, blocks in rendered.sections for b in blocks if b.step]


def test_live_numbers_stand_in_the_text_and_in_the_checks() -> None:
    rendered = render(ON_BATTERY, on_battery())
    steps = steps_of(rendered)
    assert steps[0].holds is True
    assert steps[0].answer == "battery"
    assert steps[1].holds is True
    assert "11 min" in steps[1].text
    assert "87 %" in steps[1].text
    assert "Endangered: CAD." in text_of(rendered)
    assert "pdu-a (its only feed)" in text_of(rendered)


def test_what_a_battery_has_given_is_not_taken_for_what_it_has_left() -> None:
    step = steps_of(render(ON_BATTERY, on_battery()))[1]
    assert step.answer == "yes, 11 min"
    assert FACTS["runtime"](on_battery()) == "11 min"


def test_the_input_s_voltage_is_not_the_battery_s() -> None:
    assert FACTS["input_voltage"](on_battery()) == "118 V"


def test_the_same_checks_fail_on_a_healthy_device() -> None:
    healthy = Context(TOPOLOGY, snapshot(CENTER), CENTER.devices["ups-a"])
    steps = steps_of(render(ON_BATTERY, healthy))
    assert steps[0].holds is False
    assert steps[0].answer == "full"


def test_a_missing_reading_says_when_the_device_was_last_seen() -> None:
    state = snapshot(CENTER, {"feed:ups-a/ats": Health.DOWN})
    rendered = render(ON_BATTERY, Context(TOPOLOGY, state, CENTER.devices["ups-a"]))
    step = steps_of(rendered)[1]
    assert "no reading (last seen 03:02)" in step.text  # the center's time, not UTC
    assert step.holds is None


def test_a_do_step_shows_a_command_and_its_proof() -> None:
    rendered = render(ON_BATTERY, on_battery())
    step = steps_of(rendered)[-1]
    assert step.command == "watchfloor poll ups-a"
    assert step.after == "within 5 min this must read full: how it is fed"


def test_a_proof_names_the_part_that_it_looks_at() -> None:
    runbook = parse(
        "a/fan-failed.md",
        GOOD.replace(
            "verify: {check: device_state, expect: ok,",
            "verify: {check: component_state, args: {kind: power_supply}, expect: ok,",
        ).encode(),
    )
    step = steps_of(render(runbook, on_battery()))[-1]
    assert step.after == (
        "within 5 min this must read ok: the worst state of its parts of the kind power supply"
    )


def test_a_neighbour_stands_there_with_how_it_does_now() -> None:
    alone = on_battery()
    paired = replace(alone, device=alone.device.model_copy(update={"pair": "ups-b"}))
    assert FACTS["partner"](paired) == "ups-b (ok, power full, in service)"
    assert FACTS["partner"](alone) == "no partner in the inventory"
    assert FACTS["sources"](alone) == "ats (ok, power full, in service)"


def test_a_function_has_its_title() -> None:
    state = snapshot(CENTER)
    about = replace(alert("ups-a"), device="", component="function:cad", cause="ups-a")
    assert FACTS["function"](Context(TOPOLOGY, state, CENTER.devices["ups-a"], about)) == "CAD"


def test_a_template_in_a_fact_is_not_run() -> None:
    hostile = replace(alert("ups-a"), cause="{{ 7 * 7 }} <b>x</b>")
    runbook = parse(
        "a/fan-failed.md",
        GOOD.replace("[device]", "[device, cause]").replace("Heat.", "{{ cause }}").encode(),
    )
    context = Context(TOPOLOGY, snapshot(CENTER), CENTER.devices["ups-a"], hostile)
    impact = dict(render(runbook, context).sections)["Impact"][0]
    assert "49" not in impact.html
    assert "<b>" not in impact.html
    assert "&lt;b&gt;" in impact.html


@given(st.text(max_size=60))
def test_no_fact_can_become_markup(name: str) -> None:
    runbook = parse(
        "a/fan-failed.md",
        GOOD.replace("[device]", "[device, cause]").replace("Heat.", "X{{ cause }}X").encode(),
    )
    context = Context(
        TOPOLOGY, snapshot(CENTER), CENTER.devices["ups-a"], replace(alert("ups-a"), cause=name)
    )
    block = dict(render(runbook, context).sections)["Impact"][0]
    assert block.html.startswith("<p>X")
    assert block.html.count("<") == 2  # the paragraph's own tags


def test_an_unknown_name_is_an_error_of_the_runbook() -> None:
    runbook = parse("a/fan-failed.md", GOOD.replace("Heat.", "{{ charge }}").encode())
    context = Context(TOPOLOGY, snapshot(CENTER), CENTER.devices["ups-a"])
    with pytest.raises(RunbookError, match=r"a/fan-failed.md:18: .*charge.*needs"):
        render(runbook, context)

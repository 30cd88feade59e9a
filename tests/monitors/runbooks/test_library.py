"""Alerts and runbooks hold together both ways, and every runbook renders for what it is for."""

import pytest

from inventory import assets
from inventory.loader import load
from inventory.model import Device
from inventory.topology import Topology
from monitors.alerts.definition import load_definitions
from monitors.profiles import library as profiles
from monitors.profiles.compiled import CompiledProfile
from monitors.reading import TIME_SPENT, SensorClass
from monitors.runbooks.context import Context
from monitors.runbooks.facts import FACTS
from monitors.runbooks.library import Library
from monitors.runbooks.model import Check, Do, Runbook
from monitors.runbooks.render import render
from monitors.snapshot import Snapshot
from tests.snapshots import snapshot

RUNBOOKS = Library.load()
ALERTS = load_definitions()
UNITS = {"min": 60, "h": 3600}


@pytest.fixture(scope="module")
def topology() -> Topology:
    return Topology(load(assets.example_center()))


@pytest.fixture(scope="module")
def state(topology: Topology) -> Snapshot:
    return snapshot(topology.center)


def test_there_are_as_many_runbooks_as_alerts() -> None:
    assert set(RUNBOOKS.by_alert) == set(ALERTS)


@pytest.mark.parametrize("alert", sorted(ALERTS))
def test_an_alert_and_its_runbook_say_the_same(alert: str) -> None:
    definition, runbook = ALERTS[alert], RUNBOOKS.get(alert)
    number, unit = runbook.head.respond_within.split()
    assert runbook.path == f"{definition.runbook}.md"
    assert runbook.head.priority == definition.priority
    assert int(number) * UNITS[unit] == definition.respond_within_s


@pytest.mark.parametrize("runbook", RUNBOOKS.by_alert.values(), ids=lambda r: r.head.alert)
def test_confirm_asks_the_monitor_and_mitigate_proves_itself(runbook: Runbook) -> None:
    sections = {
        heading: [block.step for block in blocks if block.step]
        for heading, blocks in runbook.sections
    }
    assert any(isinstance(step, Check | Do) for step in sections["Confirm"])
    assert isinstance(sections["Mitigate"][-1], Do)


@pytest.mark.parametrize("runbook", RUNBOOKS.by_alert.values(), ids=lambda r: r.head.alert)
def test_it_renders_for_every_device_that_it_applies_to(
    runbook: Runbook, topology: Topology, state: Snapshot
) -> None:
    kinds = runbook.head.applies_to
    devices: list[Device] = [
        d
        for d in topology.center.devices.values()
        if kinds in ("any", "network") or d.kind in kinds
    ]
    assert devices
    for device in devices:
        rendered = render(runbook, Context(topology, state, device))
        text = " ".join(b.text for _, blocks in rendered.sections for b in blocks)
        assert device.name in text or kinds == "network"
        assert "{{" not in text


def test_every_fact_is_named_by_the_docs_and_used() -> None:
    used = {name for runbook in RUNBOOKS.by_alert.values() for name in runbook.head.needs}
    assert used <= set(FACTS)
    documented = (assets.runbooks().parent / "docs" / "runbooks.md").read_text()
    assert [name for name in FACTS if f"| `{name}` |" not in documented] == []


ALTERNATIVES = {"netagent": 2}
"""Profiles whose cards answer one of so many: a UPS has one phase or three."""


@pytest.mark.parametrize("profile", profiles.Library.load().profiles, ids=lambda p: p.name)
def test_a_battery_s_spent_time_can_be_told_from_what_is_left(profile: CompiledProfile) -> None:
    times = [
        sensor.name
        for sensor in profile.profile.scalars
        if sensor.sensor_class is SensorClass.RUNTIME and sensor.component == "battery"
    ]
    left = [name for name in times if TIME_SPENT not in name.casefold()]
    assert len(times) < 2 or len(left) == ALTERNATIVES.get(profile.name, 1)

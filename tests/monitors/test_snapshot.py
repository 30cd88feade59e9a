"""A snapshot survives its trip through JSON, and partial ones complete an older one."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from inventory.model import Kind
from inventory.topology import Health, Power
from monitors.probe import ProblemKind
from monitors.reading import Reading, SensorClass, State
from monitors.snapshot import (
    AlertView,
    CenterView,
    ComponentView,
    DeviceView,
    EngineView,
    Fact,
    ImpactView,
    MarginView,
    Phase,
    PollView,
    Snapshot,
    SnapshotError,
    from_json,
)

NOW = datetime(2026, 3, 4, 5, 6, 7, 890000, UTC)

CHARGE = Reading(
    SensorClass.CHARGE, "Charge", 0.87, "ratio", State.OK, "battery:1", "1.3.6.1", "ups-mib"
)


def device(name: str, state: State = State.OK) -> DeviceView:
    return DeviceView(
        name=name,
        id=name,
        kind=Kind.UPS,
        title='UPS "A" <b>',
        model="",
        rack="r1",
        units=(1, 2),
        place="",
        monitored=True,
        state=state,
        health=Health.OK,
        power=Power.BATTERY,
        reachable=True,
        in_service=True,
        cause="",
        polls=(PollView("snmp", 30.0, NOW, 0.25, NOW, NOW, ProblemKind.SILENT, "no answer", 2),),
        components=(ComponentView("battery:1", "battery", "Battery", state, NOW),),
        readings=(CHARGE,),
    )


def snapshot() -> Snapshot:
    margin = MarginView("video-wall", "Video wall", True, 0, 1, 0, 1, ("wp-2",), ("wp-1",))
    alert = AlertView(
        id="a1",
        alert="ups-on-battery",
        title="UPS on battery",
        priority="P1",
        phase=Phase.UNACKED,
        device="ups-a",
        component="",
        summary="ups-a runs on battery",
        since=NOW,
        fired_at=NOW,
        returned_at=None,
        acked_at=None,
        acked_by="",
        comment="",
        cause="feed:ups-a/utility",
        impact=(ImpactView("function", "video-wall", "Video wall", 1, 0),),
        suppressed=("pdu-r1-a",),
        consequence="The wall goes dark.",
        action="Start the generator.",
        respond_within_s=300,
        runbook="power/ups-on-battery",
        facts=(Fact("charge", "87 %", NOW),),
    )
    engine = EngineView("0.1.0", NOW, "i1", 2, 10, {"silent": 1}, 0, 0.0, 0.001)
    return Snapshot(
        center=CenterView("riverside", "Riverside", "America/Chicago"),
        taken_at=NOW,
        sequence=7,
        engine=engine,
        devices={"ups-a": device("ups-a"), "ups-b": device("ups-b")},
        groups={},
        functions={"video-wall": margin},
        alerts=(alert, replace(alert, id="a2", phase=Phase.PENDING)),
    )


def test_json_round_trip_is_equal() -> None:
    assert from_json(snapshot().to_json()) == snapshot()


def test_a_partial_snapshot_keeps_the_devices_that_did_not_change() -> None:
    newer = replace(
        snapshot(), sequence=8, partial=True, devices={"ups-b": device("ups-b", State.CRITICAL)}
    )
    merged = snapshot().updated_by(newer)
    assert merged.sequence == 8
    assert not merged.partial
    assert {name: d.state for name, d in merged.devices.items()} == {
        "ups-a": State.OK,
        "ups-b": State.CRITICAL,
    }


def test_a_full_snapshot_replaces_all() -> None:
    newer = replace(snapshot(), sequence=8, devices={})
    assert snapshot().updated_by(newer) is newer


def test_pending_alerts_are_not_active() -> None:
    assert [alert.id for alert in snapshot().active_alerts] == ["a1"]


@pytest.mark.parametrize(
    "text", [b"", b"null", b"{}", snapshot().to_json().replace(b'"format":1', b'"format":2')]
)
def test_another_format_is_refused_in_one_line(text: bytes) -> None:
    with pytest.raises(SnapshotError) as raised:
        from_json(text)
    assert "\n" not in str(raised.value)
    assert "same version" in str(raised.value)


def test_a_brief_snapshot_names_the_parts_that_are_not_well() -> None:
    whole = device("ups-a")
    bad = replace(whole.components[0], id="fan:1", state=State.CRITICAL)
    gone = replace(whole.components[0], id="fan:2", state=State.OK, vanished=True)
    well = replace(whole.components[0], id="fan:3", state=State.OK)
    one = replace(snapshot(), devices={"ups-a": replace(whole, components=(bad, gone, well))})
    told = one.brief().devices["ups-a"]
    assert told.components == (bad, gone)
    assert told.readings == ()
    assert replace(told, components=(), readings=()) == replace(whole, components=(), readings=())

"""The engine's mind: partial snapshots add up, stale readings go, an inventory can be exchanged."""

from dataclasses import replace

from inventory.model import Center, Kind
from monitors.alerts.definition import load_definitions
from monitors.probe import ProblemKind
from monitors.reading import SensorClass, State
from monitors.snapshot import EngineView, Snapshot, from_json
from monitors.watch import Watch
from tests.monitors.centers import at, center, device, poll, reading, small_center

WARM = reading("inlet", sensor_class=SensorClass.TEMPERATURE, name="Inlet", value=22.5)
DEFINITIONS = load_definitions()


def engine() -> EngineView:
    return EngineView("0", at(0), "i", 0, 0, {}, 0, 0.0, 0.0)


def watch(of: Center | None = None) -> Watch:
    site = of or small_center()
    polled = {n: {"snmp": 30.0} for n in site.devices if n not in ("utility", "gen-1")}
    return Watch(site, DEFINITIONS, polled, now=at(0), observer="mon-1")


def looked(each: Watch, seconds: float, *, partial: bool = False) -> Snapshot:
    each.look(1.0, at(seconds))
    return each.snapshot(engine(), at(seconds), partial=partial)


def test_partial_snapshots_add_up_to_the_full_one() -> None:
    one = watch()
    state = looked(one, 0)
    assert set(state.devices) == set(one.center.devices)
    for number, name in enumerate(("ups-a", "srv-1", "ups-a"), 1):
        one.absorb(poll(name, WARM, seconds=number))
        news = looked(one, number, partial=True)
        assert name in news.devices
        assert len(news.devices) < len(one.center.devices)
        state = state.updated_by(from_json(news.to_json()))
    full = looked(one, 3)
    assert dict(state.devices) == dict(full.devices)
    assert state.functions == full.functions


def test_without_news_there_is_nothing_to_publish() -> None:
    one = watch()
    one.absorb(poll("ups-a", WARM))
    looked(one, 1)
    one.look(1.0, at(2))
    assert not one.has_news
    assert looked(one, 3, partial=True).devices == {}


def test_stale_readings_leave_the_metrics_and_come_back() -> None:
    one = watch()
    one.absorb(poll("ups-a", WARM, seconds=0))
    looked(one, 1)
    assert b'celsius{center="tiny",device="ups-a"' in one.metrics.text()
    looked(one, 80)
    text = one.metrics.text()
    assert b"celsius" not in text
    assert b'watchfloor_device_fresh{center="tiny",device="ups-a"} 0' in text
    assert b'watchfloor_component_state{center="tiny",device="ups-a"' in text
    one.absorb(poll("ups-a", WARM, seconds=90))
    looked(one, 91)
    text = one.metrics.text()
    assert b'celsius{center="tiny",device="ups-a"' in text
    assert b'watchfloor_device_fresh{center="tiny",device="ups-a"} 1' in text


def test_a_number_that_is_none_is_no_reading() -> None:
    one = watch()
    one.absorb(poll("ups-a", WARM, replace(WARM, name="Outlet", value=float("nan"))))
    state = looked(one, 1)
    assert [r.name for r in one.devices["ups-a"].readings] == ["Inlet"]
    assert from_json(state.to_json()) == state


def test_a_device_that_nobody_polls_follows_the_topology() -> None:
    state = looked(watch(), 0).devices["utility"]
    assert (state.monitored, state.state, state.kind) == (False, State.OK, Kind.UTILITY)


def test_unknown_lowers_what_is_assured_and_not_the_margin() -> None:
    one = watch()
    for name in one.devices:
        one.absorb(poll(name, WARM))
    assert looked(one, 1).functions["dispatch"].assured == 1
    for seconds in (30, 60):
        one.absorb(poll("srv-1", seconds=seconds, problem=ProblemKind.CREDENTIAL))
    margin = looked(one, 61).functions["dispatch"]
    assert (margin.margin, margin.assured) == (1, 0)


def test_first_seen_sensors_go_to_the_store_once() -> None:
    one = watch()
    first = one.absorb(poll("ups-a", WARM))
    assert first is not None
    assert [(first.device, first.protocol, key.name) for key in first.keys] == [
        ("ups-a", "snmp", "Inlet")
    ]
    assert one.absorb(poll("ups-a", WARM, seconds=30)) is None


def test_a_new_inventory_keeps_what_was_learned() -> None:
    old = watch()
    bad = reading("output", State.CRITICAL, text="onBattery")
    for name in old.devices:
        old.absorb(poll(name, bad if name == "ups-a" else WARM))
    for seconds in range(30):
        looked(old, seconds)
    grown = small_center()
    grown = grown.model_copy(
        update={"devices": {**grown.devices, "srv-9": device("srv-9", "server", ["pdu-a/9"])}}
    )
    new = watch(grown)
    new.continue_from(old)
    state = looked(new, 31)
    assert state.sequence == 31
    assert [a.alert for a in state.active_alerts] == ["ups-on-battery"]
    assert state.devices["srv-9"].state is State.UNKNOWN
    assert new.devices["srv-1"].readings == (WARM,)
    assert b'celsius{center="tiny",device="srv-1"' in new.metrics.text()


def test_a_device_that_left_leaves_the_metrics() -> None:
    old = watch()
    old.absorb(poll("ups-a", WARM))
    looked(old, 1)
    new = watch(center(device("utility", "utility"), device("srv-1", "server", ["utility"])))
    new.continue_from(old)
    looked(new, 2)
    assert b"ups-a" not in new.metrics.text()

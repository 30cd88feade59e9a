"""From polls to alerts through the whole of the pure engine: one cause, one alert."""

import itertools
from collections.abc import Iterable

import pytest

from inventory.model import Center
from monitors.alerts.definition import load_definitions
from monitors.alerts.desk import AlertError, Transition
from monitors.alerts.life import Change, Occurrence
from monitors.alerts.views import MOST_WEIGHED
from monitors.events import Event, EventKind
from monitors.probe import ProblemKind
from monitors.reading import Reading, SensorClass, State
from monitors.snapshot import AlertView, EngineView, Phase, Snapshot
from monitors.watch import Memory, Watch
from tests.monitors.centers import at, poll, reading, small_center

BAD = State.CRITICAL
DEFINITIONS = load_definitions()
WELL = (
    reading(),
    reading("output"),
    reading("power_supply:1"),
    reading("power_supply:2"),
    reading("inlet", sensor_class=SensorClass.TEMPERATURE, name="Inlet", value=22.0),
)
ON_BATTERY = reading("output", BAD, text="onBattery")


class Room:
    """A watched center on a clock that only moves when told to."""

    def __init__(self, center: Center | None = None, occurrences: Iterable[Occurrence] = ()):
        self.center = center or small_center()
        polled = [n for n in self.center.devices if n not in ("utility", "gen-1")]
        self.watch = Watch(
            self.center,
            DEFINITIONS,
            {name: {"snmp": 30.0} for name in polled},
            now=at(0),
            memory=Memory(tuple(occurrences)),
            observer="mon-1",
        )
        self.now = 0.0
        self.polled = polled
        self.journal: list[Transition] = []

    def pass_time(
        self,
        seconds: float,
        bad: dict[str, Reading] | None = None,
        silent: Iterable[str] = (),
    ) -> "Room":
        """Polls all each 30 s, looks each second; `bad` replaces one of a device's readings."""
        silent = set(silent)
        for _ in range(int(seconds)):
            if self.now % 30 == 0:
                self._poll(bad or {}, silent)
            self.journal += self.watch.look(1.0, at(self.now))
            self.now += 1
        return self

    def _poll(self, bad: dict[str, Reading], silent: set[str]) -> None:
        for name in self.polled:
            if name in silent:
                each = poll(name, seconds=self.now, problem=ProblemKind.SILENT)
            else:
                wrong = bad.get(name)
                readings = [
                    wrong if wrong and wrong.component == well.component else well for well in WELL
                ]
                each = poll(name, *readings, seconds=self.now)
            self.watch.absorb(each)

    @property
    def snapshot(self) -> Snapshot:
        engine = EngineView("0", at(0), "i", 0, 0, {}, 0, 0.0, 0.0)
        return self.watch.snapshot(engine, at(self.now))

    @property
    def alerts(self) -> list[AlertView]:
        return list(self.snapshot.active_alerts)

    @property
    def names(self) -> list[str]:
        return [f"{a.alert} {a.device or a.component}" for a in self.alerts]


def test_a_quiet_room_has_no_alerts() -> None:
    assert Room().pass_time(300).names == []


def test_a_ups_on_battery_is_an_alert_with_cause_impact_and_runbook() -> None:
    room = Room().pass_time(60).pass_time(60, {"ups-a": ON_BATTERY})
    assert room.names == ["ups-on-battery ups-a"]
    alert = room.alerts[0]
    assert alert.cause == "feed:ups-a/utility"
    assert alert.runbook == "power/ups-on-battery"
    assert alert.phase is Phase.UNACKED
    assert ("dispatch", 1, 0) in [(i.name, i.before, i.after) for i in alert.impact]
    # What follows from it is its impact, not alerts of their own.
    assert "function-at-risk" not in [a.alert for a in room.snapshot.alerts]


def test_it_waits_for_its_on_delay() -> None:
    room = Room().pass_time(60).pass_time(5, {"ups-a": ON_BATTERY})
    assert room.names == []
    assert [a.alert for a in room.snapshot.alerts if a.phase is Phase.PENDING] == ["ups-on-battery"]
    assert room.pass_time(2, {"ups-a": ON_BATTERY}).names == ["ups-on-battery ups-a"]


def test_a_dead_switch_hides_what_is_behind_it() -> None:
    room = Room().pass_time(60).pass_time(180, silent=["sw-b", "srv-2"])
    assert room.names == ["switch-down sw-b"]
    assert "srv-2" in room.alerts[0].suppressed


def test_what_is_behind_a_dead_switch_speaks_for_itself_once_the_switch_is_back() -> None:
    room = Room().pass_time(60).pass_time(180, silent=["sw-b", "srv-2"])
    assert "device-silent srv-2" in room.pass_time(180, silent=["srv-2"]).names


def test_a_dead_pdu_is_one_alert_for_all_that_it_feeds() -> None:
    supply = reading("power_supply:1", BAD, text="input lost")
    bad = dict.fromkeys(["srv-1", "srv-2", "sw-a", "sw-b", "mon-1"], supply)
    room = Room().pass_time(60).pass_time(180, bad, silent=["pdu-a"])
    assert room.names == ["pdu-feed-lost pdu-a"]
    assert {"srv-1", "srv-2", "sw-a", "pdu-a"} <= set(room.alerts[0].suppressed)


def test_a_dead_ups_is_one_alert_for_all_that_it_feeds() -> None:
    supply = reading("power_supply:1", BAD, text="input lost")
    bad = dict.fromkeys(["srv-1", "srv-2", "sw-a", "sw-b", "mon-1"], supply)
    room = Room().pass_time(60).pass_time(180, bad, silent=["ups-a", "pdu-a"])
    assert room.names == ["ups-output-lost ups-a"]
    assert {"pdu-a", "srv-1", "sw-b"} <= set(room.alerts[0].suppressed)


def test_nothing_fires_below_what_has_just_stopped_answering() -> None:
    supply = reading("power_supply:1", BAD, text="input lost")
    bad = dict.fromkeys(["srv-1", "srv-2", "sw-a", "sw-b", "mon-1"], supply)
    quick = small_center().model_copy(update={"on_delay_s": 5})
    room = Room(quick).pass_time(60).pass_time(180, bad, silent=["ups-a", "pdu-a"])
    fired = [t.occurrence.key.alert for t in room.journal if t.change is Change.FIRED]
    assert fired == ["ups-output-lost"]


def test_a_cause_that_recovers_first_does_not_set_its_consequences_free() -> None:
    supply = reading("power_supply:1", BAD, text="input lost")
    bad = dict.fromkeys(["srv-1", "srv-2", "sw-a", "sw-b", "mon-1"], supply)
    quick = small_center().model_copy(update={"on_delay_s": 5})
    room = Room(quick).pass_time(60).pass_time(180, bad, silent=["ups-a", "pdu-a"])
    room.journal.clear()
    room.pass_time(20, bad).pass_time(200)
    assert [t.change for t in room.journal if t.change is Change.FIRED] == []


def test_two_silent_cards_in_a_row_are_no_outage_while_the_power_is_there() -> None:
    room = Room().pass_time(60).pass_time(180, silent=["ups-a", "pdu-a"])
    assert sorted(room.names) == ["device-silent pdu-a", "device-silent ups-a"]


def test_a_ups_whose_output_is_off_gives_no_power() -> None:
    off = reading("output", BAD, text="none")
    room = Room().pass_time(60).pass_time(60, {"ups-a": off})
    assert room.names == ["ups-output-lost ups-a"]


def test_lost_redundancy_is_told_by_the_part_that_took_it() -> None:
    room = Room().pass_time(60)
    failed = reading("power_supply:1", BAD, text="failed")
    lost = reading("power_supply_redundancy:1", BAD, text="redundancy lost")
    fans = reading("fan_redundancy:1", BAD, text="redundancy lost")
    for seconds in (60, 90):
        room.watch.absorb(poll("srv-1", failed, WELL[3], lost, fans, seconds=seconds))
    for second in range(100):
        room.journal += room.watch.look(1.0, at(100 + second))
    told = {(a.alert, a.component) for a in room.alerts if a.device == "srv-1"}
    assert ("power-supply-failed", "power_supply:1") in told
    assert ("component-failed", "power_supply_redundancy:1") not in told
    # No fan has failed, so nothing else speaks for this one.
    assert ("component-failed", "fan_redundancy:1") in told


def test_a_single_failed_supply_is_its_own_alert() -> None:
    supply = reading("power_supply:1", BAD, text="failed")
    room = Room().pass_time(60).pass_time(120, {"srv-1": supply})
    assert "power-supply-failed srv-1" in room.names


def test_a_device_that_refuses_is_told_from_a_silent_one() -> None:
    room = Room().pass_time(60)
    for seconds in (60, 90):
        room.watch.absorb(poll("srv-2", seconds=seconds, problem=ProblemKind.CREDENTIAL))
    for second in range(100):
        room.journal += room.watch.look(1.0, at(200 + second))
    assert [(a.alert, a.device, a.component) for a in room.alerts] == [
        ("device-unreadable", "srv-2", "snmp")
    ]


def test_no_urgent_alert_hides_behind_a_less_urgent_one() -> None:
    room = Room().pass_time(60).pass_time(180, silent=["srv-1", "srv-2"])
    assert room.names[0] == "function-outage function:dispatch"
    assert room.alerts[0].priority == "P1"


def test_silence_does_not_clear_what_was_last_heard() -> None:
    room = Room().pass_time(60).pass_time(60, {"ups-a": ON_BATTERY})
    room.pass_time(300, silent=["ups-a"])
    assert "ups-on-battery ups-a" in room.names


def test_it_clears_after_it_was_acknowledged_and_is_gone() -> None:
    room = Room().pass_time(60).pass_time(60, {"ups-a": ON_BATTERY})
    room.watch.acknowledge(room.alerts[0].id, "Sam", "starting the generator", at(room.now))
    assert [(a.phase, a.acked_by) for a in room.alerts] == [(Phase.ACKED, "Sam")]
    assert room.pass_time(180).names == []
    told = [t.change for t in room.journal if t.occurrence.key.alert == "ups-on-battery"]
    assert told == [Change.BEGAN, Change.FIRED, Change.CLEARED]


def test_gone_and_never_acknowledged_it_stays() -> None:
    room = Room().pass_time(60).pass_time(60, {"ups-a": ON_BATTERY}).pass_time(240)
    assert [(a.alert, a.phase) for a in room.alerts] == [("ups-on-battery", Phase.RETURNED)]
    room.watch.acknowledge(room.alerts[0].id, "Sam", "", at(room.now))
    assert room.names == []


@pytest.mark.parametrize(
    ("by", "comment", "complaint"),
    [
        ("", "", "name"),
        ("   ", "", "name"),
        ("x" * 65, "", "name"),
        ("a\nb", "", "name"),
        ("Sam", "x" * 1001, "comment"),
    ],
)
def test_an_acknowledgement_needs_a_name(by: str, comment: str, complaint: str) -> None:
    room = Room().pass_time(60).pass_time(60, {"ups-a": ON_BATTERY})
    with pytest.raises(AlertError, match=complaint):
        room.watch.acknowledge(room.alerts[0].id, by, comment, at(room.now))


def test_only_open_alerts_can_be_acknowledged() -> None:
    with pytest.raises(AlertError, match="no open alert 'a0'"):
        Room().watch.acknowledge("a0", "Sam", "", at(0))


def test_a_flapping_alert_is_held_and_is_one_alert() -> None:
    room = Room().pass_time(60)
    for _ in range(4):
        room.pass_time(30, {"ups-a": ON_BATTERY}).pass_time(150)
    assert room.names == ["ups-on-battery ups-a"]
    assert room.alerts[0].flapping
    # Held until it has been quiet for long enough, then let go like any other.
    assert room.pass_time(300).alerts[0].phase is Phase.UNACKED
    assert [(a.phase, a.flapping) for a in room.pass_time(900).alerts] == [(Phase.RETURNED, False)]


def test_a_restart_neither_clears_nor_repeats_an_alert() -> None:
    before = Room().pass_time(60).pass_time(60, {"ups-a": ON_BATTERY})
    after = Room(occurrences=before.watch.desk.occurrences.values())
    after.now = 1  # the first poll is not due yet
    after.pass_time(20)
    assert after.names == before.names
    assert after.alerts[0].id == before.alerts[0].id
    after.pass_time(60, {"ups-a": ON_BATTERY})
    assert [t.change for t in after.journal if t.occurrence.key.alert == "ups-on-battery"] == []


def test_the_on_delay_goes_on_after_a_restart() -> None:
    silent = ["srv-2"]
    before = Room().pass_time(60).pass_time(70, silent=silent)
    pending = [o for o in before.watch.desk.occurrences.values() if o.phase is Phase.PENDING]
    assert "device-silent" in [o.key.alert for o in pending]
    served_s = max(o.active_s for o in pending if o.key.alert == "device-silent")
    after = Room(occurrences=before.watch.desk.occurrences.values())
    after.now = 150.0
    after.pass_time(100 - served_s, silent=silent)
    assert "device-silent srv-2" in after.names


def test_an_alert_on_a_device_that_left_the_inventory_is_retired() -> None:
    before = Room().pass_time(60).pass_time(60, {"ups-a": ON_BATTERY})
    stranger = [
        Occurrence("a9", o.key.__class__(o.key.alert, "ups-z", ""), o.phase, o.since, o.summary)
        for o in before.watch.desk.occurrences.values()
    ][:1]
    after = Room(occurrences=stranger).pass_time(5)
    assert [t.change for t in after.journal] == [Change.RETIRED]
    assert after.names == []


def drift(number: int, changes: int, seconds: float) -> Event:
    return Event(
        id=f"run-{number}",
        kind=EventKind.DRIFT,
        at=at(seconds),
        actor="drift",
        device="srv-1",
        payload={"changes": changes, "summary": "sshd: PermitRootLogin yes"},
    )


def test_drift_is_an_alert_until_the_host_is_as_it_should_be() -> None:
    room = Room().pass_time(60)
    room.watch.note(drift(1, 2, 60))
    assert room.pass_time(5).names == ["host-drifted srv-1"]
    assert "PermitRootLogin" in room.alerts[0].summary
    assert [(f.name, f.value) for f in room.alerts[0].facts] == [
        ("drift", "sshd: PermitRootLogin yes")
    ]
    room.watch.acknowledge(room.alerts[0].id, "Sam", "", at(room.now))
    room.watch.note(drift(2, 0, 70))
    assert room.pass_time(5).names == []


def test_older_drift_does_not_undo_newer() -> None:
    room = Room().pass_time(60)
    room.watch.note(drift(2, 0, 70))
    room.watch.note(drift(1, 2, 60))
    assert room.pass_time(5).names == []


@pytest.mark.parametrize("hot", [State.WARNING, State.CRITICAL])
def test_a_hot_sensor_names_its_value(hot: State) -> None:
    heat = reading("inlet", hot, sensor_class=SensorClass.TEMPERATURE, name="Inlet", value=41.25)
    room = Room().pass_time(60).pass_time(120, {"srv-1": heat})
    summary = next(a.summary for a in room.alerts if a.alert == "temperature-high")
    assert summary == "srv-1: Inlet is at 41.2 °C"


def test_every_alert_is_there_once() -> None:
    supply = reading("power_supply:1", BAD)
    room = Room().pass_time(60).pass_time(300, {"srv-1": supply}, silent=["sw-b", "srv-2"])
    keys = [(a.alert, a.device, a.component) for a in room.snapshot.alerts]
    assert len(keys) == len(set(keys))
    ids = itertools.groupby(sorted(a.id for a in room.snapshot.alerts))
    assert all(len(list(group)) == 1 for _, group in ids)


def test_a_snapshot_works_out_a_few_impacts_and_the_next_ones_go_on() -> None:
    quick = small_center().model_copy(update={"on_delay_s": 5})
    servers = ("srv-1", "srv-2", "mon-1", "sw-a", "sw-b")
    bad = dict.fromkeys(servers, reading("power_supply:1", BAD, text="failed"))
    room = Room(quick).pass_time(60).pass_time(120, bad)
    assert len(room.alerts) == len(servers) > MOST_WEIGHED
    assert room.watch.has_news  # the impact of some is not known yet
    assert len(room.alerts) == len(servers)
    assert not room.watch.has_news

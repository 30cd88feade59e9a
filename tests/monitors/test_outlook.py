"""What a change would find: peers that are not well, margins meanwhile, an incident that stands."""

import pytest

from inventory.topology import Topology
from monitors.alerts.definition import load_definitions
from monitors.events import Event, EventKind
from monitors.outlook import Outlook
from monitors.probe import ProblemKind
from monitors.reading import State
from monitors.snapshot import EngineView
from monitors.watch import Memory, Watch
from monitors.web.views import page
from tests.monitors.centers import at, poll, reading, small_center

DEFINITIONS = load_definitions()


def engine() -> EngineView:
    return EngineView("0", at(0), "i", 0, 0, {}, 0, 0.0, 0.0)


def incident(seconds: float, *, over: bool = False) -> Event:
    return Event(
        id=f"incident-{seconds}",
        kind=EventKind.INCIDENT,
        at=at(seconds),
        actor="lead@desk",
        payload={"summary": "pursuit on the wall", "over": over},
    )


def watching(memory: Memory | None = None) -> Watch:
    """Every device is polled and well."""
    center = small_center()
    polled = {name: {"snmp": 30.0} for name in center.devices}
    one = Watch(center, DEFINITIONS, polled, now=at(0), observer="mon-1", memory=memory)
    for name in center.devices:
        one.absorb(poll(name, reading("fan:1"), seconds=1))
    return one


def silenced(one: Watch, name: str) -> None:
    for seconds in (31, 61, 91):
        one.absorb(poll(name, seconds=seconds, problem=ProblemKind.SILENT))


def asked(one: Watch, *devices: str, seconds: float = 100) -> Outlook:
    return one.outlook(devices, at(seconds))


def test_with_everything_well_a_change_of_one_takes_nothing_out() -> None:
    found = asked(watching(), "srv-1")
    assert (found.takes_out, found.leans_on, found.critical) == ((), (), ())
    assert [(peer.device, peer.is_well) for peer in found.peers] == [("srv-2", True)]
    shrunk = {change.name: (change.now, change.during) for change in found.margins}
    assert shrunk == {"cad": (1, 0), "dispatch": (1, 0)}
    assert found.settled
    assert found.devices[0].polled_at == at(1)


def test_both_together_take_the_group_out() -> None:
    assert set(asked(watching(), "srv-1", "srv-2").takes_out) == {"cad", "dispatch"}


def test_a_peer_that_is_down_makes_the_change_an_outage() -> None:
    one = watching()
    silenced(one, "srv-2")
    found = asked(one, "srv-1")
    assert set(found.takes_out) | set(found.leans_on) >= {"cad", "dispatch"}
    assert found.peers[0].silent
    assert "silent on purpose" in found.peers[0].text


def test_a_degraded_peer_is_not_leant_on() -> None:
    one = watching()
    for seconds in (31, 61, 91):
        one.absorb(poll("srv-2", reading("fan:1", State.CRITICAL), seconds=seconds))
    found = asked(one, "srv-1")
    assert found.takes_out == ()
    assert set(found.leans_on) == {"cad", "dispatch"}
    assert [(part.device, part.component) for part in found.critical] == [("srv-2", "fan:1")]
    assert not found.peers[0].is_well


def test_what_is_out_already_is_not_taken_out_again() -> None:
    one = watching()
    silenced(one, "srv-1")
    silenced(one, "srv-2")
    assert "cad" not in asked(one, "srv-1").takes_out


def test_a_device_that_was_never_read_is_not_well() -> None:
    center = small_center()
    one = Watch(center, DEFINITIONS, {"srv-2": {"snmp": 30.0}}, now=at(0))
    found = asked(one, "srv-1")
    assert not found.settled
    assert not found.peers[0].is_well
    assert found.peers[0].text == "snmp: not read yet"
    assert found.devices[0].is_well, "of what is not monitored, only the topology speaks"


def test_an_incident_stands_until_it_is_over_also_after_a_restart() -> None:
    one = watching(Memory(found=(incident(5),)))
    standing = asked(one, "srv-1").incident
    assert standing is not None
    assert (standing.by, standing.reason) == ("lead@desk", "pursuit on the wall")
    one.note(incident(50, over=True))
    one.note(incident(20))  # arrives late
    assert asked(one, "srv-1").incident is None


def test_an_incident_is_news_for_the_page_and_a_metric() -> None:
    one = watching()
    one.look(1.0, at(100))
    shown = one.snapshot(engine(), at(100))
    assert shown.incident is None
    was_news = one.has_news
    assert not was_news
    one.note(incident(101))
    assert one.has_news
    told = one.snapshot(engine(), at(102), partial=True)
    assert told.incident is not None
    assert b'watchfloor_incident_active{center="tiny"} 1' in one.metrics.text()
    assert page(told, at(102)).notices[0] == (
        "Incident since 12:01:41, declared by lead@desk: pursuit on the wall. No changes now."
    )


def test_reported_drift_is_a_metric_with_its_age() -> None:
    one = watching()
    for seconds, changes in ((10, 3), (20, 0)):
        one.note(
            Event(
                id=f"drift-{seconds}",
                kind=EventKind.DRIFT,
                at=at(seconds),
                actor="timer",
                device="srv-1",
                payload={"changes": changes},
            )
        )
        sample = f'watchfloor_drift_findings{{center="tiny",device="srv-1"}} {changes}\n'
        assert sample.encode() in one.metrics.text()


@pytest.mark.parametrize(
    ("devices", "peers"),
    [(["srv-1"], {"srv-2"}), (["srv-1", "srv-2"], set()), (["utility"], set())],
)
def test_peers_share_a_group(devices: list[str], peers: set[str]) -> None:
    assert set(Topology(small_center()).peers(devices)) == peers

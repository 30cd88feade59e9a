"""The gate, asked by a rollout: each thing that must stop one does, and says what to do next."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from deploy.blocker import Blocker, Moment
from deploy.gates import Accepted, HealthGate
from deploy.health import (
    CriticalPart,
    HealthError,
    Incident,
    Outlook,
    Standing,
)
from deploy.waves import Wave

WELL = Outlook(
    format=1,
    center="tiny",
    devices=(Standing(device="srv-1", monitored=True),),
    peers=(Standing(device="srv-2", monitored=True),),
)
WAVE = Wave(devices=("srv-1",))


@dataclass
class Says:
    """A health source that says what it is given, its devices polled just now."""

    answers: list[Outlook]
    name: str = "test"
    is_live: bool = True
    asked: list[tuple[str, ...]] = field(default_factory=list)
    polled_after: timedelta = timedelta(seconds=1)

    def outlook(self, devices: Iterable[str]) -> Outlook:
        self.asked.append(tuple(devices))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        seen = datetime.now(UTC) + self.polled_after
        devices_now = tuple(one.model_copy(update={"polled_at": seen}) for one in answer.devices)
        return answer.model_copy(update={"devices": devices_now})


class Silent:
    name = "test"
    is_live = True

    def outlook(self, _devices: Iterable[str]) -> Outlook:
        raise HealthError("http://127.0.0.1:1: the monitor does not answer (refused)")


def nobody(_devices: Iterable[str]) -> Mapping[str, str]:
    return {}


def gate(*answers: Outlook, accepted: Accepted | None = None) -> HealthGate:
    return HealthGate(Says(list(answers)), nobody, accepted or Accepted(), patience_s=0.05)


def blocked(one: HealthGate, moment: Moment = "before", wave: Wave = WAVE) -> list[str]:
    return [str(blocker) for blocker in one(1, wave, moment)]


def test_a_well_center_lets_a_wave_pass_before_and_after() -> None:
    one = gate(WELL)
    assert blocked(one) == []
    assert blocked(one, "after") == []


def test_a_monitor_that_does_not_answer_blocks() -> None:
    one = HealthGate(Silent(), nobody, Accepted(), patience_s=0.05)
    (before,) = blocked(one)
    assert "does not answer" in before
    assert "--bootstrap" in before
    (after,) = blocked(one, "after")
    assert "--resume" in after


def test_an_incident_blocks_and_names_who_declared_it() -> None:
    incident = Incident(since=datetime(2026, 3, 1, 12, tzinfo=UTC), by="lead@desk", reason="siege")
    told = blocked(gate(WELL.model_copy(update={"incident": incident})))
    assert told == [
        "incident: lead@desk has declared one since 2026-03-01 12:00 UTC: siege; go on with"
        " --resume when `watchfloor incident end` has been said"
    ]


def test_a_peer_that_is_not_well_blocks_and_is_named() -> None:
    peer = Standing(device="srv-2", monitored=True, silent=True, text="snmp: no answer")
    weak = WELL.model_copy(update={"peers": (peer,), "leans_on": ("cad",)})
    (told,) = blocked(gate(weak))
    assert told == (
        "cad: would lean on srv-2 (snmp: no answer), while srv-1 is changed; mend that first, or"
        " accept it with --accept-outage srv-1"
    )
    assert blocked(gate(weak, accepted=Accepted(outages=frozenset({"srv-1"})))) == []


def test_what_would_be_out_blocks_unless_it_is_accepted() -> None:
    out = WELL.model_copy(update={"takes_out": ("cad",)})
    (told,) = blocked(gate(out))
    assert told.startswith("cad: would be out while srv-1 is changed")
    both = Wave(devices=("srv-1", "srv-9"))
    assert blocked(gate(out, accepted=Accepted(outages=frozenset({"srv-1"}))), wave=both)


def test_what_was_critical_before_the_run_does_not_block_and_what_becomes_so_does() -> None:
    old = CriticalPart(device="ups-a", component="battery:1", text="low")
    new = CriticalPart(device="sw-a", component="fan:2", text="fan has stopped")
    one = gate(
        WELL.model_copy(update={"critical": (old,)}),
        WELL.model_copy(update={"critical": (old, new)}),
    )
    assert blocked(one) == []
    (told,) = blocked(one)
    assert told.startswith("sw-a: fan:2 has become critical since the run began: fan has stopped;")


def test_a_device_that_does_not_come_back_blocks_what_follows() -> None:
    gone = Standing(device="srv-1", monitored=True, silent=True, text="snmp: no answer")
    one = gate(WELL, WELL.model_copy(update={"devices": (gone,)}))
    assert blocked(one) == []
    (told,) = blocked(one, "after")
    assert told.startswith("srv-1: is not well after its change: snmp: no answer;")
    assert "`undo`" in told


def test_a_part_that_was_critical_before_its_change_does_not_stop_what_follows() -> None:
    ill = Standing(device="srv-1", monitored=True, state="critical", text="fan has stopped")
    part = CriticalPart(device="srv-1", component="fan:2")
    one = gate(WELL.model_copy(update={"devices": (ill,), "critical": (part,)}))
    assert blocked(one) == []
    assert blocked(one, "after") == []


def test_a_part_of_the_changed_device_that_becomes_critical_stops_what_follows() -> None:
    part = CriticalPart(device="srv-1", component="disk:1", text="full")
    one = gate(WELL, WELL.model_copy(update={"critical": (part,)}))
    assert blocked(one) == []
    (told,) = blocked(one, "after")
    assert told.startswith("srv-1: disk:1 has become critical")


def test_a_monitor_that_never_settles_is_no_approval() -> None:
    (told,) = blocked(gate(WELL.model_copy(update={"settled": False})))
    assert told.startswith("monitor: does not know every device")


def test_a_poll_is_after_the_change_by_the_monitors_own_clock() -> None:
    """Its clock is an hour ahead of ours; the last poll was a minute before the change."""
    ahead = timedelta(hours=1)
    taken = datetime.now(UTC) + ahead
    source = Says([WELL.model_copy(update={"taken_at": taken})])
    source.polled_after = ahead - timedelta(minutes=1)
    one = HealthGate(source, nobody, Accepted(), patience_s=0.05)
    assert blocked(one) == []
    (told,) = blocked(one, "after")
    assert "has not read it wholly" in told


def test_a_device_that_was_not_read_since_blocks_what_follows() -> None:
    source = Says([WELL], polled_after=timedelta(seconds=-60))
    one = HealthGate(source, nobody, Accepted(), patience_s=0.05)
    assert blocked(one) == []
    (told,) = blocked(one, "after")
    assert "has not read it wholly" in told


def test_a_monitor_that_has_just_started_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.gates.ASK_EVERY_S", 0)
    waited: list[str] = []
    unsettled = WELL.model_copy(update={"settled": False})
    one = replace(gate(unsettled, unsettled, WELL), patience_s=5, say=waited.append)
    assert blocked(one) == []
    assert len(waited) == 2


def test_a_staffed_console_blocks_until_it_is_accepted() -> None:
    def staff(_devices: Iterable[str]) -> Mapping[str, str]:
        return {"con-1": "analyst works there (session 2 on seat0)"}

    wave = Wave(devices=("con-1",))
    one = HealthGate(Says([WELL]), staff, Accepted(), patience_s=0.05)
    assert blocked(one, wave=wave) == [
        "con-1: analyst works there (session 2 on seat0); wait until nobody works there, or name it"
        " with --accept-staffed con-1"
    ]
    one.accepted = Accepted(staffed=frozenset({"con-1"}))
    assert blocked(one, wave=wave) == []


def test_without_a_monitor_nothing_is_waited_for_afterwards() -> None:
    source = Says([WELL.model_copy(update={"settled": False})], name="bootstrap", is_live=False)
    source.polled_after = timedelta(days=-1)
    one = HealthGate(source, nobody, Accepted(), patience_s=60)
    assert (blocked(one), blocked(one, "after")) == ([], [])
    assert len(source.asked) == 2


def test_a_blocker_reads_as_one_line() -> None:
    assert str(Blocker("cad", "is out")) == "cad: is out"

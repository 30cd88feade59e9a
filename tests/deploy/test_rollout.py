"""The rollout's decisions, with a worker that answers as it is told."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pytest

import deploy.rollout
from deploy.access import Access
from deploy.blocker import Blocker, Gate, open_gate
from deploy.failure import Reason
from deploy.messages import AreaDone, Connected, Event, FactsRead, HostDone, HostJob, Job
from deploy.outcome import unproven
from deploy.plan import AreaPlan, HostPlan, Plan, host_plan, make_plan
from deploy.records import AreaResult, HostResult, RunRecord
from deploy.rollout import Order, Rollout
from deploy.survey import Answer
from deploy.waves import Wave
from deploy.way import Target
from deploy.ways import WAYS
from inventory.endpoints import EndpointMap
from inventory.secrets import ResolvedCredential, SecretText
from tests.deploy.hosts import VANTAGE, center, recorded

CENTER = center()
FRESH = recorded("fresh-debian-12")
NOTHING = SecretText("")
CREDENTIAL = ResolvedCredential("deploy", "ssh", "deployer", NOTHING, NOTHING, "", "")
AREAS = ("banner", "time", "accounts", "ssh", "firewall")
ACCESS = Access(CENTER, CREDENTIAL, EndpointMap(), {})


@dataclass
class Worker:
    """Answers each job: every area done, unless a failure is set for `host/area` or `host`."""

    failures: dict[str, Reason] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)

    def run(self, job: Job, on_event: Callable[[Event], None]) -> None:
        self.jobs.append(job)
        for host in job.hosts:
            for event in self._visit(host):
                on_event(event)

    def _visit(self, host: HostJob) -> Iterable[Event]:
        yield Connected(host=host.name, client=VANTAGE.client, port=22, os="debian-12")
        for area in host.areas:
            reason = self.failures.get(f"{host.name}/{area.name}")
            yield AreaDone(host=host.name, area=area.name, reason=reason, changed=len(area.changes))
        yield HostDone(host=host.name, reason=self.failures.get(host.name), message="x", seconds=1)


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    worker = Worker()
    monkeypatch.setattr(deploy.rollout, "run_job", worker.run)
    return worker


def planned(name: str) -> HostPlan:
    answer = Answer(vantage=VANTAGE, os="debian-12", facts=FRESH)
    return host_plan(CENTER, Target(CENTER.devices[name], WAYS["ssh"]), answer, AREAS)


def plan(*hosts: HostPlan, takes_out: tuple[str, ...] = ()) -> Plan:
    names = [host.name for host in hosts]
    return make_plan(
        CENTER, hosts, [Wave(devices=(name,), takes_out=takes_out) for name in names], None
    )


def roll_out(
    drawn: Plan, order: Order | None = None, gate: Gate = open_gate
) -> tuple[RunRecord, list[RunRecord]]:
    kept: list[RunRecord] = []
    rollout = Rollout(
        center=CENTER,
        access=ACCESS,
        plan=drawn,
        order=order or Order("r1", "me@here", "why", "CHG-7"),
        watch=lambda _: None,
        keep=kept.append,
        gate=gate,
    )
    return rollout.run(), kept


def results(record: RunRecord) -> dict[str, HostResult]:
    return {host.host: host for host in record.hosts}


def test_every_wave_is_carried_out_in_its_order_and_recorded(worker: Worker) -> None:
    record, kept = roll_out(plan(planned("web-1"), planned("web-2")))
    assert [[host.name for host in job.hosts] for job in worker.jobs] == [["web-1"], ["web-2"]]
    assert (record.state, record.why, record.ticket) == ("done", "why", "CHG-7")
    assert record.hosts[0].device_id == "id-web-1"
    assert [one.state for one in kept] == ["running", "running", "running", "done"]


@pytest.mark.parametrize("where", ["web-1", "web-1/banner"])
def test_after_a_failure_no_further_wave_starts(worker: Worker, where: str) -> None:
    worker.failures[where] = Reason.DISK_FULL
    record, _ = roll_out(plan(planned("web-1"), planned("web-2")))
    assert len(worker.jobs) == 1
    assert record.state == "failed"
    left = results(record)["web-2"]
    assert (left.wave, left.reason) == (0, Reason.STOPPED)
    assert left.message == "not begun, because wave 1 failed"


def test_a_host_that_could_not_be_read_stops_the_rollout_at_its_wave(worker: Worker) -> None:
    lost = HostPlan(name="web-2", device="web-2", reason=Reason.UNREACHABLE, message="gone")
    record, _ = roll_out(plan(planned("web-1"), lost))
    assert results(record)["web-1"].reason is None
    assert results(record)["web-2"].message == "gone"
    assert record.state == "failed"


def test_a_refused_area_takes_those_behind_it_along_and_no_others(worker: Worker) -> None:
    host = planned("web-1")
    areas = tuple(
        area.model_copy(update={"refusal": "no"}) if area.area == "accounts" else area
        for area in host.areas
    )
    record, _ = roll_out(plan(host.model_copy(update={"areas": areas})))
    assert [area.name for area in worker.jobs[0].hosts[0].areas] == ["banner", "time"]
    found = {area.area: area.reason for area in results(record)["web-1"].areas}
    assert found["accounts"] is Reason.REFUSED
    assert found["ssh"] is found["firewall"] is Reason.DEPENDENCY
    assert found["banner"] is found["time"] is None


def test_what_takes_something_out_is_done_only_when_accepted(worker: Worker) -> None:
    drawn = plan(planned("web-1"), takes_out=("video-wall",))
    record, _ = roll_out(drawn)
    assert worker.jobs == []
    assert "--accept-outage web-1" in results(record)["web-1"].message
    record, _ = roll_out(drawn, Order("r2", "me@here", accepted_outages=frozenset({"web-1"})))
    assert record.state == "done"


def test_what_was_only_rendered_is_changed_when_somebody_accepts_it(worker: Worker) -> None:
    unproved = planned("web-1").model_copy(update={"proof": "rendered, not proved"})
    drawn = plan(unproved, planned("web-2"))
    record, _ = roll_out(drawn)
    assert "--accept-unproved web-1" in results(record)["web-1"].message
    # It was not touched, so the others need not wait for it.
    assert results(record)["web-2"].reason is None
    assert record.state == "failed"
    record, _ = roll_out(drawn, Order("r2", "me@here", accepted_unproved=frozenset({"web-1"})))
    assert record.state == "done"


def test_what_cuts_the_management_path_needs_a_second_approval(worker: Worker) -> None:
    host = planned("web-1")
    areas = tuple(
        area.model_copy(update={"cuts": ("no ip address",)}) if area.area == "ssh" else area
        for area in host.areas
    )
    drawn = plan(host.model_copy(update={"areas": areas}))
    record, _ = roll_out(drawn)
    found = {area.area: area for area in results(record)["web-1"].areas}
    assert found["ssh"].reason is Reason.REFUSED
    assert "(no ip address)" in found["ssh"].message
    assert "--approve-cut web-1" in found["ssh"].message
    assert found["banner"].reason is None
    record, _ = roll_out(drawn, Order("r2", "me@here", approved_cuts=frozenset({"web-1"})))
    assert record.state == "done"


@pytest.mark.parametrize(
    ("moment", "begun"), [("before", []), ("after", ["web-1"])], ids=["before", "after"]
)
def test_a_gate_that_is_shut_ends_the_rollout(
    worker: Worker, moment: str, begun: list[str]
) -> None:
    asked: list[tuple[int, tuple[str, ...], str]] = []

    def gate(number: int, wave: Wave, when: str) -> tuple[Blocker, ...]:
        asked.append((number, wave.devices, when))
        return (Blocker("fw-b", "is critical; repair it"),) if when == moment else ()

    record, _ = roll_out(plan(planned("web-1"), planned("web-2")), gate=gate)
    assert [host.name for job in worker.jobs for host in job.hosts] == begun
    assert asked[-1] == (1, ("web-1",), moment)
    assert record.state == "stopped"
    assert record.blockers == (f"{moment} wave 1: fw-b: is critical; repair it",)
    left = results(record)["web-2"]
    assert (left.reason, left.wave) == (Reason.GATE, 0)
    assert left.message == record.blockers[0]


def test_all_targets_of_a_device_are_in_its_wave(worker: Worker) -> None:
    bmc = planned("web-1").model_copy(update={"name": "web-1/bmc"})
    drawn = make_plan(CENTER, [planned("web-1"), bmc], [Wave(devices=("web-1",))], None)
    record, _ = roll_out(drawn)
    assert [(h.host, h.device, h.wave) for h in record.hosts] == [
        ("web-1", "web-1", 1),
        ("web-1/bmc", "web-1", 1),
    ]


def test_what_nothing_repairs_is_not_called_done(worker: Worker) -> None:
    area = AreaPlan(area="ssh", unmet=("sshd -T says otherwise",))
    record, _ = roll_out(plan(HostPlan(name="web-1", device="web-1", areas=(area,))))
    assert results(record)["web-1"].areas[0].reason is Reason.NOT_PROVEN
    assert record.state == "failed"


def test_what_is_done_and_still_differs_is_not_proven() -> None:
    areas = {
        "ssh": AreaResult(area="ssh", changed=2),
        "time": AreaResult(area="time", changed=1),
        "banner": AreaResult(area="banner", reason=Reason.DISK_FULL, message="full"),
    }
    found = unproven(areas, {"ssh": ("reload ssh.service",), "banner": ("change /etc/issue",)})
    assert found["ssh"].reason is Reason.NOT_PROVEN
    assert "reload ssh.service" in found["ssh"].message
    assert found["time"].reason is None
    assert found["banner"].reason is Reason.DISK_FULL


def test_a_second_reading_that_cannot_be_read_proves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def run(job: Job, on_event: Callable[[Event], None]) -> None:
        on_event(Connected(host="web-1", client="10.9.0.5", port=22, os="debian-12"))
        on_event(AreaDone(host="web-1", area="banner", changed=2))
        on_event(FactsRead(host="web-1", when="after", output="garbage"))
        on_event(HostDone(host="web-1"))

    monkeypatch.setattr(deploy.rollout, "run_job", run)
    record, _ = roll_out(plan(planned("web-1")))
    assert record.hosts[0].areas[0].reason is Reason.NOT_PROVEN


def test_ctrl_c_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(job: Job, on_event: Callable[[Event], None]) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(deploy.rollout, "run_job", run)
    with pytest.raises(KeyboardInterrupt):
        roll_out(plan(planned("web-1")))

"""Carries a plan out by waves: a failed host lets its wave finish and starts no further one."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from secrets import token_hex
from typing import Literal

from deploy.access import Access
from deploy.area import Vantage
from deploy.blocker import Gate, Moment, open_gate
from deploy.controller import run_job
from deploy.failure import Reason
from deploy.jobs import make_job
from deploy.messages import Connected, Event, FactsRead, HostJob, Job
from deploy.operations.journal import DEAD_MAN_S
from deploy.outcome import Progress, planned_targets, unproven
from deploy.plan import AreaPlan, HostPlan, Plan, remaining
from deploy.reading import facts_in
from deploy.records import HostResult, RunKind, RunRecord
from deploy.secret_box import check_quotable
from deploy.waves import Wave
from deploy.way import Target
from deploy.ways import WAYS
from inventory.errors import WatchfloorError
from inventory.facts.area import FactError
from inventory.facts.collect import HostFacts
from inventory.model import Center


@dataclass(frozen=True, slots=True)
class Order:
    """Who asks for what, and what they accept."""

    run: str
    owner: str
    why: str = ""
    ticket: str = ""
    accepted_outages: frozenset[str] = frozenset()
    """Devices that may be changed although something is out meanwhile."""
    accepted_unproved: frozenset[str] = frozenset()
    """Devices that may be changed although no such device was ever deployed so."""
    approved_cuts: frozenset[str] = frozenset()
    """Devices whose management path may be cut."""
    dead_man_s: int = DEAD_MAN_S
    health: str = ""
    """Who says how the center is, for the record."""
    kind: RunKind = "apply"
    undoes: str = ""
    resumes: str = ""
    plan_hash: str = ""
    """Of the run that this one resumes; the plan's own when empty."""
    program: str = ""
    """The version of the program."""


Prove = Callable[[HostPlan, Target, HostFacts, Vantage], Mapping[str, tuple[str, ...]]]
"""Area -> what is still not as it should be after the changes; clean areas may be left out."""


@dataclass(slots=True)
class Rollout:
    """One run of one plan."""

    center: Center
    access: Access
    plan: Plan
    order: Order
    watch: Callable[[Event], None]
    keep: Callable[[RunRecord], None]
    """Called with the record at the beginning, after each wave and at the end."""
    gate: Gate = open_gate
    prove: Prove | None = None
    """The second reading's judge; as wanted by the inventory when there is none."""
    results: dict[str, HostResult] = field(default_factory=dict)
    """By target."""
    blockers: tuple[str, ...] = ()
    salt: str = field(default_factory=lambda: token_hex(16))
    """For the digests of secrets that hosts keep."""

    def run(self) -> RunRecord:
        """Everything; the record that it returns is the last one kept."""
        record = self._record()
        self.keep(record)
        try:
            self._waves(record)
        except KeyboardInterrupt:
            self.keep(self._finished(record, "stopped"))
            raise
        record = self._finished(record, self._end)
        self.keep(record)
        return record

    @property
    def _end(self) -> Literal["done", "failed", "stopped"]:
        if self.blockers:
            return "stopped"
        failed = any(result.failed for result in self.results.values())
        return "failed" if failed else "done"

    def _waves(self, record: RunRecord) -> None:
        for number, wave in enumerate(self.plan.waves, start=1):
            if self._is_blocked(number, wave, "before"):
                self._leave(self.plan.waves[number - 1 :], Reason.GATE, "; ".join(self.blockers))
                return
            may_go_on = self._wave(number, wave)
            self.keep(self._finished(record, "running"))
            rest = self.plan.waves[number:]
            if not may_go_on:
                self._leave(rest, Reason.STOPPED, f"not begun, because wave {number} failed")
                return
            if self._is_blocked(number, wave, "after"):
                self._leave(rest, Reason.GATE, "; ".join(self.blockers))
                return

    def _is_blocked(self, number: int, wave: Wave, moment: Moment) -> bool:
        found = self.gate(number, wave, moment)
        self.blockers = tuple(f"{moment} wave {number}: {blocker}" for blocker in found)
        return bool(found)

    def _wave(self, number: int, wave: Wave) -> bool:
        """Whether the next wave may start: whoever was begun has not failed."""
        plans = self.plan.targets(wave)
        refusals = {plan.name: why for plan in plans if (why := self._refusal(plan, wave))}
        running = {plan.name: self._begin(plan) for plan in plans if plan.name not in refusals}
        jobs = [self._job_of(progress) for progress in running.values()]
        todo = [(target, job) for target, job in jobs if job is not None and job.areas]
        if todo:
            run_job(self._job(todo), lambda event: self._take(running[event.host], event))
        for plan in plans:
            progress = running.get(plan.name) or Progress(
                plan, self._target(plan), reason=Reason.REFUSED, message=refusals[plan.name]
            )
            self.results[plan.name] = progress.result(number)
        return not any(self.results[name].failed for name in running)

    def _refusal(self, plan: HostPlan, wave: Wave) -> str:
        """Why nothing on this target is begun without somebody's word; empty when it may be."""
        if wave.takes_out and plan.device not in self.order.accepted_outages:
            out = ", ".join(wave.takes_out)
            return (
                f"while it is changed, {out} is out; accept that with --accept-outage {plan.device}"
            )
        if plan.proof and plan.changes and plan.device not in self.order.accepted_unproved:
            return (
                f"{plan.proof}: look at its plan, and accept it with"
                f" --accept-unproved {plan.device}"
            )
        return ""

    def _begin(self, plan: HostPlan) -> Progress:
        progress = Progress(plan, self._target(plan), reason=plan.reason, message=plan.message)
        for area in plan.areas:
            if refusal := self._area_refusal(plan, area):
                progress.fail(area.area, Reason.REFUSED, refusal)
            elif area.unmet and not area.changes:
                progress.fail(area.area, Reason.NOT_PROVEN, "; ".join(area.unmet))
        return progress

    def _area_refusal(self, plan: HostPlan, area: AreaPlan) -> str:
        if area.refusal or not area.cuts or plan.device in self.order.approved_cuts:
            return area.refusal
        return (
            f"it would cut the management path ({'; '.join(area.cuts)}); see to another way in, and"
            f" approve it with --approve-cut {plan.device}"
        )

    def _target(self, plan: HostPlan) -> Target:
        return Target(self.center.devices[plan.device], WAYS[plan.way])

    def _job_of(self, progress: Progress) -> tuple[Target, HostJob | None]:
        """The target with the areas that may be begun; the others have their results already."""
        target = progress.target
        if progress.reason is not None:
            return target, None
        jobs = tuple(area.job() for area in self._ready(progress))
        try:
            host = target.way.host_job(self.access, target.device)
            if any(job.signs for job in jobs):
                host = host.model_copy(update={"authority_key": self.access.authority_key()})
            names = {name for job in jobs for change in job.changes for name in change.secrets}
            secrets = self.access.box(target.device).values(sorted(names))
            check_quotable((change for job in jobs for change in job.changes), secrets)
            parcels = self.access.parcels(
                digest for job in jobs for change in job.changes for digest in change.parcels
            )
        except WatchfloorError as error:
            progress.reason, progress.message = Reason.CREDENTIAL, str(error)
            return target, None
        known = {**host.secrets, **secrets}
        has = {"areas": jobs, "secrets": known, "parcels": parcels}
        return target, host.model_copy(update=has)

    def _ready(self, progress: Progress) -> list[AreaPlan]:
        ready: list[AreaPlan] = []
        for area in progress.plan.areas:
            behind = [name for name in area.after if name in progress.areas]
            if not area.changes or area.area in progress.areas:
                continue
            if behind:
                message = f"not begun, because {', '.join(behind)} failed"
                progress.fail(area.area, Reason.DEPENDENCY, message)
            else:
                ready.append(area)
        return ready

    def _job(self, todo: Iterable[tuple[Target, HostJob]]) -> Job:
        return make_job(
            "apply",
            self.center,
            todo,
            run=self.order.run,
            owner=self.order.owner,
            read_timeout_s=self.access.read_timeout_s,
            areas=self.plan.areas,
            dead_man_s=self.order.dead_man_s,
            salt=self.salt,
        )

    def _take(self, progress: Progress, event: Event) -> None:
        if isinstance(event, Connected):
            device = progress.target.device
            progress.vantage = self.access.vantage(device, event.client, event.port)
        elif isinstance(event, FactsRead) and event.when == "after":
            self._prove(progress, event.output)
        progress.take(event)
        self.watch(event)

    def _prove(self, progress: Progress, output: str) -> None:
        """What was changed has to be as wanted now, by the same reading that found it wanting."""
        if progress.vantage is None:
            return
        prove = self.prove or self._as_wanted
        try:
            left = prove(progress.plan, progress.target, facts_in(output), progress.vantage)
        except FactError as error:
            left = dict.fromkeys(progress.areas, (str(error),))
        progress.areas = unproven(progress.areas, left)

    def _as_wanted(
        self, _plan: HostPlan, target: Target, facts: HostFacts, vantage: Vantage
    ) -> Mapping[str, tuple[str, ...]]:
        return remaining(self.center, target, facts, vantage, self.plan.areas)

    def _leave(self, waves: Iterable[Wave], reason: Reason, message: str) -> None:
        for plan in (plan for wave in waves for plan in self.plan.targets(wave)):
            progress = Progress(plan, self._target(plan), reason=reason, message=message)
            self.results[plan.name] = progress.result(0)

    def _record(self) -> RunRecord:
        order = self.order
        return RunRecord(
            run=order.run,
            kind=order.kind,
            undoes=order.undoes,
            resumes=order.resumes,
            program=order.program,
            center=self.center.name,
            inventory=self.plan.inventory,
            areas=self.plan.areas,
            login=self.plan.login,
            actor=order.owner,
            why=order.why,
            ticket=order.ticket,
            plan_hash=order.plan_hash or self.plan.hash,
            health=order.health,
            began=datetime.now(UTC),
            planned=planned_targets(self.center, self.plan),
        )

    def _finished(
        self, record: RunRecord, state: Literal["running", "done", "failed", "stopped"]
    ) -> RunRecord:
        ended = None if state == "running" else datetime.now(UTC)
        hosts = tuple(self.results.values())
        return record.model_copy(
            update={"state": state, "ended": ended, "hosts": hosts, "blockers": self.blockers}
        )

"""Carries a plan out by waves: a failed host lets its wave finish and starts no further one."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from deploy.access import Access
from deploy.area import Vantage
from deploy.controller import run_job
from deploy.desired import reading_script
from deploy.failure import Reason
from deploy.messages import AreaDone, Connected, Event, FactsRead, HostDone, HostJob, Job
from deploy.operations.journal import DEAD_MAN_S
from deploy.plan import AreaPlan, HostPlan, Plan, remaining
from deploy.records import AreaResult, HostResult, RunRecord
from deploy.waves import Wave
from inventory.facts.area import FactError
from inventory.facts.collect import host_facts
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
    dead_man_s: int = DEAD_MAN_S


@dataclass(slots=True)
class _Progress:
    """What is known of one host while its wave runs."""

    plan: HostPlan
    vantage: Vantage | None = None
    areas: dict[str, AreaResult] = field(default_factory=dict)
    reason: Reason | None = None
    message: str = ""
    seconds: float = 0


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
    results: dict[str, HostResult] = field(default_factory=dict)

    def run(self) -> RunRecord:
        """Everything; the record that it returns is the last one kept."""
        record = self._record()
        self.keep(record)
        try:
            self._waves(record)
        except KeyboardInterrupt:
            self.keep(self._finished(record, "stopped"))
            raise
        failed = any(result.failed for result in self.results.values())
        record = self._finished(record, "failed" if failed else "done")
        self.keep(record)
        return record

    def _waves(self, record: RunRecord) -> None:
        for number, wave in enumerate(self.plan.waves, start=1):
            self._wave(number, wave)
            self.keep(self._finished(record, "running"))
            if any(self.results[name].failed for name in wave.devices):
                self._leave(self.plan.waves[number:], f"not begun, because wave {number} failed")
                return

    def _wave(self, number: int, wave: Wave) -> None:
        refused = [d for d in wave.devices if wave.takes_out and d not in self._accepted]
        for name in refused:
            out = ", ".join(wave.takes_out)
            self.results[name] = self._result(
                number,
                _Progress(
                    self.plan.host(name),
                    reason=Reason.REFUSED,
                    message=f"while it is changed, {out} is out; accept that with"
                    f" --accept-outage {name}",
                ),
            )
        names = [name for name in wave.devices if name not in refused]
        running = {name: self._begin(name) for name in names}
        targets = [self._target(progress) for progress in running.values()]
        todo = tuple(target for target in targets if target.areas)
        if todo:
            run_job(self._job(todo), lambda event: self._take(running[event.host], event))
        for name, progress in running.items():
            self.results[name] = self._result(number, progress)

    @property
    def _accepted(self) -> frozenset[str]:
        return self.order.accepted_outages

    def _begin(self, name: str) -> _Progress:
        plan = self.plan.host(name)
        progress = _Progress(plan, reason=plan.reason, message=plan.message)
        for area in plan.areas:
            if area.refusal:
                progress.areas[area.area] = AreaResult(
                    area=area.area, reason=Reason.REFUSED, message=area.refusal
                )
            elif area.unmet and not area.changes:
                progress.areas[area.area] = AreaResult(
                    area=area.area, reason=Reason.NOT_PROVEN, message="; ".join(area.unmet)
                )
        return progress

    def _target(self, progress: _Progress) -> HostJob:
        """The host with the areas that may be begun; the others have their results already."""
        if progress.reason is not None:
            return self._host(progress.plan.name)
        ready: list[AreaPlan] = []
        for area in progress.plan.areas:
            behind = [name for name in area.after if name in progress.areas]
            if not area.can_be_done:
                continue
            if behind:
                progress.areas[area.area] = AreaResult(
                    area=area.area,
                    reason=Reason.DEPENDENCY,
                    message=f"not begun, because {', '.join(behind)} failed",
                )
            else:
                ready.append(area)
        jobs = tuple(area.job() for area in ready)
        return self._host(progress.plan.name).model_copy(update={"areas": jobs})

    def _host(self, name: str) -> HostJob:
        return self.access.host(self.center.devices[name])

    def _job(self, targets: tuple[HostJob, ...]) -> Job:
        return Job(
            mode="apply",
            run=self.order.run,
            owner=self.order.owner,
            script=reading_script(
                self.center,
                (self.center.devices[target.name] for target in targets),
                self.plan.areas,
            ),
            hosts=targets,
            dead_man_s=self.order.dead_man_s,
        )

    def _take(self, progress: _Progress, event: Event) -> None:
        if isinstance(event, Connected):
            login = self.access.login or self.access.admin
            progress.vantage = Vantage(event.client, event.port, login, self.access.admin)
        elif isinstance(event, AreaDone):
            progress.areas[event.area] = AreaResult(
                area=event.area,
                changed=event.changed,
                reason=event.reason,
                message=event.message,
                restored=event.restored,
            )
        elif isinstance(event, FactsRead) and event.when == "after":
            self._prove(progress, event.output)
        elif isinstance(event, HostDone):
            progress.reason, progress.message = event.reason, event.message
            progress.seconds = event.seconds
        self.watch(event)

    def _prove(self, progress: _Progress, output: str) -> None:
        """What was changed has to be as wanted now, by the same reading that found it wanting."""
        if progress.vantage is None:
            return
        device = self.center.devices[progress.plan.name]
        try:
            left = remaining(
                self.center, device, host_facts(output), progress.vantage, self.plan.areas
            )
        except FactError as error:
            left = dict.fromkeys(progress.areas, (str(error),))
        progress.areas = unproven(progress.areas, left)

    def _leave(self, waves: Iterable[Wave], message: str) -> None:
        for name in (name for wave in waves for name in wave.devices):
            progress = _Progress(self.plan.host(name), reason=Reason.STOPPED, message=message)
            self.results[name] = self._result(0, progress)

    def _result(self, wave: int, progress: _Progress) -> HostResult:
        order = {area.area: number for number, area in enumerate(progress.plan.areas)}
        return HostResult(
            host=progress.plan.name,
            device_id=self.center.devices[progress.plan.name].id,
            wave=wave,
            reason=progress.reason,
            message=progress.message,
            areas=tuple(sorted(progress.areas.values(), key=lambda area: order[area.area])),
            seconds=progress.seconds,
        )

    def _record(self) -> RunRecord:
        return RunRecord(
            run=self.order.run,
            center=self.center.name,
            actor=self.order.owner,
            why=self.order.why,
            ticket=self.order.ticket,
            plan_hash=self.plan.hash,
            began=datetime.now(UTC),
        )

    def _finished(
        self, record: RunRecord, state: Literal["running", "done", "failed", "stopped"]
    ) -> RunRecord:
        ended = None if state == "running" else datetime.now(UTC)
        hosts = tuple(self.results.values())
        return record.model_copy(update={"state": state, "ended": ended, "hosts": hosts})


def unproven(
    areas: Mapping[str, AreaResult], left: Mapping[str, tuple[str, ...]]
) -> dict[str, AreaResult]:
    """The results, where areas that were done and are still not clean have failed. Pure."""
    return {
        name: result.model_copy(
            update={
                "reason": Reason.NOT_PROVEN,
                "message": f"done, and the host still says otherwise: {'; '.join(left[name])}",
            }
        )
        if result.reason is None and left.get(name)
        else result
        for name, result in areas.items()
    }

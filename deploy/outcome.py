"""What becomes of one target while its wave runs: from the worker's events to its result. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from deploy.area import Vantage
from deploy.bmc_change import BmcUserChange
from deploy.change import Change, LinesChange, PackageChange, Reversible
from deploy.digest import digest
from deploy.failure import Reason
from deploy.live_change import PurgeChange
from deploy.messages import AreaDone, Event, HostDone
from deploy.plan import HostPlan, Plan
from deploy.records import AreaResult, HostResult, PlannedArea, PlannedTarget
from deploy.way import Target
from inventory.model import Center

KEPT = (PackageChange, PurgeChange)
"""What no undo takes back."""


@dataclass(slots=True)
class Progress:
    """What is known of one target so far."""

    plan: HostPlan
    target: Target
    vantage: Vantage | None = None
    areas: dict[str, AreaResult] = field(default_factory=dict)
    reason: Reason | None = None
    message: str = ""
    seconds: float = 0

    def take(self, event: Event) -> None:
        """Notes how an area or the whole target came to its end."""
        if isinstance(event, AreaDone):
            self.areas[event.area] = AreaResult(
                area=event.area,
                changed=event.changed,
                reason=event.reason,
                message=event.message,
                restored=event.restored,
                seconds=event.seconds,
            )
        elif isinstance(event, HostDone):
            self.reason, self.message = event.reason, event.message
            self.seconds = event.seconds

    def fail(self, area: str, reason: Reason, message: str) -> None:
        """Notes an area that is not begun."""
        self.areas[area] = AreaResult(area=area, reason=reason, message=message)

    def result(self, wave: int) -> HostResult:
        """For the record; `wave` is 0 for a target that no wave reached."""
        order = {area.area: number for number, area in enumerate(self.plan.areas)}
        return HostResult(
            host=self.plan.name,
            device=self.plan.device,
            device_id=self.target.device.id,
            wave=wave,
            reason=self.reason,
            message=self.message,
            areas=tuple(sorted(self.areas.values(), key=lambda area: order[area.area])),
            seconds=self.seconds,
        )


def unproven(
    areas: Mapping[str, AreaResult], left: Mapping[str, tuple[str, ...]]
) -> dict[str, AreaResult]:
    """The results, where areas that were done and have something left have failed."""
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


def planned_targets(center: Center, plan: Plan) -> tuple[PlannedTarget, ...]:
    """What the plan sets out to do, for the record."""
    return tuple(
        PlannedTarget(
            host=host.name,
            device_id=center.devices[host.device].id,
            way=host.way,
            wave=number,
            areas=tuple(
                PlannedArea(
                    area=area.area,
                    changes=len(area.changes),
                    kept=tuple(_kept(area.changes)),
                    facts=area.facts,
                    wants=digest(area.changes),
                    back=tuple(_back(area.changes)),
                )
                for area in host.areas
                if area.can_be_done
            ),
        )
        for number, wave in enumerate(plan.waves, start=1)
        for host in plan.targets(wave)
    )


def _kept(changes: Iterable[Change]) -> Iterator[str]:
    """What an undo leaves as it is."""
    for change in changes:
        if isinstance(change, KEPT):
            yield change.title
        elif isinstance(change, LinesChange):
            yield from (f"the old line is not known: {line}" for line in change.lost)
        elif isinstance(change, BmcUserChange):
            yield from change.lost


def _back(changes: Sequence[Change]) -> Iterator[Reversible]:
    for change in reversed(changes):
        back = change.taken_back() if isinstance(change, Reversible) else None
        if back is not None:
            yield back

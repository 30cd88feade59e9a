"""An undo as a plan: what a run changed, taken back area by area and wave by wave in reverse. Pure.

Each target's journal on the host knows what was replaced; the run's record knows which facts were
read before it, and they have to be read again afterwards.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from deploy.area import Vantage
from deploy.digest import digest
from deploy.failure import Reason
from deploy.network.cuts import cuts_of
from deploy.network.intended import gear_intent, is_gear
from deploy.plan import AreaPlan, HostPlan, Plan, make_plan
from deploy.reading import fact_digest
from deploy.records import (
    AreaResult,
    HostResult,
    PlannedArea,
    PlannedTarget,
    RunRecord,
)
from deploy.undo_change import UndoChange
from deploy.waves import waves
from deploy.way import Target, Way
from deploy.ways import WAYS
from inventory.errors import WatchfloorError
from inventory.facts.area import FactError
from inventory.facts.collect import HostFacts
from inventory.model import Center, Device

NEVER_BEGUN = frozenset(Reason) - {
    Reason.TIMEOUT,
    Reason.CONNECTION_LOST,
    Reason.STOPPED,
    Reason.LOCKED_OUT,
    Reason.DISK_FULL,
    Reason.READ_ONLY,
    Reason.NOT_PROVEN,
    Reason.FAILED,
    Reason.INTERNAL,
}
"""Why a target or an area failed before anything of it was changed."""


class UndoError(WatchfloorError):
    """A run that cannot be undone so."""


@dataclass(frozen=True, slots=True)
class Undo:
    """What is taken back of one run."""

    center: Center
    record: RunRecord
    plan: Plan

    @property
    def kept(self) -> tuple[str, ...]:
        """What stays as the run made it, one line each."""
        planned = {target.host: target for target in self.record.planned}
        return tuple(
            f"{host.name}: {area.area}: {title}"
            for host in self.plan.hosts
            for area in host.areas
            for title in _area(planned[host.name], area.area).kept
        )

    @property
    def cuts(self) -> tuple[str, ...]:
        """What would cut the path by which gear is managed, one line each."""
        return tuple(
            f"{host.name}: {area.area}: {cut}"
            for host in self.plan.hosts
            for area in host.areas
            for cut in area.cuts
        )

    def unlike_before(
        self, plan: HostPlan, target: Target, facts: HostFacts, vantage: Vantage
    ) -> Mapping[str, tuple[str, ...]]:
        """A `deploy.rollout.Prove`: area -> what is not as it was before the run.

        An area is as before when its facts are, or when it would be changed in just the same way
        again: a package that stays has brought an account, which are other facts.
        """
        planned = next(target for target in self.record.planned if target.host == plan.name)
        undone = {area.area for area in plan.areas}
        excused = {
            fact
            for area in planned.areas
            if area.kept or area.area not in undone
            for fact in area.facts
        }
        again = self._wants(target, facts, vantage, undone)
        return {
            area.area: tuple(_unlike(area, facts, excused))
            for area in planned.areas
            if area.area in undone and again.get(area.area) != area.wants
        }

    def _wants(
        self, target: Target, facts: HostFacts, vantage: Vantage, areas: Collection[str]
    ) -> Mapping[str, str]:
        """What the areas would change now; of no use when the inventory wants something else."""
        if self.record.inventory != self.plan.inventory:
            return {}
        found = target.way.differences(self.center, target.device, facts, vantage, areas)
        return {name: digest(difference.changes) for name, difference in found.items()}


def draw_undo(
    center: Center,
    record: RunRecord,
    earlier: Iterable[RunRecord],
    *,
    devices: Collection[str] = (),
    areas: Collection[str] = (),
    login: str | None = None,
) -> Undo:
    """What undoes the run, for these devices and areas or for all of them.

    `earlier` are the undos of it that there have been. Raises `UndoError`.
    """
    back = _taken_back(record, earlier)
    by_id = {device.id: device for device in center.devices.values()}
    hosts: dict[str, HostPlan] = {}
    for planned in record.planned:
        wanted = _wanted(record, planned, areas, back)
        if wanted and (not devices or _is_among(planned, devices)):
            plan = _host_plan(by_id, record, planned, wanted)
            hosts[planned.host] = _with_cuts(center, plan, login or "")
    if not hosts:
        raise UndoError(f"{record.run}: there is nothing left of it to undo there")
    ordered = [
        wave
        for number in sorted({target.wave for target in record.planned}, reverse=True)
        for wave in waves(center, _devices(record, hosts, number), canary=False)
    ]
    return Undo(center, record, make_plan(center, hosts.values(), ordered, login, areas))


def _devices(record: RunRecord, hosts: Mapping[str, HostPlan], wave: int) -> list[str]:
    return [
        hosts[target.host].device
        for target in record.planned
        if target.wave == wave and target.host in hosts
    ]


def _is_among(planned: PlannedTarget, devices: Collection[str]) -> bool:
    return planned.host in devices or planned.host.partition("/")[0] in devices


def _host_plan(
    devices: Mapping[str, Device],
    record: RunRecord,
    planned: PlannedTarget,
    areas: Sequence[tuple[PlannedArea, bool]],
) -> HostPlan:
    device, way = devices.get(planned.device_id), WAYS.get(planned.way)
    if device is None or way is None or not way.UNDOES:
        why = "is no longer in the inventory" if device is None else "keeps nothing to undo it by"
        raise UndoError(f"{planned.host}: {why}; name the other devices with --device")
    names = [area.area for area, _ in areas]
    return HostPlan(
        name=planned.host,
        device=device.name,
        way=planned.way,
        areas=tuple(
            AreaPlan(
                area=area.area,
                changes=area.back
                or (UndoChange(run=record.run, area=area.area, is_certain=is_certain),),
                after=tuple(name for name in names if area.area in _after(way, name)),
                risky=area.area in way.AREAS and way.AREAS[area.area].RISKY,
            )
            for area, is_certain in reversed(areas)
        ),
    )


def _with_cuts(center: Center, plan: HostPlan, login: str) -> HostPlan:
    """The plan with the lines that would cut the path by which gear is managed."""
    device = center.devices[plan.device]
    if not is_gear(device):
        return plan
    intent = gear_intent(center, device)
    return plan.model_copy(
        update={
            "areas": tuple(
                area.model_copy(update={"cuts": cuts_of(intent, area.changes, login)})
                for area in plan.areas
            )
        }
    )


def _after(way: Way, area: str) -> tuple[str, ...]:
    return way.AREAS[area].AFTER if area in way.AREAS else ()


def _wanted(
    record: RunRecord,
    planned: PlannedTarget,
    areas: Collection[str],
    back: Collection[tuple[str, str]],
) -> list[tuple[PlannedArea, bool]]:
    """The areas that the run may have changed, and whether it is known to have."""
    result = next((host for host in record.hosts if host.host == planned.host), None)
    return [
        (area, is_certain)
        for area in planned.areas
        if (not areas or area.area in areas) and (planned.host, area.area) not in back
        for is_begun, is_certain in (_begun(result, area.area),)
        if is_begun
    ]


def _begun(result: HostResult | None, area: str) -> tuple[bool, bool]:
    """Whether the area may have been begun, and whether it certainly was done."""
    if result is None:  # the controller was killed before it could say
        return True, False
    found = next((one for one in result.areas if one.area == area), None)
    if found is not None:
        is_begun = found.changed > 0 or found.reason not in NEVER_BEGUN
        return not found.restored and is_begun, _is_done(found)
    return result.wave > 0 and result.reason not in NEVER_BEGUN | {None}, False


def _is_done(area: AreaResult) -> bool:
    return area.changed > 0 and area.reason in (None, Reason.NOT_PROVEN)


def _taken_back(record: RunRecord, earlier: Iterable[RunRecord]) -> set[tuple[str, str]]:
    return {
        (host.host, area.area)
        for undo in earlier
        if undo.kind == "undo" and undo.undoes == record.run
        for host in undo.hosts
        for area in host.areas
        if area.reason is None and area.changed
    }


def _area(planned: PlannedTarget, name: str) -> PlannedArea:
    return next(area for area in planned.areas if area.area == name)


def _unlike(area: PlannedArea, facts: HostFacts, excused: Collection[str]) -> Iterator[str]:
    for name, wanted in area.facts.items():
        if name in excused:
            continue
        try:
            same = fact_digest(facts, name) == wanted
        except FactError as error:
            yield str(error)
            continue
        if not same:
            yield f"its {name} facts are not those from before the run"

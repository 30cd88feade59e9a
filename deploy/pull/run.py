"""What a host would change on itself, and what of that it may: a plan of one host."""

from collections.abc import Callable

from deploy.change import CertificateChange
from deploy.messages import Event
from deploy.plan import AreaPlan, HostPlan, Plan, host_plan
from deploy.planning import arrange
from deploy.pull.access import LEFT, LocalAccess
from deploy.pull.bundle import PULLED, Bundle
from deploy.survey import survey
from deploy.way import Target
from deploy.ways import WAYS


def pull_plan(
    bundle: Bundle, access: LocalAccess, *, run: str, owner: str, watch: Callable[[Event], None]
) -> Plan:
    """Reads this host and plans the areas that a host may change by itself."""
    target = Target(bundle.center.devices[bundle.host], WAYS["ssh"])
    answers = survey(access, [target], run=run, owner=owner, watch=watch, areas=PULLED)
    found = host_plan(bundle.center, target, answers[target.name], PULLED)
    return arrange(bundle.center, [without_left(found)], None, PULLED)


def without_left(found: HostPlan) -> HostPlan:
    """Without the areas that are left to push, and those behind them. Pure."""
    left: set[str] = set()
    kept: list[AreaPlan] = []
    for area in found.areas:
        if _is_left(area) or left & set(area.after):
            left.add(area.area)
        else:
            kept.append(area)
    return found.model_copy(update={"areas": tuple(kept)})


def _is_left(area: AreaPlan) -> bool:
    signed = any(isinstance(change, CertificateChange) for change in area.changes)
    secret = any(change.secrets for change in area.changes)
    return signed or secret or LEFT in area.unmet

"""Draws up a plan: reads the hosts, compares, and orders what would change into waves."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from deploy.access import Access
from deploy.messages import Event
from deploy.plan import HostPlan, Plan, host_plan, make_plan
from deploy.survey import Answer, survey
from deploy.targets import targets
from deploy.waves import MOST, waves
from inventory.model import Center, Device


@dataclass(frozen=True, slots=True)
class Manner:
    """How a plan is to be carried out, whatever it changes."""

    wave_size: int = MOST
    """Devices in one wave at most."""
    program: str = ""
    """The version of the program."""


def draw_plan(
    center: Center,
    access: Access,
    devices: Iterable[Device],
    *,
    run: str,
    owner: str,
    watch: Callable[[Event], None],
    areas: Collection[str] = (),
    how: Manner = Manner(),
) -> Plan:
    """The plan for these devices. `center` has its public keys resolved."""
    wanted = targets(center, devices)
    named = {target.name: target for target in wanted}
    plans: dict[str, HostPlan] = {}

    def take(name: str, answer: Answer) -> None:
        plans[name] = host_plan(center, named[name], answer, areas)

    left = survey(access, wanted, run=run, owner=owner, watch=watch, areas=areas, each=take)
    for name, answer in left.items():
        take(name, answer)
    hosts = [plans[target.name] for target in wanted]
    return arrange(center, hosts, access.login, areas, how)


def arrange(
    center: Center,
    hosts: Iterable[HostPlan],
    login: str | None,
    areas: Collection[str] = (),
    how: Manner = Manner(),
) -> Plan:
    """The hosts' plans in waves. Pure.

    All targets of a device are in its wave. A host that did not answer is in a wave, too: when its
    turn comes, the rollout ends there.
    """
    known = tuple(hosts)
    moving = [host.device for host in known if host.reason is not None or host.changes]
    # A BMC that does not answer says nothing of its server.
    down = [h.device for h in known if h.reason is not None and h.name == h.device]
    unproved = [h.device for h in known if h.proof]
    ordered = waves(center, moving, down, last=unproved, most=how.wave_size)
    return make_plan(center, known, ordered, login, areas, program=how.program)

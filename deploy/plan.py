"""A plan: what would change on every host, in which waves, and from which facts. Versioned JSON.

Format 2 (`watchfloor plan --out FILE`) is this module's `Plan` as JSON, field by field in
docs/deploy.md. `hash` covers the inventory, the program's version, the facts and everything that
would be done, templates' rendered texts included; `apply` refuses a file whose content and hash
disagree, and a host whose facts are no longer those of `facts`. It holds no secret.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from deploy.area import AreaRules, Difference, Vantage
from deploy.change import Change
from deploy.digest import digest
from deploy.failure import Reason
from deploy.messages import AreaJob, WayName
from deploy.reading import fact_digest
from deploy.survey import Answer
from deploy.waves import Wave
from deploy.way import Target
from inventory.errors import WatchfloorError
from inventory.facts.area import FactError
from inventory.facts.collect import HostFacts
from inventory.model import Center
from inventory.whole_file import write_whole

LARGEST = 256 * 1024**2
FORMAT = 2


class PlanError(WatchfloorError):
    """A plan file that cannot be read, or that is not what it was when it was written."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AreaPlan(_Part):
    """One area on one target."""

    area: str
    changes: tuple[Change, ...] = ()
    after: tuple[str, ...] = ()
    """The areas with changes of this target that are done first."""
    risky: bool = False
    """Whether it is armed with a dead-man."""
    admin_first: bool = False
    """Whether the admin has to log in before it is begun."""
    cuts: tuple[str, ...] = ()
    """The changes that cut the management path; they need a second approval."""
    refusal: str = ""
    unmet: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    facts: Mapping[str, str] = {}
    """Area of facts -> digest of what was read."""

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to do and nothing wrong."""
        return not (self.changes or self.unmet or self.refusal)

    @property
    def can_be_done(self) -> bool:
        return bool(self.changes) and not self.refusal

    def job(self) -> AreaJob:
        """What the worker gets."""
        return AreaJob(
            name=self.area,
            after=self.after,
            risky=self.risky,
            admin_first=self.admin_first,
            changes=self.changes,
            facts=self.facts,
        )


class HostPlan(_Part):
    """One target. One that could not be read has a reason and no areas."""

    name: str
    """The target's: `srv-1`, `srv-1/bmc`."""
    device: str
    way: WayName = "ssh"
    os: str = ""
    """What it says that it runs."""
    proof: str = ""
    """Empty when the way was proved on such a device, else `rendered, not proved`."""
    reason: Reason | None = None
    message: str = ""
    areas: tuple[AreaPlan, ...] = ()

    @property
    def is_clean(self) -> bool:
        return self.reason is None and all(area.is_clean for area in self.areas)

    @property
    def changes(self) -> int:
        """How many changes there would be, refused ones left out."""
        return sum(len(area.changes) for area in self.areas if not area.refusal)


class Plan(_Part):
    """The whole of it."""

    format: Literal[2] = 2
    program: str = ""
    """Version of the program that made it."""
    center: str
    made: datetime
    inventory: str
    """Digest of the resolved inventory."""
    areas: tuple[str, ...] = ()
    """The only areas that were looked at; all of them when empty."""
    login: str = ""
    """The account it was read as, when that is not the deploy credential's own."""
    hosts: tuple[HostPlan, ...]
    waves: tuple[Wave, ...] = ()
    hash: str = ""

    @property
    def has_changes(self) -> bool:
        return any(host.reason is None and not host.is_clean for host in self.hosts)

    @property
    def has_failures(self) -> bool:
        return any(host.reason is not None for host in self.hosts)

    @property
    def changed_hosts(self) -> tuple[HostPlan, ...]:
        """The targets on which something can be done."""
        return tuple(host for host in self.hosts if any(area.can_be_done for area in host.areas))

    def targets(self, wave: Wave) -> tuple[HostPlan, ...]:
        """All targets of the wave's devices."""
        return tuple(host for host in self.hosts if host.device in wave.devices)

    def host(self, name: str) -> HostPlan:
        return next(host for host in self.hosts if host.name == name)

    def content_hash(self) -> str:
        """What `hash` has to be."""
        plan = [self.inventory, self.areas, self.login, self.hosts, self.waves]
        return digest([self.program, self.center, *plan])


def host_plan(
    center: Center, target: Target, answer: Answer, only: Collection[str] = ()
) -> HostPlan:
    """What would change on one target that was surveyed. Pure."""
    bare = HostPlan(
        name=target.name,
        device=target.device.name,
        way=target.way.NAME,
        os=answer.os,
        proof=target.way.proof(center, target.device),
    )
    if answer.reason is not None or answer.facts is None or answer.vantage is None:
        reason = answer.reason or Reason.INTERNAL
        message = answer.message or "it gave no facts"
        return bare.model_copy(update={"reason": reason, "message": message})
    found = target.way.differences(center, target.device, answer.facts, answer.vantage, only)
    changing = {name for name, difference in found.items() if difference.changes}
    areas = tuple(
        _area_plan(name, target.way.AREAS[name], difference, changing, answer.facts)
        for name, difference in found.items()
    )
    return bare.model_copy(update={"areas": areas})


def remaining(
    center: Center,
    target: Target,
    facts: HostFacts,
    vantage: Vantage,
    only: Collection[str] = (),
) -> dict[str, tuple[str, ...]]:
    """Area -> what is still not as it should be, one line each; clean areas are left out. Pure."""
    found = target.way.differences(center, target.device, facts, vantage, only)
    return {
        name: (*(change.title for change in difference.changes), *difference.unmet)
        for name, difference in found.items()
        if difference.changes or difference.unmet
    }


def make_plan(
    center: Center,
    hosts: Iterable[HostPlan],
    waves: Iterable[Wave],
    login: str | None,
    areas: Iterable[str] = (),
    *,
    program: str = "",
) -> Plan:
    """The plan with its hash."""
    plan = Plan(
        program=program,
        center=center.name,
        made=datetime.now(UTC).replace(microsecond=0),
        inventory=inventory_digest(center),
        areas=tuple(areas),
        login=login or "",
        hosts=tuple(hosts),
        waves=tuple(waves),
    )
    return plan.model_copy(update={"hash": plan.content_hash()})


def inventory_digest(center: Center) -> str:
    """Equal for equal inventories, however their YAML is written."""
    return digest(center)


def save_plan(plan: Plan, path: Path) -> None:
    """Writes the file, readable by its owner only: it tells how the hosts are protected."""
    try:
        write_whole(path, _pieces(plan))
    except OSError as error:
        raise PlanError(
            f"{path}: the plan cannot be written: {error.strerror}; name another file"
        ) from error


def _pieces(plan: Plan) -> Iterator[str]:
    """The file's text, one line for each target: the whole of it is large."""
    empty = '"hosts":[]'
    head, _, tail = plan.model_copy(update={"hosts": ()}).model_dump_json().partition(empty)
    yield f"{head}{empty[:-1]}\n"
    for number, host in enumerate(plan.hosts):
        yield f"{',' if number else ''}{host.model_dump_json()}\n"
    yield f"]{tail}\n"


def load_plan(path: Path) -> Plan:
    """Reads a plan file and checks it against its hash. Raises `PlanError`."""
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST)
    except OSError as error:
        raise PlanError(f"{path}: the plan cannot be read: {error.strerror}") from error
    _check_format(path, text)
    try:
        plan = Plan.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise PlanError(
            f"{path}: not a plan of format {FORMAT} ({where}: {first['msg']}); make it again with"
            " `watchfloor plan --out`"
        ) from error
    if plan.hash != plan.content_hash():
        raise PlanError(f"{path}: was changed after it was made; make it again")
    return plan


def _check_format(path: Path, text: bytes) -> None:
    """Another version's plan is refused by its number, before anything else of it is read."""
    try:
        found = json.loads(text)["format"]
    except (ValueError, KeyError, TypeError):
        return  # no plan at all, which its validation says better
    if found != FORMAT:
        raise PlanError(
            f"{path}: a plan of format {str(found)[:20]!r}, and this version reads {FORMAT};"
            " make it again with `watchfloor plan --out`"
        )


def _area_plan(
    name: str, area: AreaRules, difference: Difference, changing: set[str], facts: HostFacts
) -> AreaPlan:
    return AreaPlan(
        area=name,
        changes=difference.changes,
        after=tuple(other for other in area.AFTER if other in changing),
        risky=area.RISKY,
        admin_first=area.ADMIN_FIRST,
        cuts=difference.cuts if difference.changes else (),
        refusal=difference.refusal if difference.changes else "",
        unmet=difference.unmet,
        notes=difference.notes,
        facts=_digests(area.FACTS, facts) if difference.changes else {},
    )


def _digests(names: Iterable[str], facts: HostFacts) -> dict[str, str]:
    found = {}
    for name in names:
        try:
            found[name] = fact_digest(facts, name)
        except FactError:
            continue  # the difference says already that these facts are not usable
    return found

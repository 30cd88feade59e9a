"""The control catalogue: what is required, why, by which standards, and which check decides it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from monitors.baseline.errors import AuditError
from monitors.baseline.plain import Plain

FORMAT: Final = 1
FOLDER = Path(__file__).parent / "controls"

Subject = Literal["host", "bmc", "snmp", "configuration"]
Severity = Literal["critical", "high", "medium", "low"]
Text = Annotated[Plain, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class References(_Strict):
    """A control's ids in the standards; which editions is said by the catalogue's `editions`."""

    cis_debian12: tuple[str, ...] = ()
    nist: tuple[str, ...] = ()
    cjis: tuple[str, ...] = ()
    stig: tuple[str, ...] = ()


class Control(_Strict):
    """One security requirement."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    title: Text
    severity: Severity
    applies_to: Subject
    check: Annotated[str, StringConstraints(pattern=r"^[a-z_]+\.[a-z_]+$", max_length=80)]
    """Module and function in `monitors.baseline.checks`."""
    areas: tuple[str, ...] = ()
    """The areas of facts that the check reads; it is given no others."""
    rationale: Text
    remedy: Text
    references: References = References()


class Policy(_Strict):
    """A policy that a center is held to, with the version that the references were taken from."""

    id: Plain
    title: Text
    version: Plain
    dated: Plain
    clock: Text
    """Which of its requirements bind on which day, as far as is known."""


class Catalogue(_Strict):
    """All controls of this version, and the editions that their references mean."""

    format: Literal[1] = FORMAT
    editions: Mapping[str, str]
    policies: tuple[Policy, ...]
    controls: tuple[Control, ...] = Field(max_length=2000)

    def policy(self, profile: str) -> Policy:
        """The policy behind a baseline profile. Raises `AuditError` when it is unknown."""
        for policy in self.policies:
            if policy.id == profile:
                return policy
        raise AuditError(f"there is no policy for the baseline profile {profile!r}")

    def by_id(self) -> Mapping[str, Control]:
        """The controls by id."""
        return MappingProxyType({control.id: control for control in self.controls})

    def for_subject(self, subject: Subject) -> tuple[Control, ...]:
        """The controls that apply to this side of a device, in the catalogue's order."""
        return tuple(control for control in self.controls if control.applies_to == subject)

    def areas(self) -> tuple[str, ...]:
        """Every area of facts that some host control reads, sorted."""
        wanted = (area for control in self.for_subject("host") for area in control.areas)
        return tuple(sorted(set(wanted)))


class _File(_Strict):
    format: Literal[1]
    controls: tuple[Control, ...]


class _Editions(_Strict):
    format: Literal[1]
    editions: Mapping[str, str]
    policies: tuple[Policy, ...]


@cache
def shipped() -> Catalogue:
    """The catalogue that comes with this version: `editions.yaml`, then every other file."""
    head = _Editions.model_validate(_read(FOLDER / "editions.yaml"))
    controls: list[Control] = []
    for path in sorted(FOLDER.glob("*.yaml")):
        if path.name != "editions.yaml":
            controls += _controls(path)
    seen: set[str] = set()
    for control in controls:
        if control.id in seen:
            raise AuditError(f"two controls are called {control.id}")
        seen.add(control.id)
    return Catalogue(editions=head.editions, policies=head.policies, controls=tuple(controls))


def _controls(path: Path) -> tuple[Control, ...]:
    try:
        return _File.model_validate(_read(path)).controls
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        raise AuditError(f"{path}: {where}: {problem['msg']}") from error


def _read(path: Path) -> object:
    return yaml.safe_load(path.read_text(encoding="utf-8"))

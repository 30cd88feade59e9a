"""The records of an evidence chain, and its head: what is written, and what is refused."""

from datetime import date, datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from inventory.model import Waiver
from monitors.baseline.catalogue import Policy, Subject
from monitors.baseline.errors import EvidenceError
from monitors.baseline.plain import Plain, plain
from monitors.baseline.verdict import Judgement, Verdict

FORMAT: Final = 1
"""Of the whole evidence folder; counted up when an older version could misread it."""

Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Link(_Strict):
    number: Annotated[int, Field(ge=0)]
    previous: Hash
    """SHA-256 of the line before; 64 zeros for the first."""


class RunRecord(_Link):
    """The first record: who was judged by what, and when."""

    kind: Literal["run"] = "run"
    format: Literal[1] = FORMAT
    center: Plain
    title: Plain
    started_at: datetime
    """UTC; its day decides what has expired."""
    tool: Plain
    """Version of Watchfloor."""
    policy: Policy
    catalogue: Hash
    waivers: tuple[Waiver, ...] = ()
    limit: tuple[Plain, ...] = ()
    """The devices that the run was limited to; empty means all."""

    @property
    def on(self) -> date:
        """The day of the audit."""
        return self.started_at.date()


class CaseRecord(_Link):
    """One side of one device, with what was read and what was expected."""

    kind: Literal["case"] = "case"
    device: Plain
    subject: Subject
    facts: Hash
    scope: Hash


class VerdictRecord(_Link):
    """One control on one device."""

    kind: Literal["verdict"] = "verdict"
    device: Plain
    subject: Subject
    control: Plain
    verdict: Verdict
    real: Verdict
    finding: Plain
    cited: tuple[Plain, ...]
    waiver: Plain
    facts: Hash
    tool: Plain
    policy: Plain
    """Id and version of the policy."""

    @property
    def judgement(self) -> Judgement:
        """What was judged, without the link."""
        return Judgement(
            device=self.device,
            subject=self.subject,
            control=self.control,
            verdict=self.verdict,
            real=self.real,
            finding=self.finding,
            cited=self.cited,
            waiver=self.waiver,
        )


class EndRecord(_Link):
    """The last record."""

    kind: Literal["end"] = "end"
    finished_at: datetime
    overall: Verdict
    warnings: tuple[Plain, ...]


Record = RunRecord | CaseRecord | VerdictRecord | EndRecord

_RECORD: TypeAdapter[Record] = TypeAdapter(Annotated[Record, Field(discriminator="kind")])


class Head(_Strict):
    """What is signed: the number of records, and the hash of the last one."""

    format: Literal[1] = FORMAT
    center: str
    started_at: datetime
    records: Annotated[int, Field(ge=1)]
    head: Hash


def record_from(value: object, where: str) -> Record:
    """A record out of stored JSON. Raises `EvidenceError`."""
    try:
        return _RECORD.validate_python(value)
    except ValidationError as error:
        raise EvidenceError(f"{where}: {first_problem(error)}") from error


def first_problem(error: ValidationError) -> str:
    """The first of pydantic's complaints, as one line."""
    problem = error.errors()[0]
    place = ".".join(map(str, problem["loc"]))
    return plain(f"{place}: {problem['msg']}")


def check_format(value: object, where: str) -> None:
    """Refuses what another version wrote. Raises `EvidenceError` with the remedy."""
    found = value.get("format") if isinstance(value, dict) else None
    if found != FORMAT:
        raise EvidenceError(
            f"{where}: evidence of format {str(found)[:20]!r}; this version reads {FORMAT}:"
            " use the Watchfloor that wrote it, or a newer one"
        )


def name_of(record: Record) -> str:
    """The record for people: `record 17 (srv-cad-1, ssh-root-login)`."""
    match record:
        case VerdictRecord():
            what = f"{record.device}, {record.control}"
        case CaseRecord():
            what = f"{record.device}, {record.subject} facts"
        case _:
            what = record.kind
    return f"record {record.number} ({what})"

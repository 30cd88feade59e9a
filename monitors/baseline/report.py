"""An audit's report: what the evidence says, arranged for people; one model for HTML and JSON."""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

import jinja2
from pydantic import BaseModel, ConfigDict

from inventory import assets
from inventory.model import Waiver
from monitors.baseline.catalogue import Control, Policy, References, Severity, Subject
from monitors.baseline.plain import plain
from monitors.baseline.reading import Evidence
from monitors.baseline.records import VerdictRecord
from monitors.baseline.stored import FailedReading
from monitors.baseline.verdict import Verdict

TEMPLATE = "audit.html.j2"
STYLE = "audit.css"
SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low")


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class Line(_Model):
    """One control on one device."""

    device: str
    subject: Subject
    control: str
    title: str
    severity: Severity
    verdict: Verdict
    real: Verdict
    finding: str
    cited: tuple[str, ...]
    waiver: str
    record: int
    """Its number in the chain."""


class Side(_Model):
    """One side of one device."""

    device: str
    subject: Subject
    overall: Verdict
    read_at: datetime
    problem: str
    """Why nothing could be read; empty when it was."""
    facts: str
    """Hash of the stored facts; empty when no control applied."""
    lines: tuple[Line, ...]


class Report(_Model):
    """All of it. `format` counts up when a reader of the JSON would have to change."""

    format: int = 1
    center: str
    title: str
    started_at: datetime
    finished_at: datetime
    tool: str
    policy: Policy
    editions: dict[str, str]
    limit: tuple[str, ...]
    overall: Verdict
    counts: dict[Verdict, int]
    warnings: tuple[str, ...]
    waivers: tuple[Waiver, ...]
    sides: tuple[Side, ...]
    controls: tuple[Control, ...]
    signer: str
    head: str
    records: int

    @property
    def unread_sides(self) -> list[Side]:
        """What could not be read: all its controls are ERROR for the one reason."""
        return [side for side in self.sides if side.problem]

    @property
    def open_lines(self) -> list[Line]:
        """What somebody has to do something about, the most severe first; read sides only."""
        read = [side for side in self.sides if not side.problem]
        lines = [line for side in read for line in side.lines if line.verdict.is_open]
        return sorted(lines, key=lambda line: SEVERITIES.index(line.severity))

    @property
    def excepted_lines(self) -> list[Line]:
        """What is accepted as it is."""
        kinds = (Verdict.WAIVED, Verdict.EXEMPT, Verdict.MITIGATED)
        return [line for side in self.sides for line in side.lines if line.verdict in kinds]


def report_of(evidence: Evidence) -> Report:
    """The report of a run; nothing in it comes from anywhere but the evidence."""
    run, end = evidence.run, evidence.end
    return Report(
        center=run.center,
        title=run.title,
        started_at=run.started_at,
        finished_at=end.finished_at,
        tool=run.tool,
        policy=run.policy,
        editions={
            standard: evidence.catalogue.editions[standard]
            for standard in References.model_fields
            if standard in evidence.catalogue.editions
        },
        limit=run.limit,
        overall=end.overall,
        counts=count(record.verdict for record in evidence.verdicts),
        warnings=(*end.warnings, *_stray_warnings(evidence)),
        waivers=run.waivers,
        sides=_sides(evidence),
        controls=evidence.catalogue.controls,
        signer=evidence.signer.fingerprint,
        head=evidence.head.head,
        records=evidence.head.records,
    )


def count(verdicts: Iterable[Verdict]) -> dict[Verdict, int]:
    """How often each verdict came up, in the order in which `Verdict` lists them."""
    found = Counter(verdicts)
    return {verdict: found[verdict] for verdict in Verdict if found[verdict]}


def render_html(report: Report) -> str:
    """One self-contained page: no script, nothing loaded, everything escaped."""
    folder = assets.templates() / "reports"
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (folder / STYLE).read_text(encoding="utf-8")
    hashed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    template = environment.get_template(TEMPLATE)
    return template.render(report=report, style=style, style_hash=hashed, Verdict=Verdict)


def _sides(evidence: Evidence) -> tuple[Side, ...]:
    controls = evidence.catalogue.by_id()
    lines: dict[tuple[str, str], list[Line]] = {}
    facts: dict[tuple[str, str], str] = {}
    for record in evidence.verdicts:
        key = record.device, record.subject
        lines.setdefault(key, []).append(_line(record, controls[record.control]))
        facts[key] = record.facts
    sides = []
    for case, subject in evidence.sides:
        key = case.scope.device, subject
        reading = case.reading
        judged = tuple(lines.get(key, ()))
        sides.append(
            Side(
                device=case.scope.device,
                subject=subject,
                overall=Verdict.overall(line.verdict for line in judged),
                read_at=reading.read_at,
                problem=reading.problem if isinstance(reading, FailedReading) else "",
                facts=facts.get(key, ""),
                lines=judged,
            )
        )
    return tuple(sides)


def _line(record: VerdictRecord, control: Control) -> Line:
    return Line(
        device=record.device,
        subject=record.subject,
        control=control.id,
        title=control.title,
        severity=control.severity,
        verdict=record.verdict,
        real=record.real,
        finding=record.finding,
        cited=record.cited,
        waiver=record.waiver,
        record=record.number,
    )


def _stray_warnings(evidence: Evidence) -> list[str]:
    return [
        f"{plain(name)} is in the folder, and no part of the evidence" for name in evidence.strays
    ]

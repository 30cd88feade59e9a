"""Writes a run's evidence: objects named by their hash, a chain of records, and its signed head."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from inventory.model import Waiver
from monitors.baseline import signing
from monitors.baseline import waivers as waivers_of
from monitors.baseline.canonical import GENESIS, canonical, digest
from monitors.baseline.catalogue import Catalogue, Policy
from monitors.baseline.errors import AuditError
from monitors.baseline.judge import Case, judge
from monitors.baseline.plain import plain
from monitors.baseline.records import (
    CaseRecord,
    EndRecord,
    Head,
    RunRecord,
    VerdictRecord,
)
from monitors.baseline.stored import subject_of
from monitors.baseline.verdict import Judgement, Verdict

CHAIN = "chain.jsonl"
HEAD = "head.json"
SIGNATURE = "head.json.sig"
SIGNERS = "allowed_signers"
OBJECTS = "objects"


@dataclass(frozen=True, slots=True)
class Run:
    """All that a run's evidence is made of."""

    center: str
    title: str
    tool: str
    policy: Policy
    catalogue: Catalogue
    waivers: tuple[Waiver, ...]
    limit: tuple[str, ...]
    """The devices that the run was limited to; empty means all."""
    started_at: datetime
    finished_at: datetime
    cases: tuple[Case, ...]


def write_evidence(run: Run, folder: Path, key: Path) -> str:
    """Judges the run and writes its evidence. Returns the head's hash.

    `folder` appears whole or not at all. Raises `AuditError` when it is there already, or cannot
    be written, and `SigningError`.
    """
    if folder.exists():
        raise AuditError(f"{folder}: is there already; evidence is never written over")
    partial = folder.with_name(f".{folder.name}.partial-{os.getpid()}")
    try:
        partial.mkdir(mode=0o700)
        (partial / OBJECTS).mkdir(mode=0o700)
        head = _write(run, partial, key)
        partial.rename(folder)
    except OSError as error:
        raise AuditError(f"{folder}: cannot write the evidence: {error.strerror}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)  # there only if it was not finished
    return head


@dataclass(slots=True)
class _Chain:
    """The lines so far. Each record is given its number and its predecessor's hash."""

    lines: list[bytes] = field(default_factory=list)
    last: str = GENESIS

    def link(self) -> dict[str, Any]:
        return {"number": len(self.lines), "previous": self.last}

    def append(self, record: BaseModel) -> None:
        line = canonical(record.model_dump(mode="json"))
        self.lines.append(line)
        self.last = digest(line)


def _write(run: Run, folder: Path, key: Path) -> str:
    chain = _Chain()
    catalogue = _store(folder, run.catalogue)
    chain.append(
        RunRecord(
            **chain.link(),
            center=run.center,
            title=plain(run.title),
            started_at=run.started_at,
            tool=run.tool,
            policy=run.policy,
            catalogue=catalogue,
            waivers=run.waivers,
            limit=run.limit,
        )
    )
    judgements = _write_cases(run, folder, chain)
    chain.append(
        EndRecord(
            **chain.link(),
            finished_at=run.finished_at,
            overall=Verdict.overall(judgement.verdict for judgement in judgements),
            warnings=tuple(waivers_of.idle(run.waivers, judgements)),
        )
    )
    _save(folder / CHAIN, b"".join(line + b"\n" for line in chain.lines))
    _write_head(run, folder, key, chain)
    return chain.last


def _write_cases(run: Run, folder: Path, chain: _Chain) -> list[Judgement]:
    hashes: dict[tuple[str, str], str] = {}
    for case in run.cases:
        subject = subject_of(case.reading)
        facts = hashes[case.scope.device, subject] = _store(folder, case.reading)
        chain.append(
            CaseRecord(
                **chain.link(),
                device=case.scope.device,
                subject=subject,
                facts=facts,
                scope=_store(folder, case.scope),
            )
        )
    on = run.started_at.date()
    judgements = judge(run.cases, run.catalogue.controls, run.waivers, on)
    for judgement in judgements:
        facts = hashes[judgement.device, judgement.subject]
        chain.append(_verdict_record(run, chain, judgement, facts))
    return judgements


def _verdict_record(run: Run, chain: _Chain, judgement: Judgement, facts: str) -> VerdictRecord:
    return VerdictRecord.model_validate(
        {
            **chain.link(),
            "device": judgement.device,
            "subject": judgement.subject,
            "control": judgement.control,
            "verdict": judgement.verdict,
            "real": judgement.real,
            "finding": judgement.finding,
            "cited": judgement.cited,
            "waiver": judgement.waiver,
            "facts": facts,
            "tool": run.tool,
            "policy": f"{run.policy.id} {run.policy.version}",
        }
    )


def _write_head(run: Run, folder: Path, key: Path, chain: _Chain) -> None:
    head = Head(
        center=run.center,
        started_at=run.started_at,
        records=len(chain.lines),
        head=chain.last,
    )
    content = canonical(head.model_dump(mode="json"))
    _save(folder / HEAD, content)
    _save(folder / SIGNATURE, signing.sign(content, key).encode())
    _save(folder / SIGNERS, signing.public_key(key).allowed_signers.encode())


def _store(folder: Path, value: BaseModel) -> str:
    content = canonical(value.model_dump(mode="json"))
    name = digest(content)
    path = folder / OBJECTS / f"{name}.json"
    if not path.exists():
        _save(path, content)
    return name


def _save(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def planned_name(center: str, started_at: datetime, folders: Sequence[str] = ()) -> str:
    """A folder name that sorts by time and is not among `folders`: `riverside-20261122T191408Z`."""
    name = f"{center}-{started_at:%Y%m%dT%H%M%SZ}"
    taken = {name, *(f"{name}-{n}" for n in range(2, 1000))} & set(folders)
    if name not in taken:
        return name
    return next(f"{name}-{n}" for n in range(2, 1001) if f"{name}-{n}" not in taken)

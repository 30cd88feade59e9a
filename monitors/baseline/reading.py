"""Reads an evidence folder that may be hostile, and believes only what chain and signature hold."""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from monitors.baseline import signing
from monitors.baseline.canonical import GENESIS, digest, strict_load
from monitors.baseline.catalogue import Catalogue, Subject
from monitors.baseline.errors import EvidenceError, SigningError
from monitors.baseline.judge import Case
from monitors.baseline.records import (
    CaseRecord,
    EndRecord,
    Head,
    Record,
    RunRecord,
    VerdictRecord,
    check_format,
    first_problem,
    name_of,
    record_from,
)
from monitors.baseline.scope import Scope
from monitors.baseline.signing import PublicKey
from monitors.baseline.stored import reading_from, subject_of
from monitors.baseline.writing import CHAIN, HEAD, OBJECTS, SIGNATURE, SIGNERS

MAX_CHAIN = 256 * 1024 * 1024
MAX_OBJECT = 32 * 1024 * 1024
MAX_SMALL = 64 * 1024
MAX_RECORDS = 1_000_000
MAX_OBJECTS_READ = 1024 * 1024 * 1024
"""Octets of all objects together."""

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A run, as its evidence proves it."""

    head: Head
    signer: PublicKey
    run: RunRecord
    catalogue: Catalogue
    cases: tuple[Case, ...]
    verdicts: tuple[VerdictRecord, ...]
    end: EndRecord
    strays: tuple[str, ...]
    """Files in the folder that the chain says nothing of, and the signature does not cover."""

    @property
    def sides(self) -> tuple[tuple[Case, Subject], ...]:
        """Each case with the side of the device that it is about."""
        return tuple((case, subject_of(case.reading)) for case in self.cases)


def read_evidence(folder: Path, signer: str = "") -> Evidence:
    """The run in `folder`, after chain, objects and signature were found intact.

    `signer` pins the key: its `SHA256:…` fingerprint, or the text of its public key. Raises
    `EvidenceError` naming the record or file that was changed, and `SigningError`.
    """
    with _opened(folder) as root:
        _must_hold_evidence(root, folder)
        content = _file(root, HEAD, MAX_SMALL)
        key = _verified(root, content, signer)
        value = strict_load(content, HEAD)
        check_format(value, HEAD)
        head = _model(Head, value, HEAD)
        records = _chain(_file(root, CHAIN, MAX_CHAIN), head)
        with _opened(OBJECTS, root) as objects:
            return _assembled(head, key, records, _Objects(objects), _listed(root, objects))


class _Objects:
    """The content-addressed files, each read once and bounded together."""

    def __init__(self, folder: int) -> None:
        self._folder = folder
        self._left = MAX_OBJECTS_READ
        self.read: set[str] = set()

    def load(self, name: str, record: Record) -> object:
        where = f"{name_of(record)}: {OBJECTS}/{name}.json"
        content = _file(self._folder, f"{name}.json", min(MAX_OBJECT, self._left), where)
        self._left -= len(content)
        self.read.add(f"{name}.json")
        if digest(content) != name:
            raise EvidenceError(f"{where}: was changed: its content does not fit its hash")
        return strict_load(content, where)


def _assembled(
    head: Head, key: PublicKey, records: list[Record], objects: _Objects, listed: Iterable[str]
) -> Evidence:
    run, end = records[0], records[-1]
    if not isinstance(run, RunRecord) or not isinstance(end, EndRecord):
        raise EvidenceError(f"{CHAIN}: does not begin with its run, or does not end with its end")
    check_format(run.model_dump(), name_of(run))
    if (head.center, head.started_at) != (run.center, run.started_at):
        raise EvidenceError(f"{HEAD}: belongs to another run than {CHAIN}")
    catalogue = _model(Catalogue, objects.load(run.catalogue, run), name_of(run))
    controls = catalogue.by_id()
    facts: dict[tuple[str, str], str] = {}
    cases: list[Case] = []
    verdicts: list[VerdictRecord] = []
    for record in records[1:-1]:
        match record:
            case CaseRecord():
                facts[record.device, record.subject] = record.facts
                cases.append(_case(record, run, objects))
            case VerdictRecord():
                if facts.get((record.device, record.subject)) != record.facts:
                    raise EvidenceError(f"{name_of(record)}: rests on facts that no case has")
                if record.control not in controls:
                    raise EvidenceError(f"{name_of(record)}: is no control of its catalogue")
                verdicts.append(record)
            case _:
                raise EvidenceError(f"{name_of(record)}: has no place in the middle of a chain")
    known = {CHAIN, HEAD, SIGNATURE, SIGNERS, OBJECTS, *(f"{OBJECTS}/{n}" for n in objects.read)}
    strays = tuple(sorted(set(listed) - known))
    return Evidence(head, key, run, catalogue, tuple(cases), tuple(verdicts), end, strays)


def _case(record: CaseRecord, run: RunRecord, objects: _Objects) -> Case:
    where = name_of(record)
    reading = reading_from(objects.load(record.facts, record), where)
    scope = _model(Scope, objects.load(record.scope, record), where)
    named = {record.device, scope.device, reading.device}
    if len(named) > 1 or subject_of(reading) != record.subject or scope.center != run.center:
        raise EvidenceError(f"{where}: its facts or its scope are another device's")
    return Case(scope, reading)


def _verified(root: int, content: bytes, signer: str) -> PublicKey:
    key = signing.verify(
        content, _file(root, SIGNATURE, MAX_SMALL), _file(root, SIGNERS, MAX_SMALL)
    )
    wanted = signer.strip()
    if wanted and wanted != key.fingerprint and wanted.split()[:2] != [key.kind, key.blob]:
        raise SigningError(f"{HEAD}: is signed by {key.fingerprint}, not by {wanted[:80]}")
    return key


def _chain(content: bytes, head: Head) -> list[Record]:
    """The records, each linked to the one before it, and the last one to the signed head."""
    if not content.endswith(b"\n"):
        raise EvidenceError(f"{CHAIN}: was changed: its last line is cut off")
    lines = content[:-1].split(b"\n")
    if len(lines) > MAX_RECORDS:
        raise EvidenceError(f"{CHAIN}: has more than {MAX_RECORDS} records")
    if len(lines) != head.records:
        raise EvidenceError(
            f"{CHAIN}: record {min(len(lines), head.records)}: {len(lines)} records are there,"
            f" {head.records} were signed"
        )
    records = [_record(number, line) for number, line in enumerate(lines)]
    broken = _broken_links(lines, records, head)
    if broken:
        raise EvidenceError(
            f"{name_of(records[_culprit(broken)])}: was changed after it was written"
        )
    return records


def _record(number: int, line: bytes) -> Record:
    where = f"record {number}"
    value = strict_load(line, where)
    if number == 0:
        check_format(value, where)
    return record_from(value, where)


def _broken_links(lines: list[bytes], records: list[Record], head: Head) -> list[int]:
    """The numbers `n` where what stands after record n-1 does not name its hash."""
    hashes = [GENESIS, *map(digest, lines)]
    named = [*(record.previous for record in records), head.head]
    broken = [at for at, pair in enumerate(zip(hashes, named, strict=True)) if pair[0] != pair[1]]
    misnumbered = [at for at, record in enumerate(records) if record.number != at]
    return broken or misnumbered


def _culprit(broken: list[int]) -> int:
    """The record that was changed: link n joins records n-1 and n.

    A record that names another predecessor than it has breaks the link before it as well as the
    one after it; any other change breaks only the one after it.
    """
    first = broken[0]
    return first if first == 0 or first + 1 in broken else first - 1


def _model(model: type[M], value: object, where: str) -> M:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise EvidenceError(f"{where}: {first_problem(error)}") from error


@contextmanager
def _opened(folder: Path | str, inside: int | None = None) -> Iterator[int]:
    """A folder's descriptor: what is opened relative to it cannot be exchanged meanwhile."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    try:
        descriptor = os.open(folder, flags | (os.O_NOFOLLOW if inside else 0), dir_fd=inside)
    except OSError as error:
        raise EvidenceError(f"{folder}: is no evidence folder: {error.strerror}") from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _must_hold_evidence(root: int, folder: Path) -> None:
    with os.scandir(root) as entries:
        if {HEAD, CHAIN}.isdisjoint(entry.name for entry in entries):
            raise EvidenceError(
                f"{folder}: holds no evidence; name a folder that `watchfloor audit run` wrote"
            )


def _file(folder: int, name: str, limit: int, where: str = "") -> bytes:
    """A regular file of at most `limit` octets; no link is followed, and no pipe waited for."""
    where = where or name
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(name, flags, dir_fd=folder)
    except OSError as error:
        raise EvidenceError(f"{where}: cannot be read: {error.strerror}") from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise EvidenceError(f"{where}: is not a regular file")
        if status.st_size > limit:
            raise EvidenceError(f"{where}: is larger than {limit} octets")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(limit)
    finally:
        os.close(descriptor)


def _listed(root: int, objects: int) -> list[str]:
    return [*os.listdir(root), *(f"{OBJECTS}/{name}" for name in os.listdir(objects))]

"""Evidence says what was judged, and is written once, for its owner alone."""

import stat
from pathlib import Path

import pytest

from monitors.baseline import signing
from monitors.baseline.errors import AuditError, SigningError
from monitors.baseline.reading import read_evidence
from monitors.baseline.replay import replay
from monitors.baseline.verdict import Verdict
from monitors.baseline.writing import planned_name, write_evidence
from tests.monitors.baseline.evidence import recorded_run, signing_key, waiver, written
from tests.monitors.baseline.recorded import HOST_CONTROLS, READ_AT, case
from tests.monitors.baseline.tampering import CHAIN, HEAD, SIGNERS


def test_it_says_what_was_judged(evidence: Path) -> None:
    found = read_evidence(evidence)
    assert found.end.overall is Verdict.ERROR
    assert len(found.verdicts) == 2 * len(HOST_CONTROLS)
    banner = next(record for record in found.verdicts if record.control == "ssh-banner")
    assert (banner.verdict, banner.real, banner.waiver) == (
        Verdict.WAIVED,
        Verdict.FAIL,
        "late-banner",
    )
    assert {record.tool for record in found.verdicts} == {"1.2.3"}
    assert {record.policy for record in found.verdicts} == {"cjis-6.0 6.0"}
    lost = {record.verdict for record in found.verdicts if record.device == "lost"}
    assert lost == {Verdict.ERROR}
    assert found.strays == ()


def test_it_is_for_its_owner_alone(evidence: Path) -> None:
    for path in [evidence, *evidence.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_the_same_run_makes_the_same_chain(evidence: Path, tmp_path: Path) -> None:
    again = written(tmp_path)
    for name in (CHAIN, HEAD, SIGNERS):
        assert (again / name).read_bytes() == (evidence / name).read_bytes()


def test_evidence_is_never_written_over(evidence: Path) -> None:
    with pytest.raises(AuditError, match="never written over"):
        write_evidence(recorded_run(), evidence, signing_key())


def test_evidence_without_a_key_is_not_left_behind(tmp_path: Path) -> None:
    with pytest.raises(SigningError):
        write_evidence(recorded_run(), tmp_path / "evidence", tmp_path / "no-key")
    assert list(tmp_path.iterdir()) == []


def test_nothing_in_scope_proves_nothing(tmp_path: Path) -> None:
    found = read_evidence(written(tmp_path, cases=()))
    assert found.end.overall is Verdict.NOT_PROVEN
    assert replay(found).same


def test_a_hardened_host_alone_passes(tmp_path: Path) -> None:
    found = read_evidence(written(tmp_path, cases=(case("hardened-debian-12"),)))
    assert found.end.overall is Verdict.PASS
    assert found.end.warnings == ("waiver late-banner is not needed: ssh-banner passes",)


def test_a_waiver_that_matches_nothing_is_a_warning(tmp_path: Path) -> None:
    lost = waiver("typo", "ssh-bannr", "2026-11-01", "2026-12-01")
    found = read_evidence(written(tmp_path, waivers=(lost,)))
    assert found.end.warnings == ("waiver typo matches nothing that was judged; delete it?",)


def test_a_key_is_made_once_and_for_its_owner(tmp_path: Path) -> None:
    key = tmp_path / "state" / "evidence-key"
    assert signing.make_key(key)
    before = key.read_bytes()
    assert not signing.make_key(key)
    assert key.read_bytes() == before
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_names_of_runs_sort_by_time_and_never_clash() -> None:
    name = planned_name("labtown", READ_AT)
    assert name == "labtown-20261122T190000Z"
    assert planned_name("labtown", READ_AT, [name]) == f"{name}-2"
    assert planned_name("labtown", READ_AT, [name, f"{name}-2"]) == f"{name}-3"

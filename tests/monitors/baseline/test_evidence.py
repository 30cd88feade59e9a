"""Evidence says what was judged, and any change to it is found and named."""

import json
import os
import re
import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitors.baseline import signing
from monitors.baseline.canonical import canonical, digest
from monitors.baseline.errors import AuditError, EvidenceError, SigningError
from monitors.baseline.judge import Case
from monitors.baseline.reading import read_evidence
from monitors.baseline.replay import replay
from monitors.baseline.verdict import Verdict
from monitors.baseline.writing import planned_name, write_evidence
from tests.monitors.baseline.evidence import recorded_run, signing_key, waiver, written
from tests.monitors.baseline.recorded import (
    HOST_CONTROLS,
    READ_AT,
    case,
    reading,
    scope,
    texts,
)
from tests.requirements import need

CHAIN, HEAD, SIGNATURE, SIGNERS = "chain.jsonl", "head.json", "head.json.sig", "allowed_signers"


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Evidence that tests read and do not change."""
    need("ssh-keygen")
    return written(tmp_path_factory.mktemp("evidence"))


@pytest.fixture
def copy(evidence: Path, tmp_path: Path) -> Path:
    """Evidence to tamper with."""
    return Path(shutil.copytree(evidence, tmp_path / "copy"))


def largest_object(folder: Path) -> Path:
    return max((folder / "objects").iterdir(), key=lambda path: path.stat().st_size)


def lines_of(folder: Path) -> list[str]:
    return (folder / CHAIN).read_text().splitlines()


def forge(folder: Path, lines: list[str]) -> None:
    """A chain and a head that fit these lines, signed by the key the auditor knows."""
    previous, linked = "0" * 64, []
    for number, line in enumerate(lines):
        value = json.loads(line) | {"number": number, "previous": previous}
        linked.append(canonical(value))
        previous = digest(linked[-1])
    (folder / CHAIN).write_bytes(b"".join(line + b"\n" for line in linked))
    head = json.loads((folder / HEAD).read_text()) | {"records": len(lines), "head": previous}
    write_head(folder, head)


def write_head(folder: Path, head: dict[str, object]) -> None:
    content = canonical(head)
    (folder / HEAD).write_bytes(content)
    (folder / SIGNATURE).write_text(signing.sign(content, signing_key()))


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


def test_replay_equals_run(evidence: Path) -> None:
    result = replay(read_evidence(evidence))
    assert result.same
    assert len(result.judgements) == 2 * len(HOST_CONTROLS)


def test_the_same_run_makes_the_same_chain(evidence: Path, tmp_path: Path) -> None:
    again = written(tmp_path)
    for name in (CHAIN, HEAD, SIGNERS):
        assert (again / name).read_bytes() == (evidence / name).read_bytes()


def test_another_verdict_than_the_facts_give_is_different(copy: Path) -> None:
    lines = lines_of(copy)
    at = next(n for n, line in enumerate(lines) if '"ssh-root-login"' in line)
    assert '"FAIL"' in lines[at]
    lines[at] = lines[at].replace('"FAIL"', '"PASS"')
    forge(copy, lines)
    result = replay(read_evidence(copy))
    assert not result.same
    (difference,) = result.differences
    assert (difference.device, difference.control) == ("audited", "ssh-root-login")
    assert str(difference).startswith("audited, ssh-root-login: PASS, ")


def test_a_verdict_that_was_left_out_is_different(copy: Path) -> None:
    lines = [line for line in lines_of(copy) if '"control":"ssh-root-login"' not in line]
    forge(copy, lines)
    result = replay(read_evidence(copy))
    assert {difference.control for difference in result.differences} == {"ssh-root-login"}
    assert all(difference.recorded is None for difference in result.differences)


def test_a_verdict_that_stands_twice_is_different(copy: Path) -> None:
    lines = lines_of(copy)
    at = next(n for n, line in enumerate(lines) if '"ssh-root-login"' in line)
    forge(copy, [*lines[: at + 1], *lines[at:]])
    assert not replay(read_evidence(copy)).same


def test_a_summary_that_does_not_follow_is_different(copy: Path) -> None:
    lines = lines_of(copy)
    lines[-1] = lines[-1].replace('"overall":"ERROR"', '"overall":"PASS"')
    forge(copy, lines)
    assert replay(read_evidence(copy)).summary_differs


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_changed_byte_is_found(copy: Path, data: st.DataObject) -> None:
    files = sorted(path for path in copy.rglob("*") if path.is_file())
    path = data.draw(st.sampled_from(files))
    content = path.read_bytes()
    at = data.draw(st.integers(0, len(content) - 1))
    other = data.draw(st.integers(1, 255))
    changed = content[:at] + bytes([content[at] ^ other]) + content[at + 1 :]
    path.write_bytes(changed)
    try:
        with pytest.raises((EvidenceError, SigningError)) as caught:
            read_evidence(copy)
    finally:
        path.write_bytes(content)
    assert "\n" not in str(caught.value)
    relevant = ("record ", HEAD, SIGNERS, CHAIN, "signature", "signed")
    assert any(word in str(caught.value) for word in relevant), caught.value


@pytest.mark.parametrize("name", [HEAD, SIGNATURE, SIGNERS])
def test_no_byte_of_the_small_files_can_be_changed(copy: Path, name: str) -> None:
    content = (copy / name).read_bytes()
    for at in range(0, len(content), 3):
        (copy / name).write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        with pytest.raises((EvidenceError, SigningError)):
            read_evidence(copy)


@pytest.mark.parametrize("number", [0, 1, 2, 20, 35, -2, -1])
def test_the_changed_record_is_named(copy: Path, number: int) -> None:
    lines = lines_of(copy)
    value = json.loads(lines[number])
    for key in ("finding", "title", "device"):
        if key in value:
            value[key] += "!"
            break
    else:
        value["finished_at"] = "2030-01-01T00:00:00Z"
    lines[number] = canonical(value).decode()
    (copy / CHAIN).write_text("\n".join(lines) + "\n")
    with pytest.raises(EvidenceError, match=rf"^record {number % len(lines)} "):
        read_evidence(copy)


def test_a_changed_link_names_its_own_record(copy: Path) -> None:
    lines = lines_of(copy)
    lines[7] = canonical(json.loads(lines[7]) | {"previous": "f" * 64}).decode()
    (copy / CHAIN).write_text("\n".join(lines) + "\n")
    with pytest.raises(EvidenceError, match=r"^record 7 "):
        read_evidence(copy)


def test_changed_facts_name_the_record_that_rests_on_them(copy: Path) -> None:
    path = largest_object(copy)
    path.write_bytes(path.read_bytes().replace(b"permitrootlogin", b"permitrootlogim", 1))
    with pytest.raises(EvidenceError, match=r"record 1 \(audited, host facts\).*was changed"):
        read_evidence(copy)


@pytest.mark.parametrize("keep", [0, 1, 40, -1])
def test_a_shortened_chain_is_found(copy: Path, keep: int) -> None:
    lines = lines_of(copy)[:keep]
    (copy / CHAIN).write_text("".join(f"{line}\n" for line in lines))
    with pytest.raises(EvidenceError, match=r"were signed|no intact JSON|cut off"):
        read_evidence(copy)


def test_another_signer_is_refused_when_the_key_is_pinned(copy: Path, tmp_path: Path) -> None:
    key = signing.public_key(signing_key())
    assert read_evidence(copy, key.fingerprint).signer == key
    assert read_evidence(copy, f"{key.kind} {key.blob} a comment").signer == key
    thief = tmp_path / "thief"
    signing.make_key(thief)
    (copy / SIGNATURE).write_text(signing.sign((copy / HEAD).read_bytes(), thief))
    with pytest.raises(SigningError, match="does not fit"):
        read_evidence(copy)
    (copy / SIGNERS).write_text(signing.public_key(thief).allowed_signers)
    assert read_evidence(copy).signer == signing.public_key(thief)
    with pytest.raises(SigningError, match=re.escape(f"not by {key.fingerprint}")):
        read_evidence(copy, key.fingerprint)


def test_a_signature_for_another_purpose_is_refused(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "head").write_bytes((copy / HEAD).read_bytes())
    argv = ["ssh-keygen", "-q", "-Y", "sign", "-n", "file", "-f", str(signing_key())]
    signature = signing._run(argv, (copy / HEAD).read_bytes(), "test")
    (copy / SIGNATURE).write_bytes(signature)
    with pytest.raises(SigningError):
        read_evidence(copy)


def test_an_unknown_format_is_refused_with_the_remedy(copy: Path) -> None:
    write_head(copy, json.loads((copy / HEAD).read_text()) | {"format": 2})
    with pytest.raises(EvidenceError, match=r"format '2'; this version reads 1: use the Watchf"):
        read_evidence(copy)


def test_facts_of_another_device_are_refused(copy: Path) -> None:
    lines = lines_of(copy)
    lines = [line.replace('"device":"lost"', '"device":"audited2"') for line in lines]
    forge(copy, lines)
    with pytest.raises(EvidenceError, match="are another device's"):
        read_evidence(copy)


def test_a_verdict_without_its_case_is_refused(copy: Path) -> None:
    lines = [line for line in lines_of(copy) if '"kind":"case"' not in line]
    forge(copy, lines)
    with pytest.raises(EvidenceError, match="rests on facts that no case has"):
        read_evidence(copy)


def _link_to_elsewhere(path: Path) -> None:
    kept = path.rename(path.with_name("elsewhere"))
    path.symlink_to(kept)


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _huge(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(2**40)


@pytest.mark.parametrize("trick", [_link_to_elsewhere, _pipe, _folder, Path.unlink, _huge])
@pytest.mark.parametrize("name", [CHAIN, HEAD, SIGNATURE, SIGNERS, "object"])
def test_tricks_with_files_are_refused(
    copy: Path, name: str, trick: Callable[[Path], None]
) -> None:
    path = largest_object(copy) if name == "object" else copy / name
    trick(path)
    with pytest.raises(EvidenceError, match=r"cannot be read|is not a regular file|larger than"):
        read_evidence(copy)


def test_a_linked_objects_folder_is_refused(copy: Path) -> None:
    (copy / "objects").rename(copy / "moved")
    (copy / "objects").symlink_to(copy / "moved")
    with pytest.raises(EvidenceError, match="no evidence folder"):
        read_evidence(copy)


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "/etc/passwd", "..", "A" * 64, "0" * 63, "0" * 63 + "/"]
)
def test_no_object_can_lie_outside(copy: Path, name: str) -> None:
    lines = lines_of(copy)
    lines[1] = canonical(json.loads(lines[1]) | {"facts": name}).decode()
    forge(copy, lines)
    with pytest.raises(EvidenceError, match=r"record 1: case\.facts"):
        read_evidence(copy)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[" * 100_000,
        b'{"format":NaN}',
        b'{"format":1,"format":1}',
        b'{"format": 1}',
        b"\xff\xfe",
        b"1" * 5000,
        b"null",
        b"{}",
    ],
)
def test_odd_json_is_refused(copy: Path, content: bytes) -> None:
    (copy / HEAD).write_bytes(content)
    (copy / SIGNATURE).write_text(signing.sign(content, signing_key()))
    with pytest.raises(EvidenceError):
        read_evidence(copy)


@pytest.mark.parametrize("sign", ["\x1b[2J", "\x07", "\u202e", "\n"])
def test_text_that_would_move_a_terminal_is_refused(copy: Path, sign: str) -> None:
    lines = lines_of(copy)
    at = next(n for n, line in enumerate(lines) if '"finding":' in line)
    value = json.loads(lines[at])
    lines[at] = canonical(value | {"finding": f"all {sign}is well"}).decode()
    forge(copy, lines)
    with pytest.raises(EvidenceError, match="cannot be printed"):
        read_evidence(copy)


def test_a_host_cannot_put_such_text_into_findings(tmp_path: Path) -> None:
    sections = texts("hardened-debian-12")
    sections["accounts"] += "passwd\tevil\x1b[2J\u202e:x:0:0::/root:/bin/sh\n"
    found = read_evidence(written(tmp_path, cases=(Case(scope(), reading(sections)),)))
    finding = next(r.finding for r in found.verdicts if r.control == "auth-uid0")
    assert finding == "uid 0 belongs to root, evil\\x1b[2J\\u202e"


def test_files_that_are_no_part_of_it_are_told(copy: Path) -> None:
    (copy / "notes.txt").write_text("trust me")
    (copy / "objects" / f"{'0' * 64}.json").write_text("{}")
    assert read_evidence(copy).strays == ("notes.txt", f"objects/{'0' * 64}.json")


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


def test_replaying_with_other_facts_would_differ(tmp_path: Path) -> None:
    """The replay reads the facts: the same records over other facts do not hold."""
    found = read_evidence(written(tmp_path))
    swapped = replace(found, cases=(case("hardened-debian-12"), found.cases[1]))
    assert not replay(swapped).same

"""Any change to evidence is found and named, and hostile evidence is refused."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitors.baseline import signing
from monitors.baseline.canonical import canonical
from monitors.baseline.errors import EvidenceError, SigningError
from monitors.baseline.judge import Case
from monitors.baseline.reading import read_evidence
from tests.monitors.baseline.evidence import signing_key, written
from tests.monitors.baseline.recorded import reading, scope, texts
from tests.monitors.baseline.tampering import (
    CHAIN,
    HEAD,
    SIGNATURE,
    SIGNERS,
    forge,
    largest_object,
    lines_of,
    write_head,
)


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

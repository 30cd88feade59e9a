import base64
from pathlib import Path

import pytest

from deploy.known_hosts import (
    EnrollError,
    Verdict,
    fingerprints,
    judge,
    read_fingerprints,
    save_host_keys,
    scanned_keys,
)
from inventory.host_keys import (
    HostKey,
    HostKeyFileError,
    alias,
    host_key,
    read_host_keys,
)
from tests.deploy.hosts import center


def key(seed: int, kind: str = "ssh-ed25519") -> HostKey:
    name = kind.encode()
    blob = len(name).to_bytes(4, "big") + name + b"\0\0\0\x20" + bytes([seed]) * 32
    return host_key(f"{kind} {base64.b64encode(blob).decode()}")


A, B, OTHER = key(1), key(2), key(3, "ecdsa-sha2-nistp256")


def test_a_fingerprint_is_as_openssh_prints_it() -> None:
    shown = host_key(
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC4AYu2TcNSGiSh/lE+ClIifPQCU8DwMUki5L7YUUFXk"
    )
    assert shown.fingerprint == "SHA256:H/Mway98A+o/+6xt/7GwcAuRQZolTJQrvxJRF4Cho74"


def test_with_a_fingerprint_only_the_proved_key_is_recorded() -> None:
    case = judge("h", [A, OTHER], [], [A.fingerprint])
    assert (case.verdict, case.record, case.needs_person) == (Verdict.NEW, (A,), False)


def test_without_a_fingerprint_a_person_has_to_compare() -> None:
    case = judge("h", [A, OTHER], [], [])
    assert (case.verdict, case.record, case.needs_person) == (Verdict.NEW, (A, OTHER), True)


def test_a_wrong_fingerprint_is_never_recorded() -> None:
    assert judge("h", [A], [], [B.fingerprint]).verdict is Verdict.MISMATCH
    assert judge("h", [A], [B], [B.fingerprint], replace=True).verdict is Verdict.MISMATCH


def test_a_changed_key_is_replaced_only_when_asked() -> None:
    assert judge("h", [A], [B], [A.fingerprint]).verdict is Verdict.CHANGED
    assert judge("h", [A], [B], [A.fingerprint], replace=True).record == (A,)


def test_a_known_host_stays_and_a_silent_one_is_said() -> None:
    assert judge("h", [A, OTHER], [A], []).verdict is Verdict.KNOWN
    assert judge("h", [], [A], []).verdict is Verdict.SILENT


def test_a_scan_is_read_and_noise_is_not() -> None:
    output = f"# 10.0.0.1:22 SSH-2.0\n10.0.0.1 {OTHER}\n10.0.0.1 {A}\n10.0.0.1 ssh-dss AAAA\nx\n"
    assert scanned_keys(output) == (A, OTHER)


@pytest.mark.parametrize("text", ["ssh-ed25519", "ssh-ed25519 ???", f"ssh-rsa {A.blob}", "x y"])
def test_what_is_no_host_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"host key|base64|agree"):
        host_key(text)


def test_fingerprints_are_taken_as_ssh_keygen_prints_them(tmp_path: Path) -> None:
    line = f"256 {A.fingerprint} root@web-1 (ED25519)"
    assert fingerprints([line]) == (A.fingerprint,)
    path = tmp_path / "prints"
    path.write_text(f"# from the consoles\n\nweb-1 {line}\nweb-1 256 {B.fingerprint} x\n")
    assert read_fingerprints(path) == {"web-1": (A.fingerprint, B.fingerprint)}
    path.write_text("web-1 MD5:aa\n")
    with pytest.raises(EnrollError, match="prints:1"):
        read_fingerprints(path)
    with pytest.raises(EnrollError, match="is no fingerprint"):
        fingerprints(["MD5:aa"])


def test_the_managed_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "state/known_hosts"
    assert read_host_keys(path) == {}
    there = center()
    name = alias(there, there.devices["web-1"])
    assert name == "id-web-1.tiny"
    save_host_keys(path, {name: (A, OTHER)})
    assert set(read_host_keys(path)[name]) == {A, OTHER}


def test_a_damaged_file_is_an_error_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_text(f"# mine\nweb {A}\nweb nonsense\n")
    with pytest.raises(HostKeyFileError, match=r"known_hosts:3: .*enroll the device again"):
        read_host_keys(path)

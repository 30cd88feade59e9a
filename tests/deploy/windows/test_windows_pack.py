"""The pack for Windows consoles: every file as it was agreed, signed, and safe to run."""

import os
import subprocess
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from deploy.windows.pack import NAMESPACE, PackError, pack, quoted, write
from deploy.windows.policy import WindowsPolicy, policy
from inventory.assets import example_center
from inventory.baseline import Baseline
from inventory.desks import Desk, Dispatch
from inventory.model import Device, Kind
from tests.deploy.hosts import center, server
from tests.requirements import need
from watchfloor.cli.root import root

GOLDEN = Path(__file__).parent / "golden"
TODAY = date(2026, 3, 1)
DESK = Desk(
    start_pages=("https://cad.tiny.example/",),
    dispatch=Dispatch(
        reason="It must not lose a call", place="Room 1", approver="LASO", expires=date(2026, 6, 1)
    ),
)


def console(**more: object) -> Device:
    return server(
        "con-9", "10.9.1.9", kind=Kind.CONSOLE, os="windows-11", roles=(), title="Shift", **more
    )


CENTER = center(devices={**center().devices, "con-9": console(desk=DESK)})


def value(found: WindowsPolicy, name: str) -> str:
    return next(each.data for each in found.values if each.name == name)


def rule(found: WindowsPolicy, name: str) -> int:
    return next(each.value for each in found.rules if each.name == name)


def test_the_pack_is_as_agreed() -> None:
    files = pack(CENTER, TODAY)
    if os.environ.get("WATCHFLOOR_UPDATE_GOLDEN"):
        for name, text in files.items():
            (GOLDEN / name).parent.mkdir(parents=True, exist_ok=True)
            (GOLDEN / name).write_text(text)
    known = {str(path.relative_to(GOLDEN)): path for path in GOLDEN.rglob("*") if path.is_file()}
    assert files.keys() == known.keys()
    assert {name: path.read_text() for name, path in known.items()} == files


def test_the_policy_follows_the_baseline() -> None:
    strict = Baseline(
        lockout_attempts=3, lockout_release_s=600, lockout_window_s=901, password_min_length=20
    )
    found = policy(CENTER, console(baseline=strict), TODAY)
    assert (rule(found, "LockoutBadCount"), rule(found, "ResetLockoutCount")) == (3, 16)
    assert rule(found, "LockoutDuration") == 16, "Windows wants it no shorter than the window"
    assert rule(found, "MinimumPasswordLength") == 20
    assert value(found, "RelaxMinimumPasswordLengthLimits") == "1"
    plain = policy(CENTER, console(), TODAY)
    assert rule(plain, "LockoutDuration") == -1
    assert value(plain, "InactivityTimeoutSecs") == "1800"
    assert value(plain, "NtpServer") == "10.9.1.51,0x9 10.9.1.52,0x9"


def test_an_exemption_that_ran_out_locks_again() -> None:
    late = policy(CENTER, console(desk=DESK), date(2026, 6, 2))
    assert value(late, "InactivityTimeoutSecs") == "1800"
    assert "ran out" in late.lock.note
    assert value(policy(CENTER, console(desk=DESK), TODAY), "InactivityTimeoutSecs") == "0"


@given(st.text())
def test_nothing_gets_out_of_a_quoted_string(text: str) -> None:
    inside = quoted(text)[1:-1]
    for sign in "'\u2018\u2019\u201a\u201b":
        inside = inside.replace(sign * 2, "")
        assert sign not in inside


def test_the_signature_covers_every_file(tmp_path: Path) -> None:
    files, folder = pack(CENTER, TODAY), tmp_path / "pack"
    write(files, folder, tmp_path / "state")
    verify = [need("ssh-keygen"), "-Y", "verify", "-f", "allowed_signers", "-I", "watchfloor"]
    sums = (folder / "SHA256SUMS").read_bytes()

    def is_good(content: bytes) -> bool:
        words = [*verify, "-n", NAMESPACE, "-s", "SHA256SUMS.sig"]
        done = subprocess.run(words, check=False, cwd=folder, input=content, capture_output=True)
        return done.returncode == 0

    assert is_good(sums)
    assert not is_good(sums.replace(b"a", b"b", 1))
    assert sorted(line.split("  ")[1] for line in sums.decode().splitlines()) == sorted(files)
    subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], check=True, cwd=folder)
    assert (tmp_path / "state" / "signing-key").stat().st_mode & 0o077 == 0
    with pytest.raises(PackError, match="is not empty"):
        write(files, folder, tmp_path / "state")


def test_a_center_without_windows_has_no_pack() -> None:
    with pytest.raises(PackError, match="windows-11"):
        pack(center(), TODAY)


def test_the_command_writes_the_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHFLOOR_STATE", str(tmp_path / "state"))
    out = tmp_path / "pack"
    words = ["handover", "windows", "--center", str(example_center()), "--out", str(out), "--json"]
    done = CliRunner().invoke(root, words)
    assert done.exit_code == 0, done.output
    assert '"con-11/Console.ps1"' in done.output
    assert (out / "con-12" / "CHECKLIST.md").is_file()

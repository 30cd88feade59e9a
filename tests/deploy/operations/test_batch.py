"""Steps in one go: in order, up to the first failure, and no further than the lock is held."""

import json
import subprocess
from pathlib import Path

import pytest

from deploy.change import CertificateChange, Change, FileChange, PackageChange
from deploy.operations import batch as module
from deploy.operations import journal
from deploy.operations.batch import MOST, batch, batches, done, longest
from deploy.operations.journal import AreaJournal, restore_script
from deploy.operations.scripts import script

RUN = "20260301t110203z-0a1b"


@pytest.fixture
def owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lock's card, as the host lock writes it."""
    path = tmp_path / "owner"
    monkeypatch.setattr(module, "OWNER", str(path))
    monkeypatch.setattr(journal, "TOP", str(tmp_path / "journal"))
    path.write_text(json.dumps({"owner": "me@here", "run": RUN, "since": "now"}) + "\n")
    return path


def sh(text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-s"], input=text, capture_output=True, text=True, timeout=20, check=False
    )


def test_all_steps_are_made_in_their_order(owner: Path, tmp_path: Path) -> None:
    area = AreaJournal(RUN, "banner")
    target = tmp_path / "issue"
    changes = [FileChange(path=str(target), content=f"{n}\nWATCHFLOOR\n") for n in (1, 2, 3)]
    steps = [script(change, area.step(n)) for n, change in enumerate(changes, start=1)]
    found = sh(batch(RUN, [area.open_script(None), *steps]))
    assert (found.returncode, found.stderr) == (0, "")
    assert list(done(found.stdout)) == [0, 1, 2, 3]
    assert target.read_text() == "3\nWATCHFLOOR\n"
    assert sh(restore_script([area])).returncode == 0
    assert not target.exists()


def test_it_ends_at_the_first_step_that_fails(owner: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    found = sh(batch(RUN, ["true\n", "echo 'watchfloor: no' >&2; exit 7\n", f"touch {ran}\n"]))
    assert found.returncode == 7
    assert found.stderr == "watchfloor: no\n"
    assert list(done(found.stdout)) == [0]
    assert not ran.exists()


@pytest.mark.parametrize("how", ["gone", "another", "empty"])
def test_no_step_begins_without_the_lock(owner: Path, tmp_path: Path, how: str) -> None:
    ran = tmp_path / "ran"
    let_go = {
        "gone": f"rm {owner}\n",
        "another": f'echo \'{{"run": "another"}}\' >{owner}\n',
        "empty": f": >{owner}\n",
    }[how]
    found = sh(batch(RUN, [let_go, f"touch {ran}\n"]))
    assert found.returncode == 75
    assert "its lock is lost" in found.stderr
    assert list(done(found.stdout)) == [0]
    assert not ran.exists()


def test_a_step_cannot_eat_the_next_one(owner: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    found = sh(batch(RUN, ["cat >/dev/null; true\n", f"touch {ran}\n"]))
    assert found.returncode == 0
    assert ran.exists()


def test_what_a_step_prints_is_no_report_of_another(owner: Path) -> None:
    """Only a root on the host could say so, and only of its own host."""
    found = sh(batch(RUN, ["echo watchfloor-stepped 9 9\n"]))
    assert list(done(found.stdout)) == [0]


def test_batches_hold_every_change_once_and_break_before_a_certificate() -> None:
    file = FileChange(path="/etc/issue", content="")
    signed = CertificateChange(name="a", folder="/etc/ssl/a", days=30, authority="")
    changes: list[Change] = [*[file] * (MOST + 2), signed, file]
    found = list(batches(changes))
    assert [number for part in found for number, _ in part] == list(range(1, len(changes) + 1))
    assert [len(part) for part in found] == [MOST, 2, 2]
    assert found[2][0][1] is signed
    assert list(batches([])) == []


def test_an_installation_is_given_its_time() -> None:
    assert longest(PackageChange(names=("gnome-shell",))) > 600
    assert longest(FileChange(path="/etc/issue", content="")) == 0

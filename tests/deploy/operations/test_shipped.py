"""What is shipped: sent once, counts only when whole; and a folder that is taken back."""

import hashlib
import subprocess
from pathlib import Path

import pytest

from deploy.change import ServiceChange
from deploy.operations import journal, shipments
from deploy.operations.batch import batches, longest
from deploy.operations.journal import AreaJournal, restore_script
from deploy.operations.scripts import script
from deploy.releases.packing import pack
from deploy.remote import upload
from deploy.shipped_change import FolderChange, ReleaseChange

CONTENT = bytes(range(256)) * 40
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the host keeps what was shipped."""
    folder = tmp_path / "shipments"
    for module in (shipments, upload):
        monkeypatch.setattr(module, "FOLDER", str(folder))
    return folder


def run(text: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    words = ["/bin/sh", "-c", text]
    return subprocess.run(words, input=stdin, capture_output=True, timeout=20, check=False)


def had() -> int:
    done = run(upload.presence_script(SHA256, len(CONTENT)))
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def send(content: bytes) -> None:
    assert run(upload.taking_command(SHA256, len(CONTENT)), content).returncode == 0


def test_what_has_come_is_not_sent_again(place: Path) -> None:
    assert had() == 0
    send(CONTENT[:3000])
    assert had() == 3000
    send(CONTENT[3000:])
    assert run(upload.arrival_script(SHA256)).returncode == 0
    assert (place / f"{SHA256}.tar").read_bytes() == CONTENT
    assert had() == len(CONTENT)
    assert place.stat().st_mode & 0o777 == 0o700
    assert (place / f"{SHA256}.tar").stat().st_mode & 0o777 == 0o600


def test_what_came_damaged_is_thrown_away(place: Path) -> None:
    assert had() == 0
    send(b"x" + CONTENT[1:])
    done = run(upload.arrival_script(SHA256))
    assert done.returncode == 1
    assert b"came damaged, and was thrown away; apply again" in done.stderr
    assert list(place.iterdir()) == []


def test_a_file_that_was_changed_on_the_host_is_sent_again(place: Path) -> None:
    had()
    (place / f"{SHA256}.tar").write_bytes(CONTENT[:-1] + b"x")
    assert had() == 0


def test_no_more_is_taken_than_there_is_to_send(place: Path) -> None:
    had()
    send(CONTENT + b"more")
    assert (place / f"{SHA256}.part").read_bytes() == CONTENT


@pytest.fixture
def area(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AreaJournal:
    monkeypatch.setattr(journal, "TOP", str(tmp_path / "journal"))
    opened = AreaJournal("run-1", "watchfloor")
    assert run(opened.open_script(None)).returncode == 0
    return opened


def change(place: Path, target: Path, **names: tuple[str, ...]) -> FolderChange:
    """What makes the folder's files those of a tar file, which is on the host."""
    place.mkdir(exist_ok=True)
    files = {"center.yaml": b"new\n", "profiles/odd ups.yaml": b"own\n", "same.yaml": b"other\n"}
    packed = place / "packed"
    with packed.open("wb") as out:
        pack(out, files.items())
    sha256 = hashlib.sha256(packed.read_bytes()).hexdigest()
    packed.rename(place / f"{sha256}.tar")
    size = (place / f"{sha256}.tar").stat().st_size
    return FolderChange(path=str(target), sha256=sha256, size=size, group="root", **names)


def tree(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_folder_gets_the_files_that_are_named_and_goes_back(
    area: AreaJournal, place: Path, tmp_path: Path
) -> None:
    target = tmp_path / "etc/center"
    target.mkdir(parents=True)
    for name, text in {"center.yaml": "old\n", "gone.yaml": "gone\n", "secret": "kept\n"}.items():
        (target / name).write_text(text)
    before = tree(target)
    wanted = change(
        place,
        target,
        create=("profiles/odd ups.yaml",),
        change=("center.yaml",),
        remove=("gone.yaml",),
    )
    done = run(script(wanted, area.step(1)))
    assert done.returncode == 0, done.stderr
    after = {"center.yaml": "new\n", "profiles/odd ups.yaml": "own\n", "secret": "kept\n"}
    assert tree(target) == after
    assert (target / "center.yaml").stat().st_mode & 0o777 == 0o640
    assert (target / "profiles").stat().st_mode & 0o777 == 0o750
    assert [path.name for path in target.parent.iterdir()] == ["center"]
    assert run(restore_script([area])).returncode == 0
    assert tree(target) == before


def test_a_folder_that_was_made_is_gone_after_the_undo(
    area: AreaJournal, place: Path, tmp_path: Path
) -> None:
    target = tmp_path / "etc/center"
    wanted = change(place, target, create=("center.yaml", "profiles/odd ups.yaml", "same.yaml"))
    assert run(script(wanted, area.step(1))).returncode == 0
    assert len(tree(target)) == 3
    assert run(restore_script([area])).returncode == 0
    assert not target.exists()


def test_nothing_is_touched_when_what_was_shipped_is_not_there(
    area: AreaJournal, place: Path, tmp_path: Path
) -> None:
    wanted = change(place, tmp_path / "center", create=("center.yaml",))
    (place / f"{wanted.sha256}.tar").write_bytes(b"something else")
    done = run(script(wanted, area.step(1)))
    assert done.returncode == 1
    assert b"what was shipped is not there, or not what was sent" in done.stderr
    assert not (tmp_path / "center").exists()


@pytest.mark.parametrize("name", ["../x.yaml", "/etc/passwd", "a/../b", "a\nb", ".hidden", ""])
def test_no_file_outside_of_the_folder_can_be_named(name: str) -> None:
    with pytest.raises(ValueError, match="create"):
        FolderChange(path="/etc/x", sha256=SHA256, size=1, group="root", create=(name,))


RELEASE = ReleaseChange(sha256=SHA256, size=len(CONTENT), version="1.2", python="3.11")


def test_what_is_shipped_begins_a_batch_of_its_own_and_has_its_time() -> None:
    service = ServiceChange(unit="a.service", action="start")
    found = [[number for number, _ in part] for part in batches([service, RELEASE, service])]
    assert found == [[1], [2, 3]]
    assert longest(RELEASE) == RELEASE.timeout_s


def test_a_plan_shows_version_and_digest_and_no_content() -> None:
    assert RELEASE.title == f"install Watchfloor 1.2 ({SHA256[:12]}), 0 MiB, for Python 3.11"
    assert RELEASE.diff == ()
    assert len(RELEASE.model_dump_json()) < 400

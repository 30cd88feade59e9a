"""What a host keeps of an area: restored or confirmed, alone or with others, and begun anew."""

import fcntl
import os
import subprocess
from pathlib import Path

import pytest

from deploy.change import Change, FileChange
from deploy.operations import journal
from deploy.operations.journal import MOST_TOGETHER, AreaJournal, confirm_script, restore_script
from deploy.operations.scripts import script


@pytest.fixture
def areas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[AreaJournal]:
    """Open journals that have no dead-men."""
    monkeypatch.setattr(journal, "TOP", str(tmp_path / "journal"))
    monkeypatch.setattr(journal, "LAST", str(tmp_path / "last"))
    (tmp_path / "last").write_text("run-1\n")
    names = [f"area-{number}" for number in range(MOST_TOGETHER)]
    opened = [AreaJournal("run-1", name) for name in names]
    for one in opened:
        assert run(one.open_script(None)).returncode == 0
    return opened


@pytest.fixture
def area(areas: list[AreaJournal]) -> AreaJournal:
    return areas[0]


def run(text: str) -> subprocess.CompletedProcess[str]:
    """As the worker does: through the stdin of `sh -s`."""
    return subprocess.run(
        ["/bin/sh", "-s"], input=text, capture_output=True, text=True, timeout=20, check=False
    )


def file(path: Path, content: str) -> FileChange:
    return FileChange(path=str(path), content=content)


def make(area: AreaJournal, *changes: Change) -> list[subprocess.CompletedProcess[str]]:
    return [run(script(change, area.step(n))) for n, change in enumerate(changes, start=1)]


def test_after_a_restore_no_step_and_no_confirmation_is_taken(
    area: AreaJournal, tmp_path: Path
) -> None:
    target = tmp_path / "issue"
    assert run(restore_script([area])).returncode == 0
    done = make(area, file(target, "late\n"))
    assert "the dead-man has restored the old state" in done[0].stderr
    assert not target.exists()
    assert run(confirm_script([area])).returncode != 0


def test_after_a_confirmation_nothing_is_restored(area: AreaJournal, tmp_path: Path) -> None:
    target = tmp_path / "issue"
    make(area, file(target, "new\n"))
    assert run(confirm_script([area])).returncode == 0
    run(f"sh {area.folder}/restore")
    assert target.read_text() == "new\n"


def test_the_journal_is_for_its_owner_alone(area: AreaJournal, tmp_path: Path) -> None:
    make(area, file(tmp_path / "issue", "new\n"))
    for path in Path(area.folder).rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_areas_are_restored_the_last_one_first(areas: list[AreaJournal], tmp_path: Path) -> None:
    target = tmp_path / "issue"
    target.write_text("old\n")
    for one in areas:
        make(one, file(target, f"{one.area}\n"))
    assert run(restore_script(areas)).returncode == 0
    assert target.read_text() == "old\n"


def test_what_was_never_begun_is_not_in_the_way_of_a_restore(
    area: AreaJournal, tmp_path: Path
) -> None:
    target = tmp_path / "issue"
    make(area, file(target, "new\n"))
    assert run(restore_script([area, AreaJournal("run-1", "later")])).returncode == 0
    assert not target.exists()


def test_all_areas_are_confirmed_by_one_script(areas: list[AreaJournal], tmp_path: Path) -> None:
    for one in areas:
        make(one, file(tmp_path / one.area, "new\n"))
    assert run(confirm_script(areas)).returncode == 0
    for one in areas:
        run(f"sh {one.folder}/restore")
        assert (tmp_path / one.area).read_text() == "new\n"


@pytest.mark.parametrize("guilty", range(MOST_TOGETHER))
def test_none_is_confirmed_when_one_has_restored_the_old_state(
    areas: list[AreaJournal], tmp_path: Path, guilty: int
) -> None:
    for one in areas:
        make(one, file(tmp_path / one.area, "new\n"))
    run(f"sh {areas[guilty].folder}/restore")
    done = run(confirm_script(areas))
    assert done.returncode == 1
    assert "the dead-man has restored the old state" in done.stderr
    for one in areas:
        run(f"sh {one.folder}/restore")
        assert not (tmp_path / one.area).exists()


def test_what_was_confirmed_unheard_can_still_be_taken_back(
    area: AreaJournal, tmp_path: Path
) -> None:
    make(area, file(tmp_path / "issue", "new\n"))
    run(confirm_script([area]))
    assert run(restore_script([area])).returncode == 0
    assert not (tmp_path / "issue").exists()


def test_what_was_restored_can_be_made_again_and_confirmed(
    area: AreaJournal, tmp_path: Path
) -> None:
    target = tmp_path / "issue"
    make(area, file(target, "first\n"), file(tmp_path / "other", "first\n"))
    run(restore_script([area]))
    assert run(area.open_script(None)).returncode == 0
    assert make(area, file(target, "again\n"))[0].returncode == 0
    assert run(confirm_script([area])).returncode == 0
    assert run(restore_script([area])).returncode == 0
    assert not target.exists()


def test_more_areas_than_a_shell_can_lock_are_refused() -> None:
    many = [AreaJournal("run-1", f"area-{number}") for number in range(MOST_TOGETHER + 1)]
    with pytest.raises(ValueError, match="too many"):
        confirm_script(many)


def test_what_waits_for_the_same_confirmation_is_restored_before_what_it_stands_on(
    areas: list[AreaJournal], tmp_path: Path
) -> None:
    target = tmp_path / "issue"
    target.write_text("old\n")
    for number, one in enumerate(areas):
        make(one, file(target, f"{one.area}\n"))
        os.utime(f"{one.folder}/restore", (number, number))
        (Path(one.folder) / "armed").touch()
    # The dead-men come in the order in which they were armed.
    assert run(f"sh {areas[1].folder}/restore").returncode == 0
    assert target.read_text() == "area-0\n"
    for one in areas:
        assert run(f"sh {one.folder}/restore").returncode == 0
    assert target.read_text() == "old\n"


def test_what_is_confirmed_or_has_no_dead_man_stays_when_an_earlier_area_is_restored(
    areas: list[AreaJournal], tmp_path: Path
) -> None:
    for number, one in enumerate(areas[:3]):
        make(one, file(tmp_path / one.area, "new\n"))
        os.utime(f"{one.folder}/restore", (number, number))
    (Path(areas[1].folder) / "armed").touch()
    run(confirm_script([areas[1]]))
    assert run(f"sh {areas[0].folder}/restore").returncode == 0
    assert [(tmp_path / one.area).exists() for one in areas[:3]] == [False, True, True]


def test_a_restore_that_failed_is_never_called_one_and_keeps_what_it_has(
    area: AreaJournal, tmp_path: Path
) -> None:
    target = tmp_path / "issue"
    target.write_text("old\n")
    make(area, file(target, "new\n"))
    kept = Path(area.step(1).folder) / "saved"
    with (Path(area.step(1).folder) / "undo").open("a") as undo:
        undo.write("false\n")
    for _ in range(2):
        assert run(restore_script([area])).returncode == 1
    assert kept.read_text() == "old\n"
    again = run(area.open_script(None))
    assert again.returncode == 1
    assert "not all that it had replaced could be put back" in again.stderr
    assert kept.read_text() == "old\n"


def test_a_run_that_lost_the_host_to_another_takes_nothing_back(
    area: AreaJournal, tmp_path: Path
) -> None:
    target = tmp_path / "issue"
    make(area, file(target, "new\n"))
    run(confirm_script([area]))
    (tmp_path / "last").write_text("run-2\n")
    done = run(restore_script([area]))
    assert done.returncode == 1
    assert "run run-2 has had this host since" in done.stderr
    run(f"sh {area.folder}/restore")
    assert target.read_text() == "new\n"


def test_an_area_is_not_begun_anew_while_a_step_of_it_is_at_work(
    area: AreaJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "STEP_ENDS_S", 0)
    run(restore_script([area]))
    with (Path(area.folder) / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Whoever only asks is not kept waiting by it.
        assert run(restore_script([area])).returncode == 0
        again = run(area.open_script(None))
    assert again.returncode == 1
    assert "a step of it that had no end in time is still at work" in again.stderr
    assert run(area.open_script(None)).returncode == 0

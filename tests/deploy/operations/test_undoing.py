"""An area that is undone by its journal, done again, and undone in the right order."""

import itertools
import os
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.change import Change, CommandChange, FileChange, RemovalChange
from deploy.operations import journal
from deploy.operations.journal import (
    KEPT_DAYS,
    KEPT_RUNS,
    AreaJournal,
    confirm_script,
    restore_script,
)
from deploy.operations.scripts import script
from deploy.undo_change import UndoChange

NUMBERS = itertools.count()


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(journal, "TOP", str(tmp_path / "journal"))
    return tmp_path / "journal"


def sh(text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-s"], input=text, capture_output=True, text=True, timeout=20, check=False
    )


def apply(run: str, *changes: Change, area: str = "banner") -> None:
    """A run that changes one area, and is confirmed as a risky one would be."""
    done = journaled(run, *changes, area=area)
    assert done.returncode == 0, done.stderr


def journaled(run: str, *changes: Change, area: str = "banner") -> subprocess.CompletedProcess[str]:
    opened = AreaJournal(run, area)
    assert sh(opened.open_script(None)).returncode == 0
    for number, change in enumerate(changes, start=1):
        done = sh(script(change, opened.step(number)))
        if done.returncode != 0:
            return done
    return sh(confirm_script([opened]))


def undo(
    run: str, of: str, area: str = "banner", *, is_certain: bool = True
) -> subprocess.CompletedProcess[str]:
    return journaled(run, UndoChange(run=of, area=area, is_certain=is_certain), area=area)


def file(path: Path, content: str) -> FileChange:
    return FileChange(path=str(path), content=content)


def test_a_confirmed_area_is_undone_with_all_its_steps(top: Path, tmp_path: Path) -> None:
    one, two, log = tmp_path / "one", tmp_path / "two", tmp_path / "log"
    one.write_text("old\n")
    two.write_text("gone\n")
    again = CommandChange(title="tell", command=("sh", "-c", f"cat {one} >>{log}"))
    apply("r1", file(one, "new\n"), RemovalChange(path=str(two)), again)
    done = undo("r2", "r1")
    assert done.returncode == 0, done.stderr
    assert (one.read_text(), two.read_text()) == ("old\n", "gone\n")
    # What runs follows its files again.
    assert log.read_text().endswith("old\n")


def test_undoing_twice_is_undoing_once(top: Path, tmp_path: Path) -> None:
    target = tmp_path / "one"
    apply("r1", file(target, "new\n"))
    assert undo("r2", "r1").returncode == 0
    target.write_text("mine\n")
    assert undo("r3", "r1").returncode == 0
    assert target.read_text() == "mine\n"


@pytest.mark.parametrize("how", ["restore", "undo"])
def test_an_undo_that_cuts_us_off_is_taken_back(top: Path, tmp_path: Path, how: str) -> None:
    """By the dead-man while it is not confirmed, or by somebody later."""
    target = tmp_path / "one"
    target.write_text("old\n")
    apply("r1", file(target, "new\n"), file(target, "newer\n"))
    opened = AreaJournal("r2", "banner")
    sh(opened.open_script(None))
    assert sh(script(UndoChange(run="r1", area="banner"), opened.step(1))).returncode == 0
    assert target.read_text() == "old\n"
    if how == "restore":
        assert sh(restore_script([opened])).returncode == 0
    else:
        sh(confirm_script([opened]))
        assert undo("r3", "r2").returncode == 0
    assert target.read_text() == "newer\n"
    # It is as if it had never been undone.
    assert undo("r4", "r1").returncode == 0
    assert target.read_text() == "old\n"


def test_a_later_run_is_undone_first(top: Path, tmp_path: Path) -> None:
    target = tmp_path / "one"
    target.write_text("0\n")
    apply("r1", file(target, "1\n"))
    apply("r2", file(target, "2\n"))
    refused = undo("r3", "r1")
    assert "run r2 changed it later; undo that first" in refused.stderr
    assert target.read_text() == "2\n"
    assert undo("r4", "r2").returncode == 0
    assert undo("r5", "r1").returncode == 0
    assert target.read_text() == "0\n"
    # An undo is undone in its order, too.
    assert "run r5 changed it later" in undo("r6", "r4").stderr
    assert undo("r7", "r5").returncode == 0
    assert undo("r8", "r4").returncode == 0
    assert target.read_text() == "2\n"


def test_another_area_is_in_nobodys_way(top: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    apply("r1", file(one, "1\n"), area="banner")
    apply("r2", file(two, "2\n"), area="time")
    assert undo("r3", "r1", "banner").returncode == 0
    assert (one.exists(), two.exists()) == (False, True)


def test_what_the_host_keeps_nothing_of_is_an_error_only_when_it_is_sure(top: Path) -> None:
    assert "keeps nothing of that run" in undo("r2", "r1").stderr
    assert undo("r3", "r1", is_certain=False).returncode == 0


def test_a_run_that_was_cut_short_is_undone_as_far_as_it_came(top: Path, tmp_path: Path) -> None:
    target = tmp_path / "one"
    target.write_text("old\n")
    opened = AreaJournal("r1", "banner")
    sh(opened.open_script(None))
    sh(script(file(target, "new\n"), opened.step(1)))
    # The second step has written down how it is undone, and nothing else.
    text = script(file(target, "newer\n"), opened.step(2))
    sh(text.replace(f"sh {opened.step(2).folder}/do", "exit 9"))
    assert (Path(opened.folder) / "0002/undo").exists()
    assert undo("r2", "r1", is_certain=False).returncode == 0
    assert target.read_text() == "old\n"


def test_an_undo_that_fails_goes_on_where_it_stood(top: Path, tmp_path: Path) -> None:
    one, folder = tmp_path / "one", tmp_path / "folder"
    one.write_text("old\n")
    folder.mkdir()
    apply("r1", file(one, "new\n"), file(folder / "two", "new\n"))
    undo_of_two = top / "r1/banner/0002/undo"
    whole = undo_of_two.read_text()
    undo_of_two.write_text("echo cannot >&2; exit 1\n")
    refused = undo("r2", "r1")
    assert refused.returncode == 1
    assert "cannot" in refused.stderr
    assert one.read_text() == "old\n"
    undo_of_two.write_text(whole)
    one.write_text("mine\n")
    assert undo("r3", "r1").returncode == 0
    assert not (folder / "two").exists()
    assert one.read_text() == "mine\n"


@given(
    contents=st.lists(st.none() | st.text(st.characters(codec="utf-8"), max_size=20), max_size=4),
    before=st.none() | st.text(st.characters(codec="utf-8"), max_size=20),
)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_undo_and_redo_are_exact(
    top: Path, tmp_path: Path, contents: list[str | None], before: str | None
) -> None:
    """Files come, change and go in one area: undone it is as before, done again as after."""
    number = next(NUMBERS)
    target = tmp_path / f"file-{number}"
    area = f"area{number}"
    if before is not None:
        target.write_bytes(before.encode())
    steps: list[Change] = [
        RemovalChange(path=str(target)) if content is None else file(target, content)
        for content in contents
    ]
    apply("r1", *steps, area=area)
    after = target.read_bytes() if target.exists() else None
    assert undo("r2", "r1", area).returncode == 0
    assert (target.read_bytes() if target.exists() else None) == (
        None if before is None else before.encode()
    )
    assert undo("r3", "r2", area).returncode == 0
    assert (target.read_bytes() if target.exists() else None) == after


def test_old_runs_are_forgotten_and_recent_and_few_ones_never(top: Path, tmp_path: Path) -> None:
    old = time.time() - (KEPT_DAYS + 2) * 86400
    top.mkdir()
    names = [f"20240101t0000{number:02}z-ab" for number in range(KEPT_RUNS + 3)]
    for name in names:
        (top / name).mkdir()
        if name != names[1]:
            os.utime(top / name, (old, old))
    apply("20250101t000000z-ab", file(tmp_path / "one", "1\n"))
    # Of the four that are one too many, one is young.
    assert sorted(path.name for path in top.iterdir()) == [
        names[1],
        *names[4:],
        "20250101t000000z-ab",
    ]


def test_few_runs_are_kept_however_old(top: Path, tmp_path: Path) -> None:
    old = time.time() - 900 * 86400
    (top / "20200101t000000z-ab").mkdir(parents=True)
    os.utime(top / "20200101t000000z-ab", (old, old))
    apply("20250101t000000z-ab", file(tmp_path / "one", "1\n"))
    assert (top / "20200101t000000z-ab").exists()

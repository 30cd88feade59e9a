"""The scripts that hosts run, run here: their paths are data, so they work in a test's folder."""

import subprocess
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.change import (
    Change,
    CommandChange,
    FileChange,
    PackageChange,
    RemovalChange,
    RulesetChange,
    ServiceChange,
)
from deploy.operations import journal
from deploy.operations.journal import AreaJournal, restore_script
from deploy.operations.scripts import SCRIPTS, script


@pytest.fixture
def area(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AreaJournal:
    """An area whose journal is open, and has no dead-man."""
    monkeypatch.setattr(journal, "TOP", str(tmp_path / "journal"))
    opened = AreaJournal("run-1", "banner")
    assert run(opened.open_script(None)).returncode == 0
    return opened


def run(text: str) -> subprocess.CompletedProcess[str]:
    """As the worker does: through the stdin of `sh -s`."""
    return subprocess.run(
        ["/bin/sh", "-s"], input=text, capture_output=True, text=True, timeout=20, check=False
    )


def file(path: Path, content: str, **more: object) -> FileChange:
    return FileChange.model_validate({"path": str(path), "content": content, **more})


def make(area: AreaJournal, *changes: Change) -> list[subprocess.CompletedProcess[str]]:
    return [run(script(change, area.step(n))) for n, change in enumerate(changes, start=1)]


def test_a_file_is_made_with_its_mode_and_unmade(area: AreaJournal, tmp_path: Path) -> None:
    target = tmp_path / "new/issue"
    done = make(
        area, FileChange(path=str(target), content="hello\n", mode=0o640, folder_mode=0o700)
    )
    assert done[0].returncode == 0, done[0].stderr
    assert target.read_text() == "hello\n"
    assert target.stat().st_mode & 0o7777 == 0o640
    assert target.parent.stat().st_mode & 0o7777 == 0o700
    assert run(restore_script([area])).returncode == 0
    assert not target.exists()


def test_the_folders_above_a_file_can_be_entered_by_whom_the_file_is_for(
    area: AreaJournal, tmp_path: Path
) -> None:
    target = tmp_path / "above/beside/file"
    assert make(area, file(target, "hello\n"))[0].returncode == 0
    for folder in (target.parent, target.parent.parent):
        assert folder.stat().st_mode & 0o7777 == 0o755


def test_steps_are_undone_in_reverse_and_once(area: AreaJournal, tmp_path: Path) -> None:
    target = tmp_path / "issue"
    target.write_text("old\n")
    target.chmod(0o604)
    make(area, file(target, "one\n"), file(target, "two\n", mode=0o600))
    assert target.read_text() == "two\n"
    assert run(restore_script([area])).returncode == 0
    assert target.read_text() == "old\n"
    assert target.stat().st_mode & 0o7777 == 0o604
    target.write_text("later\n")
    assert run(restore_script([area])).returncode == 0
    assert target.read_text() == "later\n"


def test_a_link_is_replaced_and_comes_back_as_a_link(area: AreaJournal, tmp_path: Path) -> None:
    other, target = tmp_path / "other", tmp_path / "issue"
    other.write_text("untouched\n")
    target.symlink_to(other)
    make(area, file(target, "mine\n"))
    assert (target.is_symlink(), target.read_text()) == (False, "mine\n")
    assert other.read_text() == "untouched\n"
    run(restore_script([area]))
    assert target.readlink() == other


def test_a_link_planted_for_the_candidate_is_not_followed(
    area: AreaJournal, tmp_path: Path
) -> None:
    victim, target = tmp_path / "shadow", tmp_path / "authorized_keys"
    victim.write_text("secret\n")
    (tmp_path / ".authorized_keys.watchfloor-new").symlink_to(victim)
    done = make(area, file(target, "key\n"))
    assert done[0].returncode == 0, done[0].stderr
    assert victim.read_text() == "secret\n"
    assert target.read_text() == "key\n"


def test_a_candidate_that_is_refused_changes_nothing(area: AreaJournal, tmp_path: Path) -> None:
    target = tmp_path / "conf"
    target.write_text("good\n")
    done = make(area, file(target, "bad\n", validate_with=("grep", "-q", "good", "{}")))
    assert done[0].returncode == 1
    assert f"watchfloor: grep refuses the new {target}" in done[0].stderr
    assert target.read_text() == "good\n"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_whole_that_is_refused_brings_the_old_file_back(
    area: AreaJournal, tmp_path: Path
) -> None:
    target = tmp_path / "conf"
    target.write_text("good\n")
    done = make(area, file(target, "bad\n", check_with=("grep", "-q", "good", str(target))))
    assert "refuses its configuration" in done[0].stderr
    assert target.read_text() == "good\n"


def test_a_removed_file_comes_back(area: AreaJournal, tmp_path: Path) -> None:
    target = tmp_path / "stale.conf"
    target.write_text("old\n")
    target.chmod(0o604)
    done = make(area, RemovalChange(path=str(target)))
    assert done[0].returncode == 0, done[0].stderr
    assert not target.exists()
    run(restore_script([area]))
    assert (target.read_text(), target.stat().st_mode & 0o7777) == ("old\n", 0o604)


def test_a_command_runs_again_when_the_old_files_are_back(
    area: AreaJournal, tmp_path: Path
) -> None:
    rules, loaded = tmp_path / "rules", tmp_path / "loaded"
    rules.write_text("old\n")
    load = CommandChange(title="load", command=("cp", str(rules), str(loaded)))
    make(area, file(rules, "new\n"), load)
    assert loaded.read_text() == "new\n"
    run(restore_script([area]))
    assert loaded.read_text() == "old\n"


def test_a_command_that_fails_says_its_own_words(area: AreaJournal, tmp_path: Path) -> None:
    done = make(area, CommandChange(title="look", command=("ls", str(tmp_path / "nowhere"))))
    assert done[0].returncode == 1
    assert "watchfloor: ls failed: " in done[0].stderr
    assert "nowhere" in done[0].stderr


@given(content=st.text(st.characters(codec="utf-8"), max_size=300))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_content_arrives_as_it_is(area: AreaJournal, tmp_path: Path, content: str) -> None:
    target = tmp_path / "it's $(a) `strange` name"
    done = make(area, file(target, content))
    assert done[0].returncode == 0, done[0].stderr
    assert target.read_bytes() == content.encode()


@given(text=st.text(max_size=200))
def test_a_here_document_never_ends_early(text: str) -> None:
    first, *_ = journal.here_document("cat", "/x", text).splitlines()
    end = first.rpartition("'")[0].rpartition("'")[2]
    assert end not in text


@pytest.mark.parametrize(
    "change",
    [
        PackageChange(names=("chrony",)),
        RulesetChange(table="watchfloor"),
        *(
            ServiceChange.model_validate({"unit": "ssh.service", "action": action})
            for action in (
                "enable",
                "start",
                "restart",
                "reload",
                "disable",
                "stop",
                "mask",
                "unmask",
            )
        ),
    ],
    ids=lambda change: change.title,
)
def test_every_script_is_shell_and_writes_its_undo_first(change: Change) -> None:
    text = script(change, AreaJournal("r1", "a").step(1))
    checked = subprocess.run(["sh", "-n"], input=text, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    verb = {"package": "apt-get", "ruleset": "nft -f /etc", "service": "systemctl"}[change.kind]
    body = text.rpartition("undo.new")[2]
    assert verb in body


@pytest.mark.parametrize("name", ["../etc", "a b", "", "a;b", "x" * 65])
def test_no_name_leads_out_of_the_journal(name: str) -> None:
    with pytest.raises(ValueError, match="cannot name a folder"):
        AreaJournal(name, "ssh")


def test_every_kind_of_change_of_a_host_has_its_script() -> None:
    kinds = {kind.__name__ for kind in get_args(get_args(Change)[0]) if kind not in SCRIPTS}
    # The others are made by visits to other gear.
    ours = {name for name in kinds if not name.startswith(("Bmc", "Lines", "Preset", "Display"))}
    assert ours == {"FileChange", "CertificateChange"}

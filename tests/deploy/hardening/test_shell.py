"""Shells: what they start with decides, and other files' lines do not come first."""

from dataclasses import replace

import pytest

from deploy.change import FileChange
from deploy.hardening import shell
from inventory.facts.shell import BASHRC, DROP_IN, ShellFacts, Started
from inventory.facts.textfile import TextFile
from tests.deploy.hardening.identity_hosts import FRESH, HARDENED, shell_of, staffed

CENTER = staffed()
WANTED = shell.desired(CENTER, CENTER.devices["web-1"])


def written(facts: ShellFacts) -> dict[str, str]:
    found = shell.diff(WANTED, facts).changes
    return {change.path: change.content for change in found if isinstance(change, FileChange)}


@pytest.mark.parametrize("host", HARDENED)
def test_a_hardened_host_is_clean(host: str) -> None:
    assert shell.diff(WANTED, shell_of(host)).is_clean


@pytest.mark.parametrize("host", FRESH)
def test_a_fresh_host_gets_a_drop_in_and_a_block_for_shells_that_are_no_login(host: str) -> None:
    files = written(shell_of(host))
    assert set(files) == {BASHRC, DROP_IN}
    assert files[BASHRC].startswith("# Watchfloor: begin.")
    assert files[BASHRC].endswith(shell_of(host).file(BASHRC).content)


@pytest.mark.parametrize(
    "line", ["readonly TMOUT=0", "export TMOUT", "declare -xr TMOUT=5", "umask 000", "TMOUT=1"]
)
def test_a_line_that_comes_first_is_left_out(line: str) -> None:
    facts = shell_of(HARDENED[0])
    early = TextFile("/etc/profile.d/00-x.sh", "file", 0o644, "root", "root", f"{line}\nX=1\n")
    files = written(replace(facts, files=(*facts.files, early)))
    assert files == {early.path: f"# left out by Watchfloor: {line}\nX=1\n"}


def test_a_block_that_was_edited_is_replaced_and_not_doubled() -> None:
    facts = shell_of(HARDENED[0])
    whole = facts.file(BASHRC)
    edited = replace(whole, content=whole.content.replace("umask 027", "umask 022"))
    files = tuple(edited if file.path == BASHRC else file for file in facts.files)
    assert written(replace(facts, files=files)) == {BASHRC: whole.content}


@pytest.mark.parametrize(
    ("login", "said"),
    [
        (None, "did not start"),
        (Started("0022", "900", is_fixed=True), "umask 0022"),
        (Started("0027", "none", is_fixed=False), "TMOUT none"),
        (Started("0027", "900", is_fixed=False), "switch TMOUT off"),
    ],
)
def test_what_a_shell_says_decides_when_the_files_are_right(
    login: Started | None, said: str
) -> None:
    found = shell.diff(WANTED, replace(shell_of(HARDENED[0]), login=login))
    assert found.changes == ()
    assert said in found.unmet[0]

"""sudo: what holds in the end decides, whoever's file says it."""

from dataclasses import replace

import pytest

from deploy.hardening import sudo
from inventory.facts.sudo import SudoFacts, Unasked, is_drop_in
from inventory.facts.textfile import TextFile
from tests.deploy.hardening.identity_hosts import FRESH, HARDENED, staffed, sudo_of

CENTER = staffed()
WANTED = sudo.desired(CENTER, CENTER.devices["web-1"])
TRUSTED = frozenset({"wf-deploy"})


def with_file(facts: SudoFacts, path: str, content: str, mode: int = 0o440) -> SudoFacts:
    return replace(
        facts, files=(*facts.files, TextFile(path, "file", mode, "root", "root", content))
    )


@pytest.mark.parametrize("host", HARDENED)
def test_a_hardened_host_is_clean(host: str) -> None:
    assert sudo.diff(WANTED, sudo_of(host)).is_clean


@pytest.mark.parametrize("host", FRESH)
def test_a_fresh_host_gets_one_file_that_is_read_last(host: str) -> None:
    (change,) = sudo.diff(WANTED, sudo_of(host)).changes
    assert change.title == "create /etc/sudoers.d/zz-watchfloor"


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("tech ALL=(ALL) NOPASSWD: ALL\n", "tech ALL=(ALL) ALL\n"),
        ("%sudo ALL=(ALL) NOPASSWD:SETENV: ALL\n", "%sudo ALL=(ALL) SETENV: ALL\n"),
        ("wf-deploy ALL=(ALL) NOPASSWD:ALL\n", "wf-deploy ALL=(ALL) NOPASSWD:ALL\n"),
        ("Defaults !authenticate\n", "# left out by Watchfloor: Defaults !authenticate\n"),
        ("# tech NOPASSWD: ALL\n", "# tech NOPASSWD: ALL\n"),
        ("tech ALL = /bin/a, NOPASSWD : /bin/b\n", "tech ALL = /bin/a, /bin/b\n"),
    ],
)
def test_others_keep_their_rules_but_not_the_way_past_the_password(line: str, left: str) -> None:
    assert sudo.asking(line, TRUSTED) == left
    assert sudo.asking(left, TRUSTED) == left


def test_a_drop_in_of_somebody_is_repaired_with_the_mode_that_sudo_wants() -> None:
    path = "/etc/sudoers.d/99-mine"
    facts = with_file(sudo_of(HARDENED[0]), path, "analyst ALL=(ALL) NOPASSWD: ALL\n", 0o644)
    (change,) = sudo.diff(WANTED, facts).changes
    assert change.title == f"change {path}"
    assert getattr(change, "mode", 0) == 0o440


def test_what_no_line_explains_is_unmet() -> None:
    whole = sudo_of(HARDENED[0])
    odd = replace(
        whole,
        defaults={**whole.defaults, "use_pty": "false"},
        unasked=(*whole.unasked, Unasked("%admins", ("ALL",))),
    )
    unmet = sudo.diff(WANTED, odd).unmet
    assert any("use_pty is false, not true" in each for each in unmet)
    assert any("asks %admins for no password" in each for each in unmet)


def test_what_the_accounts_own_file_says_is_that_areas_to_repair() -> None:
    whole = sudo_of(HARDENED[0])
    files = tuple(
        replace(file, content=f"{file.content}analyst ALL=(ALL) NOPASSWD: ALL\n")
        if file.path == "/etc/sudoers.d/10-watchfloor"
        else file
        for file in whole.files
    )
    more = (*whole.unasked, Unasked("analyst", ("ALL",)))
    assert sudo.diff(WANTED, replace(whole, files=files, unasked=more)).is_clean


def test_a_configuration_that_sudo_refuses_is_unmet() -> None:
    facts = replace(sudo_of(HARDENED[0]), invalid="/etc/sudoers.d/x:1:15: syntax error")
    assert "syntax error" in sudo.diff(WANTED, facts).unmet[0]


def test_a_host_without_sudo_has_nothing_to_do() -> None:
    assert sudo.diff(WANTED, SudoFacts(False, "", {}, (), ())).is_clean


@pytest.mark.parametrize(("name", "is_read"), [("10-x", True), ("a.conf", False), ("x~", False)])
def test_sudo_leaves_out_backups(name: str, is_read: bool) -> None:
    assert is_drop_in(f"/etc/sudoers.d/{name}") is is_read

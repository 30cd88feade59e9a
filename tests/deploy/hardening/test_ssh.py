from dataclasses import replace
from typing import Any

import pytest

from deploy.area import Vantage
from deploy.change import FileChange, ServiceChange
from deploy.hardening import ssh
from deploy.hardening.ssh import DROP_IN, MAIN
from inventory.facts import sshd
from inventory.facts.sshd import SshdFacts
from inventory.facts.textfile import TextFile
from tests.deploy.hosts import DEPLOYER, VANTAGE, account, center, recorded

CENTER = center()
WANTED = ssh.desired(CENTER, CENTER.devices["web-1"])
FRESH = recorded("fresh-debian-12").read(sshd)


def file(path: str, content: str, mode: int = 0o600) -> TextFile:
    return TextFile(path, "file", mode, "root", "root", content)


MAIN_FILE = file(MAIN, "Include /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\n")
OURS = file(DROP_IN, WANTED.text)


def hardened(*more: TextFile, **fields: Any) -> SshdFacts:
    """A host that is as wanted, apart from what is given."""
    effective = {key.lower(): (value,) for key, value in WANTED.settings.items()}
    files = (MAIN_FILE, *sorted((OURS, *more), key=lambda one: one.path))
    facts = replace(FRESH, effective=effective, files=files, is_stale=False)
    return replace(facts, **fields)


def titles(facts: SshdFacts, vantage: Vantage = VANTAGE) -> list[str]:
    return [change.title for change in ssh.diff(WANTED, facts, vantage).changes]


def test_a_fresh_host_gets_the_drop_in_and_a_reload_at_the_end() -> None:
    found = titles(FRESH)
    assert found[0] == f"create {DROP_IN}"
    assert found[-1] == "reload ssh.service (its configuration)"


def test_a_hardened_host_is_clean() -> None:
    assert ssh.diff(WANTED, hardened(), VANTAGE).is_clean


def test_lines_that_are_read_before_ours_are_left_out() -> None:
    early = file("/etc/ssh/sshd_config.d/00-x.conf", "permitrootlogin=yes\nPort 22\n", 0o644)
    changes = ssh.diff(WANTED, hardened(early), VANTAGE).changes
    assert isinstance(changes[0], FileChange)
    assert changes[0].content == "# left out by Watchfloor: permitrootlogin=yes\nPort 22\n"
    assert changes[0].mode == 0o644
    assert isinstance(changes[1], ServiceChange)


def test_lines_that_are_read_after_ours_stay_unless_they_add_up() -> None:
    late = file("/etc/ssh/sshd_config.d/90-x.conf", "PermitRootLogin yes\n")
    assert titles(hardened(late)) == []
    adding = file("/etc/ssh/sshd_config.d/90-x.conf", "AllowGroups everyone\n")
    assert titles(hardened(adding))[0] == "change /etc/ssh/sshd_config.d/90-x.conf"


def test_a_match_block_stays_and_is_noted() -> None:
    text = "MaxAuthTries 9\nMatch User x\nPermitRootLogin yes\n"
    keywords = frozenset({"maxauthtries", "permitrootlogin"})
    assert ssh.without(text, keywords).endswith("Match User x\nPermitRootLogin yes\n")
    late = file("/etc/ssh/sshd_config.d/90-x.conf", "Match User x\nPermitRootLogin yes\n")
    assert "Match block" in ssh.diff(WANTED, hardened(late), VANTAGE).notes[0]


def test_a_lost_include_comes_back_before_everything_else() -> None:
    facts = hardened()
    bare = file(MAIN, "UsePAM yes\n")
    found = ssh.diff(WANTED, replace(facts, files=(bare, OURS)), VANTAGE).changes[0]
    assert isinstance(found, FileChange)
    assert found.content.startswith("Include /etc/ssh/sshd_config.d/*.conf\n")


def test_a_running_daemon_that_is_older_than_its_files_is_drift() -> None:
    assert titles(hardened(is_stale=True)) == [
        "reload ssh.service (it runs with an older configuration than its files)"
    ]


def test_what_no_file_explains_is_unmet_and_not_silently_fine() -> None:
    facts = hardened()
    other = {**facts.effective, "maxauthtries": ("6",)}
    found = ssh.diff(WANTED, replace(facts, effective=other), VANTAGE)
    assert not found.is_clean
    assert "maxauthtries" in found.unmet[0].lower()


def test_a_configuration_that_sshd_refuses_is_unmet() -> None:
    found = ssh.diff(WANTED, hardened(effective={}, invalid="line 3: bad"), VANTAGE)
    assert found.unmet == ("sshd refuses its configuration: line 3: bad",)


@pytest.mark.parametrize(
    ("deployer", "admin"),
    [
        (DEPLOYER, "root"),
        (DEPLOYER, "somebody"),
        (DEPLOYER.model_copy(update={"keys": ()}), "deployer"),
        (account("deployer", sudo="password"), "deployer"),
    ],
    ids=["root deploys", "not in the inventory", "no key", "sudo asks"],
)
def test_root_is_not_refused_before_another_can_come_back(deployer: object, admin: str) -> None:
    there = center(deployer)  # type: ignore[arg-type] # the parameters are accounts
    wanted = ssh.desired(there, there.devices["web-1"])
    assert ssh.diff(wanted, FRESH, replace(VANTAGE, admin=admin)).refusal


def test_an_idle_session_ends_within_the_baseline() -> None:
    settings = WANTED.settings
    seconds = int(settings["ClientAliveInterval"]) * int(settings["ClientAliveCountMax"])
    assert 0 < seconds <= CENTER.baseline.ssh_idle_s

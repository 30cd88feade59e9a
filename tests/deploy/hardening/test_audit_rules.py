from dataclasses import replace
from pathlib import Path

import pytest

from deploy.hardening import audit_rules as area
from deploy.hardening.audit_events import rule_groups, rules
from inventory.facts.audit import DAEMON, LOCK, RULES, SYSLOG, AuditFacts
from inventory.facts.textfile import TextFile
from inventory.facts.unit import Unit
from tests.deploy.hosts import center

CENTER = center()
WANTED = area.desired(CENTER, CENTER.devices["web-1"])
BARE = AuditFacts(
    is_container=False,
    machine="x86_64",
    installed=(),
    files=(),
    unit=Unit("auditd.service", "not-found", "inactive", ""),
    is_stale=False,
    boot=("audit=1",),
    enabled=None,
    lost=0,
    running=(),
)


def settled(**fields: object) -> AuditFacts:
    """A host whose files are as wanted, and whose kernel has their rules, locked."""
    texts = WANTED.texts(BARE)
    facts = replace(
        BARE,
        installed=("auditd",),
        files=tuple(TextFile(p, "file", 0o640, "root", "root", t) for p, t in texts.items()),
        unit=Unit("auditd.service", "loaded", "active", "enabled"),
        enabled=2,
        running=tuple(line for line in texts[RULES].splitlines() if line.startswith("-")),
    )
    return replace(facts, **fields)  # type: ignore[arg-type] # the tests name real fields


def titles(facts: AuditFacts) -> list[str]:
    return [change.title for change in area.diff(WANTED, facts).changes]


def test_a_bare_host_gets_daemon_files_and_rules_in_one_go() -> None:
    assert titles(BARE) == [
        "install auditd",
        f"create {DAEMON}",
        f"create {SYSLOG}",
        f"create {RULES}",
        f"create {LOCK}",
        "restart auditd.service (its settings)",
        "load the audit rules into the kernel",
    ]


def test_a_settled_host_is_clean() -> None:
    found = area.diff(WANTED, settled())
    assert found.is_clean
    assert not found.notes


def test_a_container_says_that_it_cannot_prove_anything() -> None:
    found = area.diff(WANTED, replace(BARE, is_container=True))
    assert found.is_clean
    assert found.notes[0].startswith("not proven")


def test_a_rule_that_left_the_kernel_is_loaded_again_while_that_is_possible() -> None:
    running = settled().running[1:]
    assert titles(settled(enabled=1, running=running)) == ["load the audit rules into the kernel"]


def test_locked_rules_wait_for_a_restart_and_are_no_failure() -> None:
    found = area.diff(WANTED, settled(running=settled().running[1:]))
    assert found.is_clean
    assert "next restart" in found.notes[0]


def test_open_rules_are_locked() -> None:
    assert titles(settled(enabled=1)) == ["load the audit rules into the kernel"]


def test_a_kernel_without_audit_is_a_finding() -> None:
    unmet = area.diff(WANTED, settled(enabled=0)).unmet
    assert titles(settled(enabled=0)) == ["load the audit rules into the kernel"]
    assert unmet == ()
    open_profile = replace(WANTED, is_locked=False)
    files = tuple(file for file in settled().files if file.path != LOCK)
    assert "is off" in area.diff(open_profile, settled(enabled=0, files=files)).unmet[0]


def test_calls_that_a_processor_lacks_are_left_out_in_64_bits_only() -> None:
    lines = [line for _, group in rule_groups("aarch64") for line in group]
    chmod = [line for line in lines if "fchmodat" in line]
    assert " -S fchmod,fchmodat " in chmod[0]
    assert " -S chmod,fchmod,fchmodat " in chmod[1]


@pytest.mark.parametrize(
    ("filed", "listed"),
    [
        ("-w /etc/sudoers.d/ -p aw -k scope", "-w /etc/sudoers.d -p wa -k scope"),
        ("-w /etc/pam.d -p wa -k x", "-a always,exit -S all -F dir=/etc/pam.d -F perm=wa -F key=x"),
        (
            "-a always,exit -F arch=b64 -C uid!=euid -F auid!=unset -S execve -k e",
            "-a always,exit -F arch=b64 -S execve -C euid!=uid -F auid!=-1 -F key=e",
        ),
        (
            "-a exit,always -F arch=b32 -S chown,fchown -F auid>=1000 -k p",
            "-a always,exit -F arch=b32 -S fchown,chown -F auid>=1000 -F key=p",
        ),
    ],
)
def test_auditctl_spells_a_rule_in_its_own_way(filed: str, listed: str) -> None:
    assert rules([filed]) == rules([listed])


def test_a_kernels_own_listing_of_our_rules_is_understood() -> None:
    # Recorded on Debian 12 in the lab's virtual machine.
    listed = (Path(__file__).parent / "audit_rules/auditctl-l.txt").read_text()
    filed = WANTED.texts(BARE)[RULES]
    assert rules(listed.splitlines()) == rules(filed.splitlines())
    assert len(rules(filed.splitlines())) == 55


def test_another_rule_is_another_rule() -> None:
    one = "-a always,exit -F arch=b64 -S chmod -F auid>=1000 -k p"
    for other in ("auid>=500", "auid<=1000"):
        assert rules([one]) != rules([one.replace("auid>=1000", other)])
    assert rules([one]) != rules([one.replace("always", "never")])
    assert rules(["-D", "-b 8192", "## text", "-e 2"]) == frozenset()

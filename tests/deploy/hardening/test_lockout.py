"""Lockout: the profile's numbers, and a count that outlives a restart."""

from dataclasses import replace

import pytest

from deploy.hardening import lockout
from deploy.hardening.lockout import RULES
from inventory.baseline import Baseline
from tests.deploy.hardening.identity_hosts import FRESH, HARDENED, pam_of, staffed


def wanted(**baseline: object) -> lockout.LockoutDesired:
    there = staffed(baseline=Baseline.model_validate(baseline))
    return lockout.desired(there, there.devices["web-1"])


@pytest.mark.parametrize("host", HARDENED)
def test_a_hardened_host_is_clean(host: str) -> None:
    assert lockout.diff(wanted(), pam_of(host)).is_clean


@pytest.mark.parametrize("host", FRESH)
def test_the_folder_is_there_before_the_rules_that_name_it(host: str) -> None:
    titles = [change.title for change in lockout.diff(wanted(), pam_of(host)).changes]
    assert titles[-1] == f"change {RULES}"
    assert titles[1].startswith("count wrong passwords in /var/lib/faillock")


@pytest.mark.parametrize(
    ("profile", "lines"),
    [
        ("cjis-6.0", {"deny = 5", "unlock_time = 0", "fail_interval = 900", "audit"}),
        ("cis-1", {"deny = 4", "unlock_time = 900"}),
        ("stig", {"deny = 3", "unlock_time = 0", "even_deny_root", "root_unlock_time = 60"}),
    ],
)
def test_the_profile_decides_and_says_against_whom(profile: str, lines: set[str]) -> None:
    rules = wanted(profile=profile)
    assert lines <= set(rules.rules.splitlines())
    assert ("even_deny_root" in rules.rules) == (profile == "stig")
    if profile == "cis-1":
        assert any("CJIS v6.0 AC-7: 0" in note for note in rules.notes)


@pytest.mark.parametrize(("tally", "counted_in"), [("", ""), ("755 root", ""), ("777 root", "/x")])
def test_a_count_that_a_restart_would_empty_is_moved(tally: str, counted_in: str) -> None:
    facts = replace(pam_of(HARDENED[0]), tally=tally, counted_in=counted_in)
    (change,) = lockout.diff(wanted(), facts).changes
    assert "which a restart does not empty" in change.title

"""Passwords: their rules, and how long they last; what has none never ages."""

from dataclasses import replace

import pytest

from deploy.account_change import AgingChange
from deploy.area import Difference
from deploy.hardening import passwords
from deploy.hardening.settings_file import with_settings
from inventory.baseline import Baseline
from inventory.facts.accounts import AccountsFacts
from inventory.facts.aging import AgingFacts, Limits
from inventory.facts.textfile import TextFile
from tests.deploy.hardening.identity_hosts import (
    FRESH,
    HARDENED,
    accounts_of,
    aging_of,
    pam_of,
    staffed,
)


def wanted(**baseline: object) -> passwords.PasswordsDesired:
    there = staffed(baseline=Baseline.model_validate(baseline))
    return passwords.desired(there, there.devices["web-1"])


def found(host: str, *limits: Limits, **baseline: object) -> Difference:
    """What would change, with other limits of some accounts."""
    return passwords.diff(
        wanted(**baseline), pam_of(host), with_limits(aging_of(host), *limits), accounts_of(host)
    )


def with_limits(aging: AgingFacts, *limits: Limits) -> AgingFacts:
    named = {each.name: each for each in (*aging.limits, *limits)}
    return replace(aging, limits=tuple(named.values()))


@pytest.mark.parametrize("host", HARDENED)
def test_a_hardened_host_is_clean(host: str) -> None:
    assert found(host).is_clean


@pytest.mark.parametrize("host", FRESH)
def test_a_fresh_host_gets_three_files_and_no_account_ages_without_a_password(host: str) -> None:
    assert [change.title for change in found(host).changes] == [
        f"{'create' if host in FRESH else 'change'} /etc/security/pwquality.conf",
        "change /etc/login.defs",
        "change /etc/default/useradd",
    ]


def test_pwquality_itself_has_every_rule() -> None:
    lines = set(wanted(password_min_length=20).quality.splitlines())
    assert {
        "minlen = 20",
        "dcredit = -1",
        "minclass = 4",
        "difok = 8",
        "dictcheck = 1",
        "enforcing = 1",
        "enforce_for_root",
    } <= lines


def test_sha512_has_its_rounds() -> None:
    defs = wanted(profile="stig").login_defs
    assert (defs["ENCRYPT_METHOD"], defs["SHA_CRYPT_MIN_ROUNDS"]) == ("SHA512", "100000")
    assert defs["UMASK"] == "077"


def test_a_password_gets_limits_and_stricter_ones_stay() -> None:
    (change,) = found(HARDENED[0], Limits("tech", 1, 90, 7, None)).changes
    assert change == AgingChange(
        user="tech", min_days=1, max_days=90, warn_days=7, inactive_days=45
    )


@pytest.mark.parametrize("name", ["wf-deploy", "analyst", "glass"])
def test_what_has_no_password_or_must_not_lose_it_does_not_age(name: str) -> None:
    (change,) = found(HARDENED[0], Limits(name, 0, 365, 7, 45)).changes
    assert isinstance(change, AgingChange)
    assert (change.max_days, change.inactive_days) == (-1, -1)


def test_an_account_of_somebody_is_not_made_to_last() -> None:
    assert found(HARDENED[0], Limits("games", 0, 365, 7, 45)).is_clean


def test_an_account_behind_glass_does_not_age_with_a_password_either() -> None:
    accounts = accounts_of(HARDENED[0])
    logins = tuple(
        replace(login, password="set") if login.name == "glass" else login
        for login in accounts.logins
    )
    facts = AccountsFacts(
        logins,
        accounts.groups,
        accounts.first_uid,
        accounts.last_uid,
        has_sudo=True,
        files=accounts.files,
    )
    assert passwords.diff(wanted(), pam_of(HARDENED[0]), aging_of(HARDENED[0]), facts).is_clean


def test_a_drop_in_that_cannot_be_unsaid_is_named() -> None:
    pam = pam_of(HARDENED[0])
    drop_in = TextFile(
        "/etc/security/pwquality.conf.d/x.conf", "file", 0o644, "root", "root", "local_users_only\n"
    )
    difference = passwords.diff(
        wanted(),
        replace(pam, files=(*pam.files, drop_in)),
        aging_of(HARDENED[0]),
        accounts_of(HARDENED[0]),
    )
    assert "local_users_only" in difference.notes[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "KEY\t1\n"),
        ("# KEY 0\nOTHER 2\n", "# KEY 0\nOTHER 2\nKEY\t1\n"),
        ("KEY 0\nOTHER 2\nKEY 3\n", "KEY\t1\nOTHER 2\n"),
        ("  KEY     1\n", "  KEY     1\n"),
        ("KEYS 4", "KEYS 4\nKEY\t1\n"),
    ],
)
def test_a_setting_stands_in_its_file_once(before: str, after: str) -> None:
    assert with_settings(before, {"KEY": "1"}, "\t") == after
    assert with_settings(after, {"KEY": "1"}, "\t") == after

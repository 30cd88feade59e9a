"""Logins that should not be, and those that must stay."""

from dataclasses import replace
from typing import Any

import pytest

from deploy.area import Difference, Vantage
from deploy.digest import digest
from deploy.hardening import logins
from inventory.baseline import Baseline
from inventory.facts.accounts import AccountsFacts
from inventory.facts.aging import AgingFacts
from tests.deploy.hardening.identity_hosts import FRESH, HARDENED, accounts_of, aging_of, staffed

HOST = HARDENED[0]
VANTAGE = Vantage(client="10.9.0.5", port=22, login="wf-deploy", admin="wf-deploy")


def wanted(**baseline: object) -> logins.LoginsDesired:
    there = staffed(baseline=Baseline.model_validate(baseline))
    return logins.desired(there, there.devices["web-1"])


def with_login(name: str, **fields: Any) -> AccountsFacts:
    facts = accounts_of(HOST)
    return replace(
        facts,
        logins=tuple(
            replace(login, **fields) if login.name == name else login for login in facts.logins
        ),
    )


def used(name: str, days_ago: int, trace_days_ago: int) -> AgingFacts:
    facts = aging_of(HOST)
    return replace(
        facts,
        logins=((name, facts.today - days_ago),),
        traces=((name, facts.today - trace_days_ago),),
    )


def found(
    accounts: AccountsFacts | None = None, aging: AgingFacts | None = None, **baseline: object
) -> Difference:
    return logins.diff(
        wanted(**baseline), accounts or accounts_of(HOST), aging or aging_of(HOST), VANTAGE
    )


def titles(difference: Difference) -> list[str]:
    return [change.title for change in difference.changes]


@pytest.mark.parametrize("host", [*FRESH, *HARDENED])
def test_debians_own_accounts_are_as_wanted(host: str) -> None:
    assert logins.diff(wanted(), accounts_of(host), aging_of(host), VANTAGE).is_clean


@pytest.mark.parametrize(
    ("name", "fields", "title"),
    [
        ("games", {"password": "empty"}, "lock the password of games (anybody could log in"),
        ("games", {"password": "set"}, "lock the password of games (a service has no password)"),
        ("games", {"shell": "/bin/bash"}, "give games the shell /usr/sbin/nologin"),
        ("analyst", {"password": "empty"}, "lock the password of analyst (anybody could"),
        ("root", {"password": "empty"}, "lock the password of root (anybody could log in"),
        ("root", {"password": "set"}, "lock the password of root (nobody logs in as root)"),
    ],
)
def test_what_should_not_be_is_found(name: str, fields: dict[str, Any], title: str) -> None:
    (only,) = titles(found(with_login(name, **fields)))
    assert only.startswith(title)


def test_root_keeps_its_password_where_the_baseline_says_so() -> None:
    kept = found(with_login("root", password="set"), root_password="console")
    assert kept.changes == ()
    assert "for the console only" in kept.notes[0]


def test_root_keeps_its_password_where_nobody_else_has_one() -> None:
    facts = with_login("root", password="set")
    alone = replace(
        facts,
        logins=tuple(
            replace(login, password="locked") if login.name != "root" else login
            for login in facts.logins
        ),
    )
    kept = found(alone)
    assert kept.changes == ()
    assert "would be shut to everybody" in kept.notes[0]


@pytest.mark.parametrize(
    ("login", "trace", "is_shut"),
    [(100, 100, True), (46, 60, True), (45, 60, False), (100, 3, False)],
)
def test_an_account_is_idle_by_all_that_is_known_of_it(
    login: int, trace: int, is_shut: bool
) -> None:
    assert bool(titles(found(aging=used("analyst", login, trace)))) is is_shut


@pytest.mark.parametrize("name", ["wf-deploy", "glass"])
def test_nobody_shuts_what_must_stay(name: str) -> None:
    assert titles(found(aging=used(name, 400, 400))) == []


def test_a_plan_outlives_midnight_and_somebodys_login() -> None:
    facts = aging_of(HOST)
    later = replace(used("analyst", 0, 0), today=facts.today + 1)
    assert digest(later) == digest(facts)


def test_an_account_without_a_login_on_record_is_not_judged() -> None:
    facts = replace(aging_of(HOST), logins=(("analyst", 0),), traces=(("analyst", 1),))
    assert titles(found(aging=facts)) == []


def test_what_was_shut_for_idleness_is_not_shut_again() -> None:
    shut = with_login("analyst", expires_day=2)
    assert titles(found(shut, used("analyst", 400, 400))) == []

"""su: behind root's own rule, before any other, by a group without members."""

from dataclasses import replace

import pytest

from deploy.hardening import su
from inventory.facts.accounts import AccountsFacts, UnixGroup
from inventory.facts.pam import PamFacts
from tests.deploy.hardening.identity_hosts import FRESH, HARDENED, accounts_of, pam_of


def titles(pam: PamFacts, accounts: AccountsFacts) -> list[str]:
    return [change.title for change in su.diff(pam, accounts).changes]


@pytest.mark.parametrize("host", HARDENED)
def test_a_hardened_host_is_clean(host: str) -> None:
    assert su.diff(pam_of(host), accounts_of(host)).is_clean


@pytest.mark.parametrize("host", FRESH)
def test_the_group_comes_before_the_rule(host: str) -> None:
    assert titles(pam_of(host), accounts_of(host)) == [
        "create group sugroup",
        "change /etc/pam.d/su",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "auth sufficient pam_rootok.so\n@include common-auth\n",
        "@include common-auth\n",
        "auth sufficient pam_rootok.so\nauth sufficient pam_wheel.so trust\n@include common-auth\n",
    ],
)
def test_nobody_but_root_gets_past_it(text: str) -> None:
    lines = su.restricted(text).splitlines()
    assert lines[:2] == ["auth sufficient pam_rootok.so", su.RULE]
    assert sum("pam_wheel.so" in line for line in lines) == 1
    assert su.restricted(su.restricted(text)) == su.restricted(text)


def test_members_of_the_group_are_taken_out() -> None:
    accounts = accounts_of(HARDENED[0])
    others = tuple(group for group in accounts.groups if group.name != su.GROUP)
    crowded = replace(accounts, groups=(*others, UnixGroup(su.GROUP, 999, ("tech",))))
    assert titles(pam_of(HARDENED[0]), crowded) == ["remove tech from group sugroup"]

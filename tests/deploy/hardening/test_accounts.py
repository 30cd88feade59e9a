from dataclasses import replace

from deploy.area import Difference
from deploy.change import FileChange
from deploy.hardening import accounts
from deploy.people_change import UserChange
from inventory.facts import accounts as facts_of_accounts
from inventory.facts.accounts import AccountsFacts, Login, UnixGroup
from inventory.facts.textfile import TextFile
from inventory.model import Account
from tests.deploy.hosts import DEPLOYER, KEY, VANTAGE, account, center, recorded

FRESH = recorded("fresh-debian-12").read(facts_of_accounts)
STRANGER = Login("mallory", 1500, 1500, "", "/home/mallory", "/bin/bash")


def difference(facts: AccountsFacts, *declared: Account) -> Difference:
    there = center(*(declared or (DEPLOYER,)))
    return accounts.diff(accounts.desired(there, there.devices["web-1"]), facts, VANTAGE)


def titles(facts: AccountsFacts, *declared: Account) -> list[str]:
    return [change.title for change in difference(facts, *declared).changes]


def with_login(login: Login, *groups: UnixGroup, files: tuple[TextFile, ...] = ()) -> AccountsFacts:
    return replace(
        FRESH,
        logins=(*FRESH.logins, login),
        groups=(*FRESH.groups, *groups),
        files=(*FRESH.files, *files),
    )


def test_a_declared_account_is_made_with_its_key_and_may_log_in() -> None:
    found = difference(FRESH)
    made = [change.title for change in found.changes]
    assert "create account deployer" in made
    assert "add deployer to group watchfloor-login" in made
    keys = next(c for c in found.changes if isinstance(c, FileChange) and "deployer" in c.path)
    assert (keys.content, keys.mode, keys.owner) == (f"{KEY}\n", 0o600, "deployer")
    assert keys.folder_mode == 0o700


def test_a_stranger_is_shut_and_one_that_is_shut_stays_so() -> None:
    assert "shut account mallory, which the inventory does not name" in titles(with_login(STRANGER))
    shut = replace(STRANGER, expires_day=1)
    assert not any("mallory" in title for title in titles(with_login(shut)))


def test_system_accounts_and_those_without_a_shell_are_left_alone() -> None:
    for login in (replace(STRANGER, uid=900), replace(STRANGER, shell="/usr/sbin/nologin")):
        assert not any("mallory" in title for title in titles(with_login(login)))


def test_the_account_that_this_run_came_in_with_is_never_shut() -> None:
    mine = replace(STRANGER, name="deployer")
    facts = with_login(mine)
    boss = account("boss", sudo="nopasswd")
    assert not any("shut account deployer" in title for title in titles(facts, boss))
    assert difference(facts, account("boss", sudo="nopasswd")).refusal


def test_a_declared_account_that_was_shut_is_opened() -> None:
    shut = replace(STRANGER, name="deployer", home="/home/deployer", expires_day=1)
    assert "open account deployer again" in titles(with_login(shut))


def test_rights_that_the_inventory_does_not_give_are_taken() -> None:
    facts = with_login(
        replace(STRANGER, name="analyst"),
        UnixGroup("sudo", 27, ("analyst",)),
        UnixGroup("watchfloor-login", 999, ("gone",)),
    )
    found = titles(facts, DEPLOYER, account("analyst"))
    assert "remove analyst from group sudo" in found
    assert "remove gone from group watchfloor-login" in found


def test_keys_added_by_hand_and_in_the_second_file_go() -> None:
    home = "/home/deployer/.ssh"
    files = tuple(
        TextFile(f"{home}/{name}", "file", 0o600, "deployer", "deployer", f"{KEY} x\n")
        for name in ("authorized_keys", "authorized_keys2")
    )
    login = replace(STRANGER, name="deployer", home="/home/deployer")
    found = titles(with_login(login, files=files))
    assert f"change {home}/authorized_keys" in found
    assert f"change {home}/authorized_keys2" in found


def test_an_account_that_the_host_has_no_role_for_is_a_stranger_there() -> None:
    elsewhere = account("mallory", roles=("app",))
    found = titles(with_login(STRANGER), DEPLOYER, elsewhere)
    assert "shut account mallory, which the inventory does not name" in found


def test_the_next_apply_has_to_be_able_to_come_in() -> None:
    assert difference(FRESH).refusal == ""
    for useless in (account("deployer", sudo="password"), account("deployer", keys=())):
        assert "deployer deploys" in difference(FRESH, useless).refusal


def test_an_auditing_key_runs_one_command() -> None:
    auditor = account("auditor", purpose="audit")
    found = difference(FRESH, DEPLOYER, auditor)
    keys = next(c for c in found.changes if isinstance(c, FileChange) and "auditor/" in c.path)
    assert keys.content.startswith('restrict,command="sudo -n /')


def test_a_title_cannot_break_out_of_its_field() -> None:
    odd = account("analyst", title="Eve: of,\x07IT")
    users = [c for c in difference(FRESH, DEPLOYER, odd).changes if isinstance(c, UserChange)]
    assert [user.comment for user in users if user.name == "analyst"] == ["Eve  of  IT"]

"""The inventory's accounts with their keys and sudo rules; other people's accounts are shut.

The rule for an account that the inventory does not name: if it is in the human range of uids and
has a shell, it is shut (password locked, account expired, which refuses keys as well). It is never
deleted, and its files stay.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from deploy.area import Difference, Vantage, everywhere
from deploy.change import Change, FileChange, PackageChange, file_change
from deploy.hardening.roster import LOGIN_GROUP, can_become_root, can_log_in, roster
from deploy.people_change import GroupChange, MemberChange, ShutChange, UserChange
from deploy.rendering import render
from inventory.facts import accounts as facts_of_accounts
from inventory.facts.accounts import AccountsFacts
from inventory.facts.area import READER
from inventory.facts.collect import HostFacts
from inventory.facts.textfile import TextFile, file_at
from inventory.model import Account, Center, Device, Purpose

FACTS = ("accounts",)
AFTER: tuple[str, ...] = ()
RISKY = True
ADMIN_FIRST = False
PACKAGES = ("sudo",)
applies = everywhere

SUDOERS = "/etc/sudoers.d/10-watchfloor"
SUDO_DEFAULTS = "/etc/sudoers.d/zz-watchfloor"
"""Area sudo's own."""
SUDO_CHECK = ("cvtsudoers", "-f", "json", "-o", "/dev/null", "/etc/sudoers")
"""Judges all of sudo's files by their grammar; `visudo -c` would blame ours for another's mode."""
_ROOT_GROUPS = ("sudo", "wheel", "admin")
"""Groups that sudo's usual configurations give everything to."""


@dataclass(frozen=True, slots=True)
class AccountsDesired:
    """Who has an account."""

    accounts: tuple[Account, ...]
    sudoers: str

    def account(self, name: str) -> Account | None:
        return next((account for account in self.accounts if account.name == name), None)


def desired(center: Center, device: Device) -> AccountsDesired:
    """The accounts whose roles the host has."""
    accounts = roster(center, device)
    return AccountsDesired(accounts, render("sudoers.j2", accounts=accounts, reader=READER))


def diff(wanted: AccountsDesired, facts: AccountsFacts, vantage: Vantage) -> Difference:
    """Declared accounts first, then the shutting of others."""
    changes: list[Change] = []
    if any(account.sudo != "none" for account in wanted.accounts) and not facts.has_sudo:
        changes.append(PackageChange(names=PACKAGES))
    if not any(group.name == LOGIN_GROUP for group in facts.groups):
        changes.append(GroupChange(name=LOGIN_GROUP))
    for account in wanted.accounts:
        changes.extend(_account(account, facts))
    changes.extend(_outsiders(wanted, facts))
    changes.extend(_sudoers(wanted, facts))
    changes.extend(_strangers(wanted, facts, vantage))
    return Difference(
        tuple(changes), refusal=_refusal(wanted, facts, vantage), notes=_notes(wanted, facts)
    )


def difference(center: Center, device: Device, facts: HostFacts, vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_accounts), vantage)


def _account(account: Account, facts: AccountsFacts) -> Iterator[Change]:
    login = facts.login(account.name)
    if login is None:
        yield UserChange(name=account.name, comment=_comment(account.title))
    elif login.is_shut:
        yield ShutChange(user=account.name, shut=False)
    groups = facts.groups_of(account.name)
    if can_log_in(account) != (LOGIN_GROUP in groups):
        yield MemberChange(user=account.name, group=LOGIN_GROUP, present=can_log_in(account))
    if account.sudo == "none":
        for group in (name for name in _ROOT_GROUPS if name in groups):
            yield MemberChange(user=account.name, group=group, present=False)
    home = login.home if login else f"/home/{account.name}"
    keys = file_at(facts.files, f"{home}/.ssh/authorized_keys")
    text = "".join(f"{_bound(account)}{key.strip()}\n" for key in account.keys)
    if text or keys.exists:
        change = file_change(keys, text, mode=0o600, owner=account.name)
        if change is not None:
            yield change.model_copy(update={"folder_mode": 0o700})
    spare = file_at(facts.files, f"{home}/.ssh/authorized_keys2")
    if spare.kind == "file" and spare.content:
        yield _emptied(spare, account.name)


def _bound(account: Account) -> str:
    """The audit account's key runs the reader and nothing else (sshd(8), AUTHORIZED_KEYS)."""
    if account.purpose is not Purpose.AUDIT:
        return ""
    return f'restrict,command="sudo -n {READER}" '


def _emptied(file: TextFile, owner: str) -> FileChange:
    """sshd reads the second file as well, so keys in it would be undeclared."""
    change = file_change(file, "", mode=0o600, owner=owner)
    assert change is not None
    return change


def _outsiders(wanted: AccountsDesired, facts: AccountsFacts) -> Iterator[Change]:
    """Members of the login group that the inventory does not let in."""
    members = next((group.members for group in facts.groups if group.name == LOGIN_GROUP), ())
    for name in members:
        if wanted.account(name) is None:
            yield MemberChange(user=name, group=LOGIN_GROUP, present=False)


def _sudoers(wanted: AccountsDesired, facts: AccountsFacts) -> Iterator[Change]:
    change = file_change(
        file_at(facts.files, SUDOERS),
        wanted.sudoers,
        mode=0o440,
        validate_with=("visudo", "-cqf", "{}"),
        check_with=SUDO_CHECK,
    )
    if change is not None:
        yield change


def _strangers(
    wanted: AccountsDesired, facts: AccountsFacts, vantage: Vantage
) -> Iterator[ShutChange]:
    for login in facts.humans:
        mine = login.name in (vantage.login, vantage.admin)
        if wanted.account(login.name) is None and not login.is_shut and not mine:
            yield ShutChange(user=login.name)


def _refusal(wanted: AccountsDesired, facts: AccountsFacts, vantage: Vantage) -> str:
    """Whatever happens, the account that deploys has to be able to come back and become root."""
    if vantage.admin == "root":
        return ""
    admin = wanted.account(vantage.admin)
    if admin is None:
        return (
            f"the deploy credential's user {vantage.admin} is no account of this host in the"
            " inventory; add it under `accounts:` with its key and `sudo: nopasswd`"
        )
    if not can_log_in(admin) or not can_become_root(admin):
        return (
            f"account {vantage.admin} deploys, so it needs a key and `sudo: nopasswd`;"
            " without them the next apply could not come in"
        )
    login = facts.login(vantage.login)
    if login is not None and login.uid != 0 and wanted.account(vantage.login) is None:
        return (
            f"this run is logged in as {vantage.login}, which the inventory does not name;"
            " name it, or log in as another account"
        )
    return ""


def _notes(wanted: AccountsDesired, facts: AccountsFacts) -> tuple[str, ...]:
    ours = {SUDOERS, SUDO_DEFAULTS, "/etc/sudoers", "/etc/sudoers.d/README"}
    others = [file.path for file in facts.sudoers if file.path not in ours]
    notes = [f"sudo also reads {path}, which Watchfloor does not manage" for path in others]
    if wanted.account("root") is None and (root := facts.login("root")) is not None:
        keys = facts.keys_of(root)
        if keys.content.strip():
            notes.append("root has SSH keys; they are of no use once area ssh is applied")
    return tuple(notes)


def _comment(title: str) -> str:
    """A title as passwd(5) can hold it."""
    return "".join(" " if sign in ":," or not sign.isprintable() else sign for sign in title)

"""Logins that should not be: none without a password, none of services, none that nobody uses.

Accounts that are there for Watchfloor itself, or for the day on which nobody else gets in, are
never shut. An account is idle only when a login of it is on record and its home is as old.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from deploy.account_change import IDLE_DAY, IdleChange, LockChange, ShellChange
from deploy.area import Difference, Vantage, everywhere
from deploy.change import Change
from deploy.hardening.conflicts import conflict_notes
from deploy.hardening.roster import roster
from inventory.facts import accounts as facts_of_accounts
from inventory.facts import aging as facts_of_aging
from inventory.facts.accounts import AccountsFacts, Login
from inventory.facts.aging import AgingFacts
from inventory.facts.collect import HostFacts
from inventory.model import Center, Device, Purpose

FACTS = ("accounts", "aging")
AFTER = ("accounts", "sudo")
RISKY = True
ADMIN_FIRST = False
applies = everywhere

NOLOGIN = "/usr/sbin/nologin"
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class LoginsDesired:
    """Whom to leave alone, and what is too long."""

    inactive_days: int
    is_root_locked: bool
    ours: frozenset[str]
    """Accounts of the inventory."""
    kept: frozenset[str]
    """Those of them that are never shut."""
    notes: tuple[str, ...]


def desired(center: Center, device: Device) -> LoginsDesired:
    """From the baseline and the accounts."""
    base = device.baseline or center.baseline
    accounts = roster(center, device)
    return LoginsDesired(
        inactive_days=base.inactive_days,
        is_root_locked=base.root_password == "locked",  # noqa: S105 - a policy
        ours=frozenset(account.name for account in accounts),
        kept=frozenset(
            account.name
            for account in accounts
            if account.break_glass or account.purpose in (Purpose.DEPLOY, Purpose.AUDIT)
        ),
        notes=conflict_notes(base, "inactive_days", "root_password"),
    )


def diff(
    wanted: LoginsDesired, accounts: AccountsFacts, aging: AgingFacts, vantage: Vantage
) -> Difference:
    """One account after the other."""
    changes: list[Change] = []
    kept = wanted.kept | {vantage.login, vantage.admin}
    for login in accounts.logins:
        changes.extend(_password(login))
        if 0 < login.uid < accounts.first_uid and login.name not in wanted.ours:
            changes.extend(_service(login))
        if login.name in wanted.ours - kept:
            changes.extend(_idle(wanted, login, aging))
    notes = [*_root_notes(wanted, accounts)]
    if (root := _root(wanted, accounts)) is not None:
        changes.append(root)
    notes += wanted.notes if changes else ()
    return Difference(tuple(changes), notes=tuple(notes))


def difference(center: Center, device: Device, facts: HostFacts, vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(
        desired(center, device),
        facts.read(facts_of_accounts),
        facts.read(facts_of_aging),
        vantage,
    )


def _password(login: Login) -> Iterator[Change]:
    if login.password == "empty":  # noqa: S105 - a state
        yield LockChange(user=login.name, reason="anybody could log in without one")


def _service(login: Login) -> Iterator[Change]:
    if login.password == "set":  # noqa: S105 - a state
        yield LockChange(user=login.name, reason="a service has no password")
    if login.has_shell:
        yield ShellChange(user=login.name, shell=NOLOGIN, reason="a service does not log in")


def _idle(wanted: LoginsDesired, login: Login, aging: AgingFacts) -> Iterator[Change]:
    days = aging.idle_days(login.name)
    is_shut = login.expires_day is not None and login.expires_day <= IDLE_DAY
    if days is not None and days > wanted.inactive_days and not is_shut:
        last = _EPOCH + timedelta(days=aging.today - days)
        yield IdleChange(user=login.name, last_day=last.isoformat())


def _root(wanted: LoginsDesired, accounts: AccountsFacts) -> Change | None:
    root = accounts.login("root")
    if root is None or root.password != "set" or not wanted.is_root_locked:  # noqa: S105
        return None
    if not _somebody_else(wanted, accounts):
        return None
    return LockChange(user="root", reason="nobody logs in as root")


def _root_notes(wanted: LoginsDesired, accounts: AccountsFacts) -> Iterator[str]:
    root = accounts.login("root")
    if root is None or root.password != "set":  # noqa: S105 - a state
        return
    if not wanted.is_root_locked:
        yield "root has a password, for the console only, as the baseline says"
    elif not _somebody_else(wanted, accounts):
        yield (
            "root keeps its password: no other account of the inventory has one, and the console"
            " would be shut to everybody"
        )


def _somebody_else(wanted: LoginsDesired, accounts: AccountsFacts) -> bool:
    """Whether another of the inventory's accounts could log in at the console."""
    return any(
        login.password == "set" and not login.is_shut  # noqa: S105 - a state
        for login in accounts.logins
        if login.name in wanted.ours and login.uid != 0
    )

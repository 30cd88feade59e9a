"""Passwords: how good a new one is, how it is kept, and how long it lasts.

Accounts without a password are left out of ageing: PAM would refuse their keys, too, on the day on
which a password that nobody has runs out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deploy.account_change import AgingChange
from deploy.area import Difference, Vantage, everywhere
from deploy.change import Change, FileChange, file_change
from deploy.hardening.conflicts import conflict_notes
from deploy.hardening.roster import roster
from deploy.hardening.settings_file import with_settings
from deploy.rendering import render
from inventory.baseline import Baseline
from inventory.facts import accounts as facts_of_accounts
from inventory.facts import aging as facts_of_aging
from inventory.facts import pam as facts_of_pam
from inventory.facts.accounts import AccountsFacts, Login
from inventory.facts.aging import AgingFacts, Limits
from inventory.facts.collect import HostFacts
from inventory.facts.pam import PamFacts
from inventory.model import Center, Device, Purpose

FACTS = ("pam", "aging", "accounts")
AFTER = ("pam",)
RISKY = False
ADMIN_FIRST = False
applies = everywhere

QUALITY = "/etc/security/pwquality.conf"
LOGIN_DEFS = "/etc/login.defs"
USERADD = "/etc/default/useradd"
_WEAKENING = frozenset({"local_users_only"})
"""Words that no other file can take back."""


@dataclass(frozen=True, slots=True)
class PasswordsDesired:
    """What new and present passwords have to be."""

    quality: str
    login_defs: Mapping[str, str]
    inactive_days: int
    limits: Limits
    """For accounts with a password; its name is empty."""
    ours: frozenset[str]
    """Accounts of the inventory."""
    ageless: frozenset[str]
    """Those whose password never runs out: the suite's own, and those behind glass."""
    notes: tuple[str, ...]


def desired(center: Center, device: Device) -> PasswordsDesired:
    """From the baseline and the accounts."""
    base = device.baseline or center.baseline
    accounts = roster(center, device)
    return PasswordsDesired(
        quality=render("pwquality.conf.j2", base=base),
        login_defs=_login_defs(base),
        inactive_days=base.inactive_days,
        limits=Limits(
            "",
            base.password_min_days,
            base.password_max_days,
            base.password_warn_days,
            base.inactive_days,
        ),
        ours=frozenset(account.name for account in accounts),
        ageless=frozenset(
            account.name
            for account in accounts
            if account.break_glass or account.purpose in (Purpose.DEPLOY, Purpose.AUDIT)
        ),
        notes=conflict_notes(
            base,
            "password_min_length",
            "password_hash",
            "password_max_days",
            "password_new_characters",
            "inactive_days",
            "umask",
        ),
    )


def diff(
    wanted: PasswordsDesired, pam: PamFacts, aging: AgingFacts, accounts: AccountsFacts
) -> Difference:
    """Files first, then the accounts that are there already."""
    changes: list[Change] = [*_files(wanted, pam, aging)]
    for login in accounts.logins:
        limits = aging.limits_of(login.name)
        if limits is not None and (change := _limits(wanted, login, limits)):
            changes.append(change)
    notes = wanted.notes if changes else ()
    return Difference(tuple(changes), notes=(*_drop_ins(pam), *notes))


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(
        desired(center, device),
        facts.read(facts_of_pam),
        facts.read(facts_of_aging),
        facts.read(facts_of_accounts),
    )


def _login_defs(base: Baseline) -> dict[str, str]:
    """login.defs(5): what useradd and passwd give to new accounts and passwords."""
    return {
        "PASS_MAX_DAYS": str(base.password_max_days),
        "PASS_MIN_DAYS": str(base.password_min_days),
        "PASS_WARN_AGE": str(base.password_warn_days),
        "ENCRYPT_METHOD": base.password_hash.upper(),
        "SHA_CRYPT_MIN_ROUNDS": str(base.password_hash_rounds),
        "SHA_CRYPT_MAX_ROUNDS": str(base.password_hash_rounds),
        "UMASK": base.umask.removeprefix("0"),
    }


def _files(wanted: PasswordsDesired, pam: PamFacts, aging: AgingFacts) -> Iterator[FileChange]:
    defs, useradd = aging.file(LOGIN_DEFS), aging.file(USERADD)
    inactive = {"INACTIVE": str(wanted.inactive_days)}
    for change in (
        file_change(pam.file(QUALITY), wanted.quality),
        file_change(defs, with_settings(defs.content, wanted.login_defs, "\t")),
        file_change(useradd, with_settings(useradd.content, inactive, "=")),
    ):
        if change is not None:
            yield change


def _limits(wanted: PasswordsDesired, login: Login, now: Limits) -> AgingChange | None:
    """The change of one account's limits; None when they are right."""
    right = Limits(login.name, 0, None, wanted.limits.warn_days, None)
    if login.password == "set" and login.name not in wanted.ageless:  # noqa: S105 - a state
        most = wanted.limits
        right = Limits(
            login.name,
            most.min_days,
            _within(now.max_days, most.max_days),
            most.warn_days,
            _within(now.inactive_days, most.inactive_days),
        )
    elif login.name not in wanted.ours or (now.max_days is None and now.inactive_days is None):
        return None
    if now == right:
        return None
    return AgingChange(
        user=login.name,
        min_days=right.min_days or 0,
        max_days=-1 if right.max_days is None else right.max_days,
        warn_days=right.warn_days or 0,
        inactive_days=-1 if right.inactive_days is None else right.inactive_days,
    )


def _within(now: int | None, most: int | None) -> int | None:
    """A limit that is stricter already stays."""
    if now is None or most is None:
        return most
    return min(now, most)


def _drop_ins(pam: PamFacts) -> tuple[str, ...]:
    """pwquality.conf is read after its drop-ins and wins, but for words that it cannot unsay."""
    return tuple(
        f"{file.path} says {word}, which weakens the rules for passwords; remove it"
        for file in pam.files
        if file.path.startswith(f"{QUALITY}.d/")
        for word in sorted(_WEAKENING & {line.strip() for line in file.content.splitlines()})
    )

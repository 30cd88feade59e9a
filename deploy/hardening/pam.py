"""The PAM stack: lockout, password quality and history are really in it, and nobody is without one.

A configured module that no stack names enforces nothing, so the stack itself is what is wanted. It
is made of profiles of ours in /usr/share/pam-configs, beside those that packages brought.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deploy.area import Difference, Vantage, everywhere
from deploy.change import Change, CommandChange, FileChange, PackageChange, file_change
from deploy.hardening.conflicts import conflict_notes
from deploy.hardening.pam_profiles import (
    PamProfile,
    common_file,
    in_order,
    memory_file,
    profile,
)
from deploy.hardening.roster import roster
from deploy.rendering import render
from inventory.facts import pam as facts_of_pam
from inventory.facts.area import FactError
from inventory.facts.collect import HostFacts
from inventory.facts.pam import PROFILES, STATE, TALLY, TYPES, PamFacts
from inventory.model import Center, Device

FACTS = ("pam",)
AFTER = ("lockout",)
RISKY = True
PACKAGES = ("libpam-pwquality", "cracklib-runtime")
ADMIN_FIRST = False
applies = everywhere

_REPLACED = frozenset({"unix", "pwquality"})
"""Profiles of packages that ours stand for."""
_UNASKED = "cron:atd:sshd:su:su-l:runuser:runuser-l:systemd-user"
"""Services whose success says nothing of the account's password (a job, a key, root's own `su`):
pam_faillock would forget the wrong ones that were counted."""


@dataclass(frozen=True, slots=True)
class PamDesired:
    """What of ours is in the stack."""

    profiles: Mapping[str, str]
    """File name in /usr/share/pam-configs -> its text."""
    never_locked: tuple[str, ...]
    notes: tuple[str, ...]
    """The conflicts that decide it."""


def desired(center: Center, device: Device) -> PamDesired:
    """From the baseline, and the accounts that nothing may lock."""
    base = device.baseline or center.baseline
    never = tuple(account.name for account in roster(center, device) if account.break_glass)
    hashing = "yescrypt"
    if base.password_hash == "sha512":  # noqa: S105 - an algorithm
        hashing = f"sha512 rounds={base.password_hash_rounds}"
    lockout = {
        "never": ":".join(never),
        "delay_us": base.login_delay_s * 1_000_000,
        "unasked": _UNASKED,
    }
    texts = {
        "watchfloor-lockout": render("pam-lockout.j2", **lockout),
        "watchfloor-lockout-count": render("pam-lockout-count.j2", **lockout),
        "watchfloor-passwords": render("pam-passwords.j2", history=base.password_history),
        "watchfloor-unix": render("pam-unix.j2", hashing=hashing),
    }
    deciding = ("login_delay_s", "password_hash", "password_history")
    return PamDesired(texts, never, conflict_notes(base, *deciding))


def diff(wanted: PamDesired, facts: PamFacts) -> Difference:
    """Profiles, pam-auth-update's memory, the stack, and the proof that it lets somebody in."""
    changes: list[Change] = [*_quality(facts)]
    try:
        changes.extend(_files(wanted, facts))
    except FactError as error:
        return Difference(unmet=(str(error),))
    if changes:
        changes.append(_proof())
    notes = (*_unguarded(facts), *(wanted.notes if changes else ()))
    return Difference(tuple(changes), notes=notes)


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_pam))


def _quality(facts: PamFacts) -> Iterator[Change]:
    """The module, and the dictionary without which it refuses every password there is."""
    if not (facts.has_pwquality and facts.has_word_maker):
        yield PackageChange(names=PACKAGES)
    elif not facts.has_words:
        yield CommandChange(
            title="build the dictionary of words that make no password",
            command=("update-cracklib",),
            again_on_undo=False,
        )


def _files(wanted: PamDesired, facts: PamFacts) -> Iterator[FileChange]:
    chosen = _chosen(wanted, facts)
    texts = {f"{PROFILES}/{name}": text for name, text in wanted.profiles.items()}
    texts[f"{STATE}/seen"] = _seen(wanted, facts)
    for kind in TYPES:
        texts[f"{STATE}/{kind}"] = memory_file(kind, chosen)
    # A stack that asks for the password comes last: what it leads to is there by then.
    for kind in reversed(TYPES):
        template = facts.templates.get(kind, ())
        texts[f"/etc/pam.d/common-{kind}"] = common_file(kind, template, chosen)
    for path, text in texts.items():
        change = file_change(facts.file(path), text)
        if change is not None:
            yield change


def _chosen(wanted: PamDesired, facts: PamFacts) -> tuple[PamProfile, ...]:
    """Ours, and of the packages' those that are in use, or would be by default."""
    theirs = [profile(name, lines) for name, lines in facts.profiles.items()]
    used = [
        each
        for each in theirs
        if each.name not in _REPLACED | wanted.profiles.keys()
        and (each.name in facts.chosen or (not facts.chosen and each.is_default))
    ]
    ours = [profile(name, text.splitlines()) for name, text in wanted.profiles.items()]
    return in_order([*used, *ours])


def _seen(wanted: PamDesired, facts: PamFacts) -> str:
    """The profiles whose default was decided on: pam-auth-update does not add them again."""
    seen = facts.file(f"{STATE}/seen").content.splitlines()
    missing = sorted((_REPLACED | wanted.profiles.keys()) - set(seen))
    return "".join(f"{name}\n" for name in (*seen, *missing))


def _proof() -> CommandChange:
    return CommandChange(
        title="prove that a right password opens a login",
        command=("sh", "-euc", render("prove-password-login.sh.j2", tally=TALLY)),
        again_on_undo=False,
        timeout_s=60,
    )


def _unguarded(facts: PamFacts) -> tuple[str, ...]:
    """Services that judge passwords by rules of their own."""
    found = []
    for service in sorted(facts.services):
        names = {rule.name for rule in facts.stack(service, "auth")}
        ours = "pam_faillock.so" in {rule.name for rule in facts.stack("common-auth", "auth")}
        if ours and "pam_unix.so" in names and "pam_faillock.so" not in names:
            found.append(
                f"/etc/pam.d/{service} judges passwords without common-auth: wrong ones lock nobody"
            )
    return tuple(found)

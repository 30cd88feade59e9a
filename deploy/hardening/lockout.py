"""Lockout: how many wrong passwords lock an account, for how long, and where that is remembered."""

from dataclasses import dataclass

from deploy.area import Difference, Vantage, everywhere
from deploy.change import Change, CommandChange, file_change
from deploy.hardening.conflicts import conflict_notes
from deploy.rendering import render
from inventory.facts import pam as facts_of_pam
from inventory.facts.collect import HostFacts
from inventory.facts.pam import TALLY, PamFacts
from inventory.model import Center, Device

FACTS = ("pam",)
AFTER: tuple[str, ...] = ()
RISKY = False
ADMIN_FIRST = False
applies = everywhere

RULES = "/etc/security/faillock.conf"
FOLDER = "/etc/tmpfiles.d/watchfloor-faillock.conf"
_MOVE = f"""\
if [ -d /run/faillock ] && [ ! -h /run/faillock ]; then
  mkdir -p {TALLY}
  cp -a /run/faillock/. {TALLY}
  rm -r /run/faillock
fi
rm -f /run/faillock
chmod 0755 {TALLY} 2>/dev/null || :
systemd-tmpfiles --create {FOLDER}
"""


@dataclass(frozen=True, slots=True)
class LockoutDesired:
    """The two files, and what decides them."""

    rules: str
    folder: str
    notes: tuple[str, ...]


def desired(center: Center, device: Device) -> LockoutDesired:
    """From the baseline."""
    base = device.baseline or center.baseline
    rules = render(
        "faillock.conf.j2",
        tally=TALLY,
        attempts=base.lockout_attempts,
        window_s=base.lockout_window_s,
        release_s=base.lockout_release_s,
        root=base.lockout_root,
        root_release_s=base.lockout_root_release_s,
    )
    deciding = ("lockout_attempts", "lockout_window_s", "lockout_release_s", "lockout_root")
    return LockoutDesired(
        rules, render("tmpfiles-faillock.conf.j2", tally=TALLY), conflict_notes(base, *deciding)
    )


def diff(wanted: LockoutDesired, facts: PamFacts) -> Difference:
    """The folder first: pam_faillock counts nothing without one."""
    changes: list[Change] = []
    folder = file_change(facts.file(FOLDER), wanted.folder)
    if folder is not None:
        changes.append(folder)
    if folder is not None or (facts.tally, facts.counted_in) != ("755 root", TALLY):
        changes.append(
            CommandChange(
                title=f"count wrong passwords in {TALLY}, which a restart does not empty",
                command=("sh", "-euc", _MOVE),
                again_on_undo=False,
            )
        )
    rules = file_change(facts.file(RULES), wanted.rules)
    if rules is not None:
        changes.append(rules)
    return Difference(tuple(changes), notes=wanted.notes if changes else ())


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_pam))

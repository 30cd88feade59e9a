"""su: for root alone, by a group that has no members. Others use sudo, which is logged."""

from collections.abc import Iterator

from deploy.area import Difference, Vantage, everywhere
from deploy.change import Change, file_change
from deploy.people_change import GroupChange, MemberChange
from inventory.facts import accounts as facts_of_accounts
from inventory.facts import pam as facts_of_pam
from inventory.facts.accounts import AccountsFacts
from inventory.facts.collect import HostFacts
from inventory.facts.pam import PamFacts
from inventory.model import Center, Device

FACTS = ("pam", "accounts")
AFTER = ("accounts",)
RISKY = False
ADMIN_FIRST = False
applies = everywhere

SERVICE = "/etc/pam.d/su"
GROUP = "sugroup"
"""The name by which scanners look for it."""
RULE = f"auth required pam_wheel.so use_uid group={GROUP}"
_ROOT = "pam_rootok.so"


def diff(pam: PamFacts, accounts: AccountsFacts) -> Difference:
    """The group before the rule that names it."""
    changes: list[Change] = [*_group(accounts)]
    service = pam.file(SERVICE)
    if service.kind != "file":
        return Difference(unmet=(f"{SERVICE} is missing; reinstall the package of su",))
    change = file_change(service, restricted(service.content))
    if change is not None:
        changes.append(change)
    return Difference(tuple(changes))


def difference(_center: Center, _device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(facts.read(facts_of_pam), facts.read(facts_of_accounts))


def restricted(text: str) -> str:
    """su's rules with ours behind root's own, before any that could let somebody in."""
    lines = [line for line in text.splitlines() if "pam_wheel.so" not in line or _is_comment(line)]
    place = next((n for n, line in enumerate(lines, 1) if _is_root_rule(line)), 0)
    if not place:
        lines.insert(0, f"auth sufficient {_ROOT}")
        place = 1
    lines.insert(place, RULE)
    return "".join(f"{line}\n" for line in lines)


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _is_root_rule(line: str) -> bool:
    return not _is_comment(line) and line.split()[:1] == ["auth"] and _ROOT in line


def _group(accounts: AccountsFacts) -> Iterator[Change]:
    group = next((group for group in accounts.groups if group.name == GROUP), None)
    if group is None:
        yield GroupChange(name=GROUP)
        return
    for member in group.members:
        yield MemberChange(user=member, group=GROUP, present=False)

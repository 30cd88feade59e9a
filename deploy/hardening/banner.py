"""What people read before and after they log in: what the law wants, nothing of the system."""

from dataclasses import dataclass

from deploy.area import Difference, Vantage, everywhere
from deploy.change import file_change
from deploy.live_change import Mode, ModeChange
from deploy.rendering import render
from inventory.facts import banner as facts_of_banner
from inventory.facts.banner import BannerFacts
from inventory.facts.collect import HostFacts
from inventory.facts.permissions import Status
from inventory.model import Center, Device

FACTS = ("banner",)
AFTER: tuple[str, ...] = ()
RISKY = False
ADMIN_FIRST = False
applies = everywhere


KEPT_OUT = """\
# Written by Watchfloor: packages bring no program that tells of the system at each login.
path-exclude=/etc/update-motd.d/*
"""


@dataclass(frozen=True, slots=True)
class BannerDesired:
    """The texts, each ending with a line feed."""

    before: str
    """Shown before login."""
    after: str
    """Shown after it."""


def desired(center: Center, device: Device) -> BannerDesired:
    """From the baseline."""
    base = device.baseline or center.baseline
    return BannerDesired(_ended(base.banner), _ended(base.motd))


def _ended(text: str) -> str:
    return render("issue.j2", banner=text.strip("\n"))


def diff(wanted: BannerDesired, facts: BannerFacts) -> Difference:
    """/etc/issue for getty, /etc/issue.net for sshd, /etc/motd for whoever has come in."""
    # getty expands backslash sequences (agetty(8)); doubled, they are shown as they are.
    files = (
        file_change(facts.console, wanted.before.replace("\\", "\\\\")),
        file_change(facts.network, wanted.before),
        file_change(facts.greeting, wanted.after),
        file_change(facts.kept_out, KEPT_OUT),
    )
    programs = (ModeChange(entries=(_stopped(now),)) for now in facts.programs)
    return Difference((*(change for change in files if change is not None), *programs))


def _stopped(now: Status) -> Mode:
    """A program that tells the release and the kernel at each login runs no more."""
    return Mode(
        path=now.path,
        mode=now.mode & ~0o111,
        owner=now.owner,
        group=now.group,
        before_mode=now.mode,
        before_owner=now.owner,
        before_group=now.group,
    )


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_banner))

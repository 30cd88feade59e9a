"""The text that people read before they log in, at the console and over SSH."""

from deploy.area import Difference, Vantage, everywhere
from deploy.change import file_change
from deploy.rendering import render
from inventory.facts import banner as facts_of_banner
from inventory.facts.banner import BannerFacts
from inventory.facts.collect import HostFacts
from inventory.model import Center, Device

FACTS = ("banner",)
AFTER: tuple[str, ...] = ()
RISKY = False
ADMIN_FIRST = False
applies = everywhere


def desired(center: Center, device: Device) -> str:
    """The banner, ending with a line feed."""
    text = (device.baseline or center.baseline).banner
    return render("issue.j2", banner=text.strip("\n"))


def diff(wanted: str, facts: BannerFacts) -> Difference:
    """/etc/issue for getty and /etc/issue.net for sshd."""
    # getty expands backslash sequences (agetty(8)); doubled, they are shown as they are.
    changes = (
        file_change(facts.console, wanted.replace("\\", "\\\\")),
        file_change(facts.network, wanted),
    )
    return Difference(tuple(change for change in changes if change is not None))


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_banner))

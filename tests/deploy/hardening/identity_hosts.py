"""Facts of real hosts before and after hardening, as their areas of identity read them."""

from pathlib import Path

from inventory.facts import accounts, aging, pam, shell, sudo
from inventory.facts.accounts import AccountsFacts
from inventory.facts.aging import AgingFacts
from inventory.facts.collect import HostFacts, Section
from inventory.facts.pam import PamFacts
from inventory.facts.shell import ShellFacts
from inventory.facts.sudo import SudoFacts
from inventory.model import Center, Purpose
from tests.deploy.hosts import account, center

FOLDER = Path(__file__).with_name("identity")
FRESH = ("fresh-debian-12", "fresh-debian-13")
HARDENED = ("hardened-debian-12", "hardened-debian-13")


def staffed(**more: object) -> Center:
    """The center whose accounts the hardened hosts have."""
    return center(
        account("wf-deploy", sudo="nopasswd", purpose=Purpose.DEPLOY),
        account("analyst"),
        account("tech", sudo="password", keys=()),
        account("glass", sudo="password", keys=(), break_glass=True),
        **more,
    )


def facts(host: str) -> HostFacts:
    """All recorded areas of a host."""
    files = (FOLDER / host).glob("*.txt")
    return HostFacts({file.stem: Section(file.read_text(), 0) for file in files})


def pam_of(host: str) -> PamFacts:
    return facts(host).read(pam)


def aging_of(host: str) -> AgingFacts:
    return facts(host).read(aging)


def accounts_of(host: str) -> AccountsFacts:
    return facts(host).read(accounts)


def sudo_of(host: str) -> SudoFacts:
    return facts(host).read(sudo)


def shell_of(host: str) -> ShellFacts:
    return facts(host).read(shell)

"""Debian packages, installed or purged without a question; no configuration file is replaced."""

import shlex

from deploy.change import PackageChange
from deploy.live_change import PurgeChange
from deploy.operations.journal import Step

_APT = (
    "DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends"
    " -o DPkg::Lock::Timeout=60 -o Dpkg::Options::=--force-confold"
)


def script(change: PackageChange, step: Step) -> str:
    """Installs the packages; the lists are fetched anew only when they do not have them."""
    names = shlex.join(change.names)
    return step.script(
        f"{_APT} install {names} >/dev/null && return\n"
        f"{_APT} update >/dev/null\n{_APT} install {names} >/dev/null\n",
        # A package's own migrations cannot be taken back, so a restore leaves it installed.
        undo=":\n",
    )


def purge_script(change: PurgeChange, step: Step) -> str:
    """Takes the packages away; what else was installed for them stays."""
    names = shlex.join(change.names)
    # What they held cannot be brought back from here, so a restore does not try.
    return step.script(f"{_APT} purge {names} >/dev/null\n", undo=":\n")

"""pytest's view of the virtual machine: one for all tests of the group `vm`, hardened once."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.lab.lab import Lab
from tests.lab.site import LabSite
from tests.lab.vm import VirtualMachine, boot_machine

MARKS = [
    pytest.mark.lab,
    pytest.mark.slow,
    pytest.mark.xdist_group("vm"),
]
"""For every test that uses the machine: one worker boots it, whatever file the test is in."""

READ_TIMEOUT_S = 300
"""On a busy machine it takes the emulated one half a minute, and some machines are busier."""


@pytest.fixture(scope="session")
def vm(lab: Lab) -> Iterator[VirtualMachine]:
    """The machine as it was installed."""
    machine = boot_machine(lab, "vm-1")
    yield machine
    machine.remove()


@pytest.fixture(scope="session")
def vm_site(
    vm: VirtualMachine, tmp_path_factory: pytest.TempPathFactory
) -> LabSite[VirtualMachine]:
    """The machine as the one host of a center, enrolled and fully hardened."""
    site = LabSite.create(tmp_path_factory.mktemp("vm"), [vm])
    site = replace(site, read_timeout_s=READ_TIMEOUT_S)
    done = site.watchfloor("apply", "--yes", "--dead-man", "300", timeout_s=2400)
    assert done.exit_code == 0, done.stderr + done.stdout
    return site

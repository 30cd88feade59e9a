"""What all tests share: the lab's fixtures, and which of them run on the same worker."""

import os

import hypothesis
import pytest

from tests.lab.fixtures import fresh_host, lab
from tests.lab.lab import obstacle
from tests.lab.vm_fixture import vm, vm_site
from tests.requirements import unavailable

__all__ = ["fresh_host", "lab", "vm", "vm_site"]

# What a pipe gets does not depend on the terminal that the tests were started in.
os.environ.pop("COLUMNS", None)

# Cores are shared with real hosts, so a slow example says nothing about the code.
hypothesis.settings.register_profile("watchfloor", deadline=None, print_blob=True)
hypothesis.settings.load_profile("watchfloor")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Settles here, and so in one line for all of them, why lab tests cannot run."""
    if not item.get_closest_marker("lab"):
        return
    if reason := obstacle():
        unavailable(reason)
    if "PYTEST_XDIST_WORKER" in os.environ:
        assert "@" in item.nodeid, "the tests of a file were spread over the workers"


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in the same hook.
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps a file's lab tests on one worker, so that a host they share is made once."""
    for item in items:
        if item.get_closest_marker("lab") and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))

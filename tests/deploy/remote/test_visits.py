"""Every way has a visit that can be loaded, and a worker does not load those of others ahead."""

import subprocess
import sys
from typing import get_args

import pytest

from deploy.messages import WayName
from deploy.remote.visit import Visit
from deploy.remote.visits import visit_of


@pytest.mark.parametrize("way", get_args(WayName))
def test_every_way_has_its_visit(way: WayName) -> None:
    assert issubclass(visit_of(way), Visit)


def test_what_only_other_ways_need_is_not_loaded_ahead() -> None:
    program = "import sys, deploy.remote.visits; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "deploy.remote.ssh" in loaded
    assert not loaded & {"netmiko", "ncclient", "pyghmi", "deploy.remote.ipmi"}

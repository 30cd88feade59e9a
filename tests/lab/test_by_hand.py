"""`make lab` and `make lab-down`: hosts that stay until they are sent away."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from inventory.endpoints import EndpointMap
from tests.lab.devices import device_suites
from tests.lab.errors import LabError
from tests.lab.image import listed_names
from tests.lab.instance import instances
from watchfloor.cli.exits import Exit

CHECKOUT = Path(__file__).resolve().parents[2]
RIVERSIDE = CHECKOUT / "inventory/riverside"


def command(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.lab", *words],
        capture_output=True,
        cwd=CHECKOUT,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=300,
        check=False,
    )


def shell(line: str) -> subprocess.CompletedProcess[str]:
    """Runs a line as somebody would who has this virtual environment in PATH."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-c", line],
        capture_output=True,
        env={**os.environ, "PATH": path},
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )


@pytest.mark.lab
def test_a_lab_by_hand_stays_up_until_it_is_taken_down(tmp_path: Path) -> None:
    state = tmp_path / "lab"
    try:
        up = command("up", "--state", state, "srv-gis-1")
        assert up.returncode == 0, up.stderr
        assert "make lab-down" in up.stdout
        address, port = EndpointMap.load(state / "endpoints.yaml").endpoints["srv-gis-1/ssh"]
        assert address in up.stdout
        assert port == 22
        login = ["ssh", "-F", str(state / "ssh_config"), "srv-gis-1", "hostname"]
        seen = subprocess.run(login, capture_output=True, text=True, check=True, timeout=30).stdout
        assert seen == "srv-gis-1\n"
        assert "srv-gis-1 256 SHA256:" in (state / "fingerprints").read_text()
        plan = "watchfloor plan --json --limit srv-gis-1"
        enroll = f"watchfloor enroll --from-file {state}/fingerprints srv-gis-1"
        planned = shell(f". {state}/environment && {enroll} && {plan}")
        assert planned.returncode == Exit.CHANGES, planned.stderr
        again = command("up", "--state", state)
        assert (again.returncode, again.stderr.count("\n")) == (1, 1)
        assert "up already" in again.stderr
    finally:
        down = command("down", "--state", state)
    assert down.returncode == 0, down.stderr
    assert not state.exists()
    assert state not in {one.kept_for for one in instances()}


def test_the_hosts_of_make_lab_are_debian_devices_of_riverside() -> None:
    names = listed_names(CHECKOUT / "tests/lab/riverside.txt")
    suites = device_suites(RIVERSIDE, names)
    assert len(names) >= 3
    assert set(suites.values()) <= {"bookworm", "trixie"}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("srv-nowhere", "riverside has no device srv-nowhere"),
        ("ups-a", r"not a Debian host: ups-a \(appliance\)"),
    ],
)
def test_what_cannot_be_a_host_is_named(name: str, message: str) -> None:
    with pytest.raises(LabError, match=message):
        device_suites(RIVERSIDE, [name])

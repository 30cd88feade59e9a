"""`make lab` and `make lab-down`: hosts that stay until they are sent away."""

import subprocess
import sys
from pathlib import Path

import pytest

from inventory.endpoints import EndpointMap
from tests.lab.devices import device_suites
from tests.lab.errors import LabError
from tests.lab.image import listed_names
from tests.lab.instance import instances

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


@pytest.mark.lab
def test_a_lab_by_hand_stays_up_until_it_is_taken_down(tmp_path: Path) -> None:
    try:
        up = command("up", "--state", tmp_path, "srv-gis-1")
        assert up.returncode == 0, up.stderr
        assert "make lab-down" in up.stdout
        address, port = EndpointMap.load(tmp_path / "endpoints.yaml").endpoints["srv-gis-1/ssh"]
        assert address in up.stdout
        assert port == 22
        login = ["ssh", "-F", str(tmp_path / "ssh_config"), "srv-gis-1", "hostname"]
        seen = subprocess.run(login, capture_output=True, text=True, check=True, timeout=30).stdout
        assert seen == "srv-gis-1\n"
        assert "srv-gis-1 256 SHA256:" in (tmp_path / "fingerprints").read_text()
        again = command("up", "--state", tmp_path)
        assert (again.returncode, again.stderr.count("\n")) == (1, 1)
        assert "up already" in again.stderr
    finally:
        down = command("down", "--state", tmp_path)
    assert down.returncode == 0, down.stderr
    assert list(tmp_path.iterdir()) == []
    assert tmp_path not in {one.kept_for for one in instances()}


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

"""FRR itself takes what is rendered for it, and the lines there and back."""

import subprocess
from pathlib import Path

import pytest

from deploy.network.difference import differ
from tests.deploy.network.cases import GOLDEN, intent_of
from tests.requirements import need

pytestmark = pytest.mark.gear
CASE = GOLDEN / "frr/router.yaml"
OLDER = """\
interface eth0
 description old
 ip address 10.1.9.99/24
exit
interface eth1
 shutdown
exit
ip route 10.9.0.0/16 10.1.9.7
line vty
 exec-timeout 60 0
exit
"""


def complaint(vtysh: str, file: Path, lines: str) -> str:
    """What vtysh says of the syntax of these lines; empty when it takes them."""
    file.write_text(lines)
    done = subprocess.run(
        [vtysh, "-C", "-f", str(file)], capture_output=True, text=True, timeout=20, check=False
    )
    return done.stdout + done.stderr if done.returncode else ""


def test_frr_takes_the_whole_of_it(tmp_path: Path) -> None:
    text = CASE.with_suffix(".cfg").read_text()
    assert complaint(need("vtysh"), tmp_path / "frr.conf", text) == ""


@pytest.mark.parametrize("running", ["", OLDER], ids=["empty", "older"])
def test_frr_takes_the_lines_there_and_back(tmp_path: Path, running: str) -> None:
    vtysh = need("vtysh")
    for area in differ(intent_of(CASE), running).areas:
        for lines in (area.lines, area.rollback):
            assert complaint(vtysh, tmp_path / "frr.conf", "\n".join(lines) + "\n") == ""


def test_frr_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    assert complaint(need("vtysh"), tmp_path / "frr.conf", "interface eth0\n switchport\n")

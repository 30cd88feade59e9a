"""tests/setup against a pretended apt: what it asks for, and what it puts back."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.requirements import unavailable

SCRIPT = Path(__file__).with_name("setup")
DPKG_QUERY = """#!/bin/sh
case "$*" in *" snmp") grep -qs installed "$0.snmp" || exit 1 ;; esac
exec /usr/bin/dpkg-query "$@"
"""
APT_GET = """#!/bin/sh
echo "$@" >>"$0.calls"
cat "$POLICY_RC_D" >"$0.policy"
echo "E: said by apt" >&2
exit "$(cat "$0.exit" 2>/dev/null || echo 0)"
"""


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder for PATH with a dpkg-query that misses snmp and an apt-get that records."""
    if "ID=debian\n" not in Path("/etc/os-release").read_text():
        unavailable("tests/setup is for Debian")
    for name, text in (("dpkg-query", DPKG_QUERY), ("apt-get", APT_GET)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    return tmp_path


def set_up(tools: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "POLICY_RC_D": str(tools / "policy-rc.d")}
    environment["PATH"] = f"{tools}:{environment['PATH']}"
    return subprocess.run(
        [SCRIPT],
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )


@pytest.mark.lab
def test_what_is_missing_is_installed_while_daemons_are_forbidden(tools: Path) -> None:
    done = set_up(tools)
    assert (done.returncode, done.stdout) == (0, "installing Debian packages: snmp\n"), done.stderr
    update, install = (tools / "apt-get.calls").read_text().splitlines()
    assert update.endswith(" update")
    assert install.endswith(" install snmp")
    assert "exit 101" in (tools / "apt-get.policy").read_text()
    assert not (tools / "policy-rc.d").exists()


@pytest.mark.lab
def test_apt_is_left_alone_when_nothing_is_missing(tools: Path) -> None:
    (tools / "dpkg-query.snmp").write_text("installed")
    done = set_up(tools)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not (tools / "apt-get.calls").exists()


@pytest.mark.lab
def test_the_machines_own_policy_is_back_after_apt_failed(tools: Path) -> None:
    (tools / "policy-rc.d").write_text("#!/bin/sh\nexit 0 # the machine's\n")
    (tools / "apt-get.exit").write_text("100")
    done = set_up(tools)
    assert done.returncode == 1
    assert "E: said by apt" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("tests/setup: apt could not install")
    assert "the machine's" in (tools / "policy-rc.d").read_text()
    assert not (tools / "policy-rc.d.saved").exists()


@pytest.mark.lab
def test_a_policy_that_a_killed_run_left_is_replaced(tools: Path) -> None:
    mark = "# temporary, by tests/setup of Watchfloor"
    (tools / "policy-rc.d").write_text(f"#!/bin/sh\n{mark}\nexit 101\n")
    (tools / "policy-rc.d.saved").write_text("#!/bin/sh\nexit 0 # the machine's\n")
    (tools / "dpkg-query.snmp").write_text("installed")
    assert set_up(tools).returncode == 0
    assert "the machine's" in (tools / "policy-rc.d").read_text()

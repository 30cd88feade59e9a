import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.monitor_unit import UNIT, MonitorUnit
from deploy.systemd_units import UnitsError
from tests.requirements import need

PLAIN = MonitorUnit(Path("/usr/bin/python3"), Path("/srv/center"), ("--observer", "mon-1"), (8720,))
RECEIVING = replace(PLAIN, options=("--traps", "0.0.0.0:162"), ports=(8720, 162))


@pytest.mark.parametrize("unit", [PLAIN, RECEIVING], ids=["plain", "receiving"])
def test_systemd_understands_it_and_finds_little_exposed(unit: MonitorUnit, tmp_path: Path) -> None:
    analyze = need("systemd-analyze")
    path = unit.write(tmp_path)
    done = subprocess.run(
        [analyze, "verify", "--recursive-errors=no", path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    judged = subprocess.run(
        [analyze, "security", "--offline=true", "--no-pager", path],
        capture_output=True,
        text=True,
        check=False,
    )
    match = re.search(r"Overall exposure level for \S+: ([0-9.]+)", judged.stdout)
    assert match is not None, judged.stdout + judged.stderr
    assert float(match[1]) < 3.0


def test_only_low_ports_bring_a_capability() -> None:
    assert "AmbientCapabilities" not in PLAIN.text
    assert "CapabilityBoundingSet=\n" in PLAIN.text
    assert "AmbientCapabilities=CAP_NET_BIND_SERVICE\n" in RECEIVING.text


def test_its_folders_are_not_those_that_are_roots() -> None:
    folders = re.findall(r"^(?:State|Runtime)Directory=(.*)$", PLAIN.text, re.MULTILINE)
    assert folders == ["watchfloor-monitor", "watchfloor-monitor"]


def test_it_runs_with_the_options_that_it_was_made_with() -> None:
    assert (
        'ExecStart="/usr/bin/python3" "-m" "watchfloor" "monitor" "--observer" "mon-1"\n'
        in PLAIN.text
    )


def test_a_folder_that_takes_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / UNIT).mkdir()
    with pytest.raises(UnitsError, match="cannot be written: Is a directory"):
        PLAIN.write(tmp_path)

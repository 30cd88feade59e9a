"""The states of units as `show_unit` prints them, from what a stand-in for systemctl says."""

import subprocess
from pathlib import Path

from inventory.facts.unit import SHOW_UNIT, Unit, units

SYSTEMCTL = """\
#!/bin/sh
while [ "$1" != -- ]; do shift; done
shift
first=yes
for name; do
  [ -n "$first" ] || echo
  first=
  case $name in
    gone.*) printf 'LoadState=not-found\\nActiveState=inactive\\nUnitFileState=\\n' ;;
    *) printf 'LoadState=loaded\\nActiveState=active\\nUnitFileState=enabled\\n' ;;
  esac
done
"""


def shown(folder: Path, *names: str) -> tuple[Unit, ...]:
    program = folder / "systemctl"
    program.write_text(SYSTEMCTL)
    program.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", "-c", f"{SHOW_UNIT}show_unit {' '.join(names)}"],
        env={"PATH": f"{folder}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    assert done.stderr == ""
    lines = (line.removeprefix("unit\t") for line in done.stdout.splitlines())
    return units(lines)


def test_each_unit_keeps_the_name_that_it_was_asked_by(tmp_path: Path) -> None:
    assert shown(tmp_path, "ssh.service", "gone.socket", "cron.service") == (
        Unit("ssh.service", "loaded", "active", "enabled"),
        Unit("gone.socket", "not-found", "inactive", ""),
        Unit("cron.service", "loaded", "active", "enabled"),
    )


def test_a_single_unit_is_one_line(tmp_path: Path) -> None:
    assert shown(tmp_path, "ssh.service") == (Unit("ssh.service", "loaded", "active", "enabled"),)


def test_a_system_without_systemd_has_no_units(tmp_path: Path) -> None:
    assert shown(tmp_path) == ()

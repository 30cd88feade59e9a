"""`--units`: systemd units for the commands that run by themselves."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from inventory.assets import example_center
from watchfloor.cli.drift import drift
from watchfloor.cli.monitor import monitor


def test_the_monitors_unit_has_the_options_that_were_given(tmp_path: Path) -> None:
    words = ["--observer", "mon-1", "--traps", "0.0.0.0:162", "--allow-remote", "--json"]
    done = CliRunner().invoke(
        monitor, ["--center", str(example_center()), "--units", str(tmp_path), *words]
    )
    assert done.exit_code == 0, done.output
    (path,) = json.loads(done.output)["written"]
    text = Path(path).read_text()
    (command,) = [line for line in text.splitlines() if line.startswith("ExecStart=")]
    _, _, options = command.partition('"-m" "watchfloor" "monitor" ')
    assert options == '"--allow-remote" "--traps" "0.0.0.0:162" "--observer" "mon-1"'
    assert "CAP_NET_BIND_SERVICE" in text
    assert f"WorkingDirectory={example_center()}" in text


@pytest.mark.parametrize("words", [["--traps", "nowhere"], ["--observer", "nobody"]])
def test_a_unit_that_could_not_start_is_not_written(words: list[str], tmp_path: Path) -> None:
    done = CliRunner().invoke(
        monitor, ["--center", str(example_center()), "--units", str(tmp_path), *words]
    )
    assert done.exit_code == 2
    assert words[0] in done.output
    assert list(tmp_path.iterdir()) == []


def test_the_drift_timer_is_written_and_nothing_is_read(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        drift, ["--center", str(example_center()), "--units", str(tmp_path)], standalone_mode=False
    )
    assert done.exception is None, done.output
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["watchfloor-drift.service", "watchfloor-drift.timer"]
    assert "systemctl enable --now watchfloor-drift.timer" in done.output

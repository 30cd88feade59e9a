import subprocess
from dataclasses import replace
from pathlib import Path

from deploy.drift_timer import SERVICE, TIMER, DriftTimer
from deploy.systemd_units import write_units
from inventory.settings import Settings
from tests.requirements import need

SETTINGS = Settings.from_environment(
    {"WATCHFLOOR_STATE": "/srv/a b/state", "WATCHFLOOR_MONITOR_URL": "http://a:1,http://b:2"},
    root=True,
)
MADE = DriftTimer(Path("/usr/bin/python3"), Path("/srv/center"), "root", SETTINGS)


def test_systemd_understands_both(tmp_path: Path) -> None:
    analyze = need("systemd-analyze")
    write_units(tmp_path, MADE.texts)
    done = subprocess.run(
        [analyze, "verify", "--recursive-errors=no", *(tmp_path / n for n in (SERVICE, TIMER))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_it_tells_the_monitors_and_keeps_what_it_cannot_tell() -> None:
    text = MADE.texts[SERVICE]
    assert 'Environment="WATCHFLOOR_MONITOR_URL=http://a:1,http://b:2"' in text
    assert 'ReadWritePaths="-/srv/a b/state"' in text
    assert text.count("ExecStart=") == 1
    assert "drift --report\n" in text


def test_no_token_is_written() -> None:
    secret = Settings.from_environment({"WATCHFLOOR_MONITOR_TOKEN": "geheim"}, root=True)
    assert "geheim" not in "".join(replace(MADE, settings=secret).texts.values())


def test_slow_hosts_get_the_same_time() -> None:
    patient = replace(MADE, settings=replace(MADE.settings, read_timeout_s=240))
    assert 'Environment="WATCHFLOOR_READ_TIMEOUT=240"' in patient.texts[SERVICE]
    assert "WATCHFLOOR_READ_TIMEOUT" not in MADE.texts[SERVICE]


def test_hosts_are_not_all_asked_at_once() -> None:
    assert "RandomizedDelaySec=15min" in MADE.texts[TIMER]

"""Real hosts: each host control fails before hardening or when broken by hand, and passes after."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from inventory.facts.collect import batch, host_facts
from inventory.loader import load
from monitors.baseline.catalogue import Control, shipped
from monitors.baseline.judge import Case, judge
from monitors.baseline.scope import Scope, scope_of
from monitors.baseline.stored import HostReading, StoredSection
from monitors.baseline.verdict import Verdict
from monitors.snapshot import Phase
from tests.lab import Lab, LabHost
from tests.lab.breakages import BREAKAGES
from tests.lab.command import run
from tests.lab.ports import free_port
from tests.lab.site import LabSite
from tests.process import Child
from tests.wait import until

pytestmark = pytest.mark.lab

HOST_CONTROLS = shipped().for_subject("host")
ALL_CONTROLS = len(HOST_CONTROLS) + len(shipped().for_subject("configuration"))
"""What an audit of one host judges: the host, and what the monitor was told of its drift."""
CLOCKS = ("clock-1", "clock-2")
AUDITED = "audited"


@pytest.fixture(scope="module")
def site(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabSite]:
    """Two hosts that serve the time, and one to be hardened; nothing is applied yet."""
    hosts = lab.boot_all(dict.fromkeys((AUDITED, *CLOCKS), ""))
    folder = tmp_path_factory.mktemp("audit")
    key = folder / "audit-key"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key])
    systems = {host.name: system_of(host) for host in hosts}
    made = LabSite.create(
        folder,
        hosts,
        center={"time_servers": list(CLOCKS)},
        devices={host.name: device(host, systems[host.name]) for host in hosts},
        roles={
            "clock": {"services": {"ntp": {"port": 123, "protocol": "udp", "sources": ["admin"]}}},
        },
        accounts={"wf-audit": {"purpose": "audit", "keys": [f"file:{key}.pub"]}},
        credentials={
            "audit": {
                "purpose": "audit",
                "protocol": "ssh",
                "user": "wf-audit",
                "secret": f"file:{key}",
            }
        },
    )
    site = replace(made, monitor_url=f"http://127.0.0.1:{free_port()}")
    monitor = site.start("monitor")
    try:
        until(lambda: listens(site, monitor), 60, "the monitor to listen")
        yield site
    finally:
        monitor.end()
    for host in hosts:
        lab.remove(host)


def listens(site: LabSite, monitor: Child) -> bool:
    assert monitor.alive, monitor.output
    return site.watchfloor("incident", "show").exit_code == 0


def system_of(host: LabHost) -> str:
    return host.run(["sh", "-c", '. /etc/os-release; echo "$ID-$VERSION_ID"']).strip()


def device(host: LabHost, system: str) -> dict[str, Any]:
    return {
        "kind": "server",
        "address": host.address,
        "os": system,
        "roles": ["clock" if host.name in CLOCKS else "web"],
        "monitoring": {"ssh": "audit"},
    }


@pytest.fixture(scope="module")
def host(site: LabSite) -> LabHost:
    return next(host for host in site.hosts if host.name == AUDITED)


@pytest.fixture(scope="module")
def scope(site: LabSite) -> Scope:
    center = load(site.folder)
    return scope_of(center, center.devices[AUDITED])


@pytest.fixture(scope="module")
def fresh(host: LabHost, scope: Scope) -> dict[str, Verdict]:
    """The verdicts before anything was applied, by control."""
    return {control.id: verdict_at_console(host, scope, control) for control in HOST_CONTROLS}


@pytest.fixture(scope="module")
def hardened(site: LabSite, host: LabHost, fresh: dict[str, Verdict]) -> LabHost:
    """The host after one apply, once its clock follows the center's."""
    done = site.watchfloor("apply", "--yes", "--reason", "to be audited")
    assert done.exit_code == 0, done.stderr + done.stdout
    # Hardened before its clocks, it would ask them again after a minute only.
    host.run(["systemctl", "restart", "chrony"])
    until(lambda: follows_clocks(host), 60, "chronyd to follow the clocks")
    return host


def follows_clocks(host: LabHost) -> bool:
    sources = host.attempt(["chronyc", "-n", "-c", "sources"]).stdout.splitlines()
    usable = [line for line in sources if line.split(",")[1] in "*+-"]
    return len(usable) == len(CLOCKS) and "Normal" in host.run(["chronyc", "-c", "tracking"])


def verdict_at_console(host: LabHost, scope: Scope, control: Control) -> Verdict:
    facts = host_facts(host.run(["sh", "-s"], stdin=batch(control.areas)))
    sections = {
        name: StoredSection(text=section.text, exit_code=section.exit_code)
        for name, section in facts.sections.items()
    }
    now = datetime.now(UTC)
    reading = HostReading(device=scope.device, read_at=now, sections=sections)
    (judgement,) = judge([Case(scope, reading)], [control], [], now.date())
    return judgement.verdict


def audit(site: LabSite, out: Path, *words: str, code: int) -> dict[str, Any]:
    report = site.json("audit", "run", "--limit", AUDITED, "--out", str(out), *words, code=code)
    assert isinstance(report["report"], dict)
    return report["report"]


def test_each_control_has_a_way_to_be_broken() -> None:
    assert set(BREAKAGES) == {control.id for control in HOST_CONTROLS}


def test_an_audit_before_the_audit_account_exists_is_an_error(
    site: LabSite, fresh: dict[str, Verdict], tmp_path: Path
) -> None:
    del fresh  # asked for, so that nothing is applied yet
    report = audit(site, tmp_path / "evidence", code=1)
    assert report["overall"] == "ERROR"
    # Of its configuration nobody has told the monitor yet.
    assert report["counts"] == {"ERROR": len(HOST_CONTROLS), "NOT_PROVEN": 1}
    assert "refuses the key" in report["sides"][0]["problem"]


def test_a_fresh_host_fails_what_hardening_sets(fresh: dict[str, Verdict]) -> None:
    failed = {name for name, verdict in fresh.items() if verdict is Verdict.FAIL}
    assert failed >= {
        "auth-local-accounts-match",
        "banner-local",
        "host-fw-default-deny",
        "ssh-allow-groups",
        "ssh-banner",
        "ssh-ciphers-approved",
        "ssh-config-perms",
        "ssh-idle-timeout",
        "ssh-kex-approved",
        "ssh-macs-approved",
        "ssh-max-auth-tries",
        "ssh-no-forwarding",
        "ssh-root-login",
        "sudo-log",
        "time-offset",
        "time-sync",
    }
    assert set(fresh.values()) == {Verdict.FAIL, Verdict.PASS}


def test_a_hardened_host_passes_all_of_it_by_the_audit_account(
    site: LabSite, hardened: LabHost, tmp_path: Path
) -> None:
    report = audit(site, tmp_path / "evidence", code=0)
    assert report["counts"] == {"PASS": ALL_CONTROLS}
    assert report["policy"]["version"] == "6.0"


@pytest.mark.parametrize("control", HOST_CONTROLS, ids=lambda control: control.id)
def test_a_broken_control_fails_and_passes_again(
    hardened: LabHost, scope: Scope, control: Control
) -> None:
    breakage = BREAKAGES[control.id]
    assert verdict_at_console(hardened, scope, control) is Verdict.PASS
    hardened.run(["sh", "-ec", breakage.do])
    try:
        assert verdict_at_console(hardened, scope, control) is Verdict.FAIL
    finally:
        hardened.run(["sh", "-ec", breakage.undo])
    until(
        lambda: verdict_at_console(hardened, scope, control) is Verdict.PASS,
        60,
        f"{control.id} to pass again",
    )


def test_evidence_is_replayed_where_there_is_nothing_but_the_folder(
    site: LabSite, hardened: LabHost, tmp_path: Path
) -> None:
    audit(site, tmp_path / "evidence", code=0)
    laptop = tmp_path / "laptop"
    laptop.mkdir()
    shutil.move(tmp_path / "evidence", laptop / "evidence")
    done = subprocess.run(
        [sys.executable, "-m", "watchfloor", "audit", "replay", "evidence", "--json"],
        cwd=laptop,
        env={"PATH": os.environ["PATH"], "HOME": str(laptop)},
        capture_output=True,
        text=True,
        check=True,
    )
    replay = json.loads(done.stdout)
    assert replay["same"] is True
    assert replay["verdicts"] == ALL_CONTROLS
    assert sorted(path.name for path in laptop.iterdir()) == ["evidence"]


def test_the_audit_key_runs_the_reader_and_nothing_else(site: LabSite, hardened: LabHost) -> None:
    words = hardened.ssh_argv("touch", "/tmp/written")
    user = f"{hardened.user}@{hardened.address}"
    argv = [word.replace(user, f"wf-audit@{hardened.address}") for word in words]
    argv = [word.replace(str(hardened.key), str(site.folder / "audit-key")) for word in argv]
    done = subprocess.run(
        argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.startswith("watchfloor-facts 1 ")
    assert not hardened.witness().file("/tmp/written").exists


def test_a_host_that_cannot_be_reached_is_an_error_and_never_passes(
    site: LabSite, hardened: LabHost, tmp_path: Path
) -> None:
    hardened.unplug()
    try:
        report = audit(site, tmp_path / "evidence", code=1)
    finally:
        hardened.plug()
    # The monitor was told of its drift before, and still knows.
    assert report["counts"] == {"ERROR": len(HOST_CONTROLS), "PASS": 1}


def test_a_second_apply_changes_nothing_after_all_was_put_right(
    site: LabSite, hardened: LabHost
) -> None:
    assert site.drifted() == {}


def test_the_timers_service_tells_what_was_changed_by_hand_until_it_is_repaired(
    site: LabSite, hardened: LabHost, tmp_path: Path
) -> None:
    """File changed, service started: alert, metric and verdict; applied: all clear again."""
    command = service_of_timer(site, tmp_path)
    hardened.run(["sh", "-c", "echo by hand >>/etc/issue.net"])
    assert subprocess.run(command, check=False).returncode == 2
    until(lambda: drift_alerts(site) == [AUDITED], 30, "the alert")
    assert drifted_in_metrics(site) == {AUDITED: 1.0, **dict.fromkeys(CLOCKS, 0.0)}
    report = audit(site, tmp_path / "drifted", code=2)
    assert "config-no-drift" in failing(report)
    assert site.watchfloor("apply", "--yes", "--limit", AUDITED).exit_code == 0
    until(lambda: drift_alerts(site) == [], 30, "the alert to be over")
    assert drifted_in_metrics(site)[AUDITED] == 0.0
    assert "config-no-drift" not in failing(audit(site, tmp_path / "repaired", code=0))
    assert subprocess.run(command, check=False).returncode == 0


def service_of_timer(site: LabSite, folder: Path) -> list[str]:
    """The command of the unit, in its folder and with its environment, as systemd starts it."""
    assert site.watchfloor("drift", "--units", str(folder)).exit_code == 0
    lines = (folder / "watchfloor-drift.service").read_text().splitlines()
    settings = [line.partition("=")[::2] for line in lines if "=" in line]
    variables = [shlex.split(value)[0] for name, value in settings if name == "Environment"]
    path = f"PATH={os.environ['PATH']}"
    named = dict(settings)
    clean = ["env", "-i", "-C", named["WorkingDirectory"], path, *variables]
    return [*clean, *shlex.split(named["ExecStart"])]


def drift_alerts(site: LabSite) -> list[str]:
    """The devices whose drift is an alert now, by the API."""
    with urllib.request.urlopen(f"{site.monitor_url}/api/v1/alerts", timeout=10) as answer:
        alerts = json.load(answer)
    return [
        one["device"]
        for one in alerts
        if (one["alert"], one["phase"]) == ("host-drifted", Phase.UNACKED)
    ]


def drifted_in_metrics(site: LabSite) -> dict[str, float]:
    with urllib.request.urlopen(f"{site.monitor_url}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    line = re.compile(r'^watchfloor_drift_findings\{.*device="([^"]+)"\} (\S+)$', re.MULTILINE)
    return {device: float(count) for device, count in line.findall(text)}


def failing(report: dict[str, Any]) -> set[str]:
    return {
        line["control"]
        for side in report["sides"]
        for line in side["lines"]
        if line["verdict"] == Verdict.FAIL
    }

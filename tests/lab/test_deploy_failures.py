"""What goes wrong on one host costs that host alone, and is told in one clear line."""

import fcntl
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import Lab, LabHost
from tests.lab.site import LabSite
from tests.wait import until

pytestmark = pytest.mark.lab

AREAS = tuple(
    word for area in ("banner", "time", "accounts", "ssh", "firewall") for word in ("--area", area)
)
"""Enough for what goes wrong here; a whole hardening takes its time."""


@pytest.fixture(scope="module")
def pair(lab: Lab) -> Iterator[tuple[LabHost, LabHost]]:
    """Two hosts: `alpha`, which is well, and `beta`, to which things happen."""
    alpha, beta = lab.boot_all(dict.fromkeys(("alpha", "beta"), "bookworm"))
    yield alpha, beta
    lab.remove(alpha)
    lab.remove(beta)


@pytest.fixture
def site(pair: tuple[LabHost, LabHost], tmp_path: Path) -> LabSite:
    """Only banners differ from what the hosts are, so that an apply takes a moment."""
    return LabSite.create(tmp_path / "site", pair)


def states(site: LabSite) -> dict[str, tuple[str | None, str]]:
    """Device -> state and message, from `drift`."""
    found = site.json("drift", *AREAS, code=1)["devices"]
    return {device["device"]: (device["reason"], device["message"]) for device in found}


def test_a_host_that_is_cut_off_is_one_line_and_the_other_is_read(
    site: LabSite, pair: tuple[LabHost, LabHost]
) -> None:
    pair[1].unplug()
    try:
        found = states(site)
    finally:
        pair[1].plug()
    assert found["alpha"] == (None, "")
    reason, message = found["beta"]
    assert reason == "unreachable"
    assert "no answer; check power, cable" in message


def test_a_host_with_another_key_is_not_talked_to(
    site: LabSite, pair: tuple[LabHost, LabHost]
) -> None:
    pair[1].replace_host_keys()
    reason, message = states(site)["beta"]
    assert reason == "host-key-wrong"
    assert "enroll it again" in message
    again = site.enroll("--json")
    assert again.exit_code == 1
    verdicts = {case["device"]: case["verdict"] for case in json.loads(again.stdout)["devices"]}
    assert verdicts == {"alpha": "known", "beta": "changed"}
    assert states(site)["beta"][0] == "host-key-wrong"
    assert site.enroll("--replace").exit_code == 0
    assert site.json("drift", *AREAS, code=2)
    pair[1].known_hosts.write_text("".join(f"{line}\n" for line in pair[1].known_host_lines()))


def test_a_host_that_nobody_enrolled_is_not_talked_to(
    pair: tuple[LabHost, LabHost], tmp_path: Path
) -> None:
    site = LabSite(tmp_path, pair)
    site.write()
    assert {reason for reason, _ in states(site).values()} == {"host-key-unknown"}


def test_sudo_that_asks_for_a_password_is_named(
    site: LabSite, pair: tuple[LabHost, LabHost]
) -> None:
    rights = "/etc/sudoers.d/90-wf-deploy"
    pair[1].run(["mv", rights, "/root/kept"])
    try:
        reason, message = states(site)["beta"]
    finally:
        pair[1].run(["mv", "/root/kept", rights])
    assert reason == "sudo-refused"
    assert "`sudo: nopasswd`" in message


def test_a_key_that_the_host_does_not_know_is_named(
    site: LabSite, pair: tuple[LabHost, LabHost]
) -> None:
    keys = f"/home/{pair[1].user}/.ssh/authorized_keys"
    pair[1].run(["mv", keys, "/root/kept"])
    try:
        reason, message = states(site)["beta"]
    finally:
        pair[1].run(["mv", "/root/kept", keys])
    assert reason == "key-refused"
    assert "the host refuses the key" in message


def test_a_system_that_is_not_known_is_left_alone(
    site: LabSite, pair: tuple[LabHost, LabHost]
) -> None:
    pair[1].run(["sh", "-c", "cp /etc/os-release /root/kept; echo ID=slackware >/etc/os-release"])
    try:
        reason, message = states(site)["beta"]
    finally:
        pair[1].run(["sh", "-c", "cat /root/kept >/etc/os-release"])
    assert reason == "os-unknown"
    assert "slackware" in message


def test_a_full_disk_is_named_and_independent_areas_and_the_other_host_go_on(
    site: LabSite, pair: tuple[LabHost, LabHost]
) -> None:
    beta = pair[1]
    # One folder with a full disk of its own: what needs it fails, the rest is done.
    beta.run(["sh", "-c", "cp -a /etc/ssh /root/ssh; mount -t tmpfs -o size=64k full /etc/ssh"])
    beta.run(["sh", "-c", "cp -a /root/ssh/. /etc/ssh; cat /dev/zero >/etc/ssh/fill || :"])
    try:
        done = site.json("apply", "--yes", *AREAS, code=1)
    finally:
        beta.run(["sh", "-c", "umount --lazy /etc/ssh; systemctl restart ssh"])
    results = {host["host"]: host for host in done["hosts"]}
    areas = {area["area"]: area for area in results["beta"]["areas"]}
    assert areas["ssh"]["reason"] == "disk-full"
    assert "its disk is full" in areas["ssh"]["message"]
    assert areas["firewall"]["reason"] == "dependency"
    assert {areas[name]["reason"] for name in ("banner", "time", "accounts")} == {None}
    assert results["alpha"]["reason"] is None
    assert {area["reason"] for area in results["alpha"]["areas"]} == {None}
    assert site.watchfloor("apply", "--yes", *AREAS).exit_code == 0


def test_a_host_that_fails_lets_no_further_wave_start(
    site: LabSite, pair: tuple[LabHost, LabHost]
) -> None:
    alpha, beta = pair
    for host in pair:
        host.run(["sh", "-c", "echo drifted >/etc/issue.net"])
    alpha.run(["mount", "-t", "tmpfs", "-o", "ro", "none", "/var/lib/watchfloor"])
    try:
        done = site.json("apply", "--yes", *AREAS, code=1)
    finally:
        alpha.run(["umount", "/var/lib/watchfloor"])
    results = {host["host"]: host for host in done["hosts"]}
    assert results["alpha"]["wave"] == 1
    assert results["alpha"]["areas"][0]["reason"] == "read-only"
    assert (results["beta"]["wave"], results["beta"]["reason"]) == (0, "stopped")
    assert "wave 1 failed" in results["beta"]["message"]
    assert beta.run(["cat", "/etc/issue.net"]) == "drifted\n"
    assert site.watchfloor("apply", "--yes", *AREAS).exit_code == 0


HOLD = """\
mkdir -p /run/watchfloor
exec 9>>/run/watchfloor/lock
flock 9
echo '{"owner": "bob@noc-2", "run": "r9", "since": "noon"}' >/run/watchfloor/owner
echo held
cat >/dev/null
"""


def test_two_administrators_do_not_meet_on_a_host(
    site: LabSite, pair: tuple[LabHost, LabHost]
) -> None:
    beta = pair[1]
    beta.run(["sh", "-c", "echo drifted >/etc/issue.net"])
    beta.run(["tee", "/root/hold"], stdin=HOLD)
    bob = subprocess.Popen(
        beta.ssh_argv("sudo", "-n", "sh", "/root/hold"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert bob.stdout is not None
    assert bob.stdout.readline() == "held\n"
    done = site.json("apply", "--yes", *AREAS, code=1)
    found = next(host for host in done["hosts"] if host["host"] == "beta")
    assert found["reason"] == "locked"
    assert "bob@noc-2 is at work on it since noon (run r9)" in found["message"]
    # However he goes, his lock goes with him.
    bob.kill()
    bob.communicate()
    until(lambda: is_unlocked(beta), 20, "the lock to go")
    assert site.watchfloor("apply", "--yes", *AREAS).exit_code == 0


def is_unlocked(host: LabHost) -> bool:
    return host.attempt(["flock", "-n", "/run/watchfloor/lock", "true"]).exit_code == 0


def test_two_administrators_on_one_machine_take_turns(site: LabSite) -> None:
    # Once for the folder; then the lease is taken as another process would take it.
    site.watchfloor("apply", "--yes", *AREAS)
    handle = os.open(site.folder / "run/labtown.lease", os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        done = site.watchfloor("apply", "--yes", *AREAS)
    finally:
        os.close(handle)
    assert done.exit_code == 1
    assert "is deploying it; wait for that to end" in done.stderr


GATE = """\
#!/bin/sh
case "$*" in *" /etc/issue") [ ! -p /root/gate ] || cat /root/gate ;; esac
exec /usr/bin/mv "$@"
"""


def test_a_killed_controller_stops_its_worker_before_the_next_step(
    site: LabSite, pair: tuple[LabHost, LabHost]
) -> None:
    alpha = pair[0]
    for name in ("issue", "issue.net"):
        alpha.run(["sh", "-c", f"echo drifted >/etc/{name}"])
    # The first step waits in the middle until its controller is gone.
    alpha.run(["mkfifo", "/root/gate"])
    alpha.run(["install", "-m", "755", "/dev/stdin", "/usr/local/bin/mv"], stdin=GATE)
    controller = site.start("apply", "--yes", *AREAS, "--limit", "alpha")
    waiting = ["pgrep", "-f", "cat /root/gate"]
    until(lambda: alpha.attempt(waiting).exit_code == 0, 30, "the step to be in the middle")
    controller.process.kill()
    controller.process.wait()
    alpha.run(["sh", "-c", "exec 3>/root/gate; rm /root/gate; exec 3>&-"])
    until(lambda: is_unlocked(alpha), 30, "the worker to leave the host")
    alpha.run(["rm", "/usr/local/bin/mv"])
    # The step that was begun is whole, and the next one was not begun.
    assert alpha.run(["cat", "/etc/issue"]) != "drifted\n"
    assert alpha.run(["cat", "/etc/issue.net"]) == "drifted\n"
    assert site.watchfloor("apply", "--yes", *AREAS).exit_code == 0
    assert site.watchfloor("drift", *AREAS).exit_code == 0

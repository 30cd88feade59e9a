"""A freshly booted host is hardened, proved by another witness, broken by hand, and repaired."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from inventory.baseline import DEFAULT_BANNER
from tests.lab import Lab, LabHost
from tests.lab.ports import port_answers
from tests.lab.site import TIME_SERVERS, LabSite
from tests.wait import until

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module", params=["bookworm", "trixie"])
def site(
    request: pytest.FixtureRequest, lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LabSite]:
    """One fresh host of each Debian, enrolled and hardened once."""
    host = lab.boot(f"hard-{request.param}", suite=request.param)
    site = LabSite.create(tmp_path_factory.mktemp(request.param), [host])
    done = site.watchfloor("apply", "--yes", "--reason", "first hardening", "--ticket", "CHG-1")
    assert done.exit_code == 0, done.stderr + done.stdout
    yield site
    lab.remove(host)


LISTENER = """
import socket, time
with socket.create_server(("", {port})):
    time.sleep(60)
"""


@pytest.fixture
def host(site: LabSite) -> LabHost:
    return site.hosts[0]


def ssh_as(host: LabHost, user: str, *options: str) -> subprocess.CompletedProcess[str]:
    argv = [word.replace(f"{host.user}@", f"{user}@") for word in host.ssh_argv("true")]
    return subprocess.run(
        [argv[0], *options, *argv[1:]],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_sshd_runs_as_wanted(host: LabHost) -> None:
    witness = host.witness()
    effective = witness.check_output("sshd -T").splitlines()
    for line in ("permitrootlogin no", "passwordauthentication no", "maxauthtries 4"):
        assert line in effective
    assert witness.file("/etc/ssh/sshd_config").mode == 0o600
    assert witness.service("ssh").is_running


def test_the_running_sshd_refuses_root_and_outsiders_and_lets_the_inventory_in(
    host: LabHost,
) -> None:
    key = host.key.with_suffix(".pub").read_text()
    host.run(["install", "-d", "-m", "700", "/root/.ssh"])
    host.run(["tee", "/root/.ssh/authorized_keys"], stdin=key)
    refused = ssh_as(host, "root")
    assert refused.returncode == 255
    assert "Permission denied (publickey)" in refused.stderr
    assert DEFAULT_BANNER.splitlines()[0] in refused.stderr
    assert ssh_as(host, "analyst").returncode == 0
    assert ssh_as(host, host.user).returncode == 0
    weak = ssh_as(host, host.user, "-o", "Ciphers=chacha20-poly1305@openssh.com")
    assert "no matching cipher found" in weak.stderr


def test_nobody_gets_in_but_through_the_openings(host: LabHost) -> None:
    for port in (80, 8080):
        program = LISTENER.format(port=port)
        host.run(["systemd-run", f"--unit=listen-{port}", "python3", "-c", program])
    until(lambda: port_answers(host.address, 80), 10, "the opened port")
    assert not port_answers(host.address, 8080)
    for port in (80, 8080):
        host.run(["systemctl", "stop", f"listen-{port}"])


def test_rules_accounts_clock_and_banners_are_as_wanted(host: LabHost) -> None:
    witness = host.witness()
    rules = witness.check_output("nft list table inet watchfloor")
    assert "hook input priority filter; policy drop;" in rules
    assert witness.service("nftables").is_enabled
    assert "watchfloor-login" in witness.user("analyst").groups
    assert "analyst is not allowed to run sudo" in witness.check_output("sudo -n -l -U analyst")
    assert witness.file("/etc/sudoers.d/10-watchfloor").mode == 0o440
    sources = witness.check_output("chronyc -n -c sources")
    assert {line.split(",")[2] for line in sources.splitlines()} == set(TIME_SERVERS.values())
    assert witness.file("/etc/issue").content_string == DEFAULT_BANNER


def test_no_dead_man_is_left_armed(host: LabHost) -> None:
    assert "watchfloor-restore" not in host.run(["systemctl", "list-timers", "--all"])


def test_a_second_apply_changes_nothing(site: LabSite, host: LabHost) -> None:
    before = host.run(["find", "/etc", "-newer", "/var/lib/watchfloor/replaced", "-type", "f"])
    done = site.json("apply", "--yes", code=0)
    assert done["hosts"] == []
    after = host.run(["find", "/etc", "-newer", "/var/lib/watchfloor/replaced", "-type", "f"])
    assert after == before
    assert site.drifted() == {}


def test_the_run_is_on_record(site: LabSite) -> None:
    records = [json.loads(path.read_text()) for path in (site.folder / "state/runs").glob("*.json")]
    first = min(records, key=lambda record: record["run"])
    assert (first["state"], first["why"], first["ticket"]) == ("done", "first hardening", "CHG-1")
    assert {area["area"] for area in first["hosts"][0]["areas"]} >= {
        "banner",
        "time",
        "accounts",
        "ssh",
        "firewall",
    }


BREAKS = {
    "a banner": (
        "echo hello >/etc/issue.net",
        {"banner": ["change /etc/issue.net"]},
    ),
    "an overriding drop-in": (
        "echo 'PermitRootLogin yes' >/etc/ssh/sshd_config.d/00-mine.conf; systemctl reload ssh",
        {
            "ssh": [
                "change /etc/ssh/sshd_config.d/00-mine.conf",
                "reload ssh.service (its configuration)",
            ]
        },
    ),
    "a rule in the kernel alone": (
        "nft insert rule inet watchfloor input tcp dport 23 accept",
        {"firewall": ["load the rules of /etc/nftables.conf into the kernel"]},
    ),
    "a flushed firewall": (
        "nft flush ruleset",
        {"firewall": ["load the rules of /etc/nftables.conf into the kernel"]},
    ),
    "an account of somebody": (
        "useradd -m -s /bin/bash mallory",
        {"accounts": ["shut account mallory, which the inventory does not name"]},
    ),
    "a key of somebody": (
        "echo 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAqTltYV4khxp+hsRxqNR3gWYmsG2zX9uLdtdkAWWFrb x'"
        " >>/home/analyst/.ssh/authorized_keys",
        {"accounts": ["change /home/analyst/.ssh/authorized_keys"]},
    ),
    "a stopped clock": (
        "systemctl stop chrony",
        {"time": ["restart chrony.service (it does not run)"]},
    ),
    "a sudo rule": (
        "echo 'analyst ALL=(ALL) NOPASSWD: ALL' >>/etc/sudoers.d/10-watchfloor",
        {"accounts": ["change /etc/sudoers.d/10-watchfloor"]},
    ),
}


def test_one_thing_broken_by_hand_is_exactly_what_drifts(site: LabSite, host: LabHost) -> None:
    command, finding = BREAKS["an overriding drop-in"]
    host.run(["sh", "-c", command])
    assert site.drifted() == {host.name: finding}
    assert site.watchfloor("apply", "--yes").exit_code == 0
    assert site.drifted() == {}
    assert "permitrootlogin no" in host.witness().check_output("sshd -T")


def test_everything_broken_by_hand_is_found_and_repaired(site: LabSite, host: LabHost) -> None:
    expected: dict[str, list[str]] = {}
    for command, finding in BREAKS.values():
        host.run(["sh", "-c", command])
        for area, lines in finding.items():
            expected.setdefault(area, []).extend(lines)
    found = site.drifted()[host.name]
    assert {area: sorted(lines) for area, lines in found.items()} == {
        area: sorted(set(lines)) for area, lines in expected.items()
    }
    done = site.watchfloor("apply", "--yes")
    assert done.exit_code == 0, done.stderr + done.stdout
    assert site.drifted() == {}
    assert ssh_as(host, "mallory").returncode != 0


def test_a_plan_file_is_refused_once_its_facts_have_changed(
    site: LabSite, host: LabHost, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.json"
    host.run(["sh", "-c", "echo one >/etc/issue.net"])
    assert site.watchfloor("plan", "--out", str(plan)).exit_code == 2
    host.run(["sh", "-c", "echo two >/etc/issue.net"])
    stale = site.watchfloor("apply", str(plan))
    assert stale.exit_code == 1
    assert "its banner facts have changed since the plan was made" in stale.stderr
    assert host.run(["cat", "/etc/issue.net"]) == "two\n"
    assert site.watchfloor("plan", "--out", str(plan)).exit_code == 2
    assert site.watchfloor("apply", str(plan)).exit_code == 0
    assert site.drifted() == {}

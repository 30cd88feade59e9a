"""Kernel settings, modules, mounts, modes, dumps, cron, services and greetings of a real host.

What needs a kernel of its own is proved in a virtual machine: test_vm_hardening.
"""

import json
from collections.abc import Iterator

import pytest

from tests.lab import Lab, LabHost
from tests.lab.site import LabSite
from tests.wait import until

pytestmark = pytest.mark.lab

AREAS = (
    *("banner", "sysctl", "modules", "usb_storage", "mounts", "core_dumps", "services"),
    *("apparmor", "cron", "permissions"),
)
ONLY = tuple(word for area in AREAS for word in ("--area", area))


@pytest.fixture(scope="module", params=["bookworm", "trixie"])
def site(
    request: pytest.FixtureRequest, lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LabSite]:
    """One host of each Debian, with these areas applied."""
    host = lab.boot(f"kern-{request.param}", suite=request.param)
    site = LabSite.create(tmp_path_factory.mktemp(request.param), [host])
    done = site.watchfloor("apply", "--yes", *ONLY)
    assert done.exit_code == 0, done.stderr + done.stdout
    until(
        lambda: host.attempt(["test", "-e", "/var/lib/watchfloor/walk"]).exit_code == 0,
        30,
        "a walk",
    )
    yield site
    lab.remove(host)


@pytest.fixture
def host(site: LabSite) -> LabHost:
    return site.hosts[0]


def drift(site: LabSite) -> dict[str, list[str]]:
    """Area -> what differs on the one host."""
    done = site.watchfloor("drift", "--json", *ONLY)
    (device,) = json.loads(done.stdout)["devices"]
    areas: dict[str, list[str]] = device["areas"]
    assert done.exit_code == (2 if areas else 0), done.stderr
    return areas


def test_the_network_keys_are_in_force_and_the_kernel_s_own_are_not_proven(
    site: LabSite, host: LabHost
) -> None:
    witness = host.witness()
    for key, value in {
        "net.ipv4.conf.all.rp_filter": 1,
        "net.ipv4.conf.eth0.accept_redirects": 0,
        "net.ipv4.conf.eth0.log_martians": 1,
        "net.ipv6.conf.eth0.disable_ipv6": 1,
        "net.ipv6.conf.lo.disable_ipv6": 0,
    }.items():
        assert witness.sysctl(key) == value, key
    plan = site.watchfloor("plan", *ONLY)
    assert "kernel.kptr_restrict" in plan.stdout
    for what in ("the kernel is", "modules are loaded by", "profiles are enforced by"):
        assert what in " ".join(plan.stdout.split()), what
    assert plan.exit_code == 0, plan.stdout


def test_modprobe_loads_nothing_in_the_place_of_a_blocked_module(host: LabHost) -> None:
    for name in ("usb-storage", "dccp", "cramfs"):
        said = host.run(["modprobe", "--showconfig"])
        assert f"install {name.replace('-', '_')} /bin/false" in said


def test_nothing_in_tmp_is_run(host: LabHost) -> None:
    for folder in ("/tmp", "/dev/shm"):
        host.run(["install", "-m", "755", "/bin/true", f"{folder}/program"])
        refused = host.attempt([f"{folder}/program"])
        assert refused.exit_code == 126, folder
    assert host.witness().mount_point("/tmp").filesystem == "tmpfs"
    assert host.witness().service("tmp.mount").is_enabled


def test_files_are_as_closed_as_they_should_be(host: LabHost) -> None:
    witness = host.witness()
    for path, group, mode in [
        ("/etc/shadow", "shadow", 0o640),
        ("/etc/gshadow", "shadow", 0o640),
        ("/etc/crontab", "root", 0o600),
        ("/etc/cron.d", "root", 0o700),
        ("/etc/cron.allow", "crontab", 0o640),
        ("/etc/sudoers.d", "root", 0o750),
        ("/etc/sysctl.d/zz-watchfloor.conf", "root", 0o644),
    ]:
        file = witness.file(path)
        assert (file.group, file.mode) == (group, mode), path
    assert not witness.file("/etc/cron.deny").exists
    walk = witness.file("/var/lib/watchfloor/walk").content_string
    assert "/usr/bin/sudo" in walk


def test_only_root_may_use_crontab(host: LabHost) -> None:
    listing = [
        "setpriv",
        "--reuid=wf-deploy",
        "--init-groups",
        "--regid=wf-deploy",
        "crontab",
        "-l",
    ]
    refused = host.attempt(listing)
    assert "not allowed to use this program" in refused.stderr
    assert "no crontab for root" in host.attempt(["crontab", "-l"]).stderr


def test_a_crash_leaves_no_dump(host: LabHost) -> None:
    limit = ["systemd-run", "--wait", "--pipe", "--quiet", "sh", "-c", "ulimit -c -H"]
    assert host.run(limit).strip() == "0"
    login = host.run(["su", "--login", "wf-deploy", "--command", "ulimit -H -c"])
    assert login.strip() == "0"


def test_idle_services_are_masked_and_greetings_tell_nothing(host: LabHost) -> None:
    assert host.attempt(["systemctl", "is-enabled", "ctrl-alt-del.target"]).stdout == "masked\n"
    for path in ("/etc/motd", "/etc/issue", "/etc/issue.net"):
        assert "Debian" not in host.run(["cat", path])


def test_a_second_apply_changes_nothing(site: LabSite, host: LabHost) -> None:
    before = host.run(["find", "/etc", "-newer", "/var/lib/watchfloor/walk", "-type", "f"])
    done = site.json("apply", "--yes", *ONLY, code=0)
    assert done["hosts"] == []
    after = host.run(["find", "/etc", "-newer", "/var/lib/watchfloor/walk", "-type", "f"])
    assert after == before


def test_undo_brings_the_old_state_back_and_another_apply_the_new_one(
    site: LabSite, host: LabHost
) -> None:
    record = min((site.folder / "state/runs").glob("*.json"))
    done = site.watchfloor("undo", json.loads(record.read_text())["run"], "--yes")
    assert done.exit_code == 0, done.stderr + done.stdout
    witness = host.witness()
    assert witness.sysctl("net.ipv4.conf.eth0.log_martians") == 0
    # /tmp is the disk's again: what lay in memory is gone with it.
    host.run(["install", "-m", "755", "/bin/true", "/tmp/program"])
    assert host.attempt(["/tmp/program"]).exit_code == 0
    assert witness.file("/etc/crontab").mode == 0o644
    assert not witness.file("/etc/sysctl.d/zz-watchfloor.conf").exists
    assert host.attempt(["systemctl", "is-enabled", "ctrl-alt-del.target"]).stdout != "masked\n"
    again = site.watchfloor("apply", "--yes", *ONLY)
    assert again.exit_code == 0, again.stderr + again.stdout


BREAKS = {
    "a greeting": ("uname -a >/etc/motd", "banner", "change /etc/motd"),
    "a kernel setting": (
        "sysctl -qw net.ipv4.conf.eth0.accept_redirects=1",
        "sysctl",
        "set net.ipv4.conf.eth0.accept_redirects to 0 (it is 1)",
    ),
    "a later file": (
        "echo net.ipv4.tcp_syncookies=0 >/etc/sysctl.d/zzz.conf",
        "sysctl",
        "change /etc/sysctl.d/zzz.conf",
    ),
    "a module let in": (
        "sed -i '/dccp/d' /etc/modprobe.d/watchfloor.conf",
        "modules",
        "change /etc/modprobe.d/watchfloor.conf",
    ),
    "USB disks let in": (
        "rm /etc/modprobe.d/watchfloor-usb-storage.conf",
        "usb_storage",
        "create /etc/modprobe.d/watchfloor-usb-storage.conf",
    ),
    "programs in /tmp": ("mount -o remount,exec /tmp", "mounts", "mount /tmp with noexec"),
    "shared memory": ("mount -o remount,exec /dev/shm", "mounts", "mount /dev/shm with noexec"),
    "dumps of logins": (
        "rm /etc/security/limits.d/zz-watchfloor-core.conf",
        "core_dumps",
        "create /etc/security/limits.d/zz-watchfloor-core.conf",
    ),
    "a service": (
        "systemctl unmask ctrl-alt-del.target",
        "services",
        "mask ctrl-alt-del.target (it has no business here)",
    ),
    "a crontab user": ("echo mallory >>/etc/cron.allow", "cron", "change /etc/cron.allow"),
    "a cron folder": (
        "chmod 755 /etc/cron.d",
        "cron",
        "set owner and mode of /etc/cron.d: root:root 0755 -> root:root 0700",
    ),
    "readable passwords": (
        "chmod 644 /etc/shadow; chgrp root /etc/shadow",
        "permissions",
        "set owner and mode of /etc/shadow: root:root 0644 -> root:shadow 0640",
    ),
    "a readable log": (
        "install -m 644 /dev/null /var/log/mine.log",
        "permissions",
        "set owner and mode of /var/log/mine.log: root:root 0644 -> root:root 0640",
    ),
    "a file for everybody": (
        "install -m 666 /dev/null /etc/mine && systemctl start watchfloor-walk",
        "permissions",
        "set owner and mode of /etc/mine: root:root 0666 -> root:root 0664",
    ),
}


def test_each_thing_broken_by_hand_is_named_and_repaired(site: LabSite, host: LabHost) -> None:
    expected: dict[str, set[str]] = {}
    for command, area, finding in BREAKS.values():
        host.run(["sh", "-c", command])
        expected.setdefault(area, set()).add(finding)
    assert {area: set(lines) for area, lines in drift(site).items()} == expected
    done = site.watchfloor("apply", "--yes", *ONLY)
    assert done.exit_code == 0, done.stderr + done.stdout
    host.run(["systemctl", "start", "watchfloor-walk"])
    assert drift(site) == {}


def test_a_program_with_somebody_s_rights_is_named_and_not_touched(
    site: LabSite, host: LabHost
) -> None:
    host.run(["install", "-m", "4755", "/bin/true", "/usr/local/bin/become"])
    host.run(["systemctl", "start", "watchfloor-walk"])
    (finding,) = drift(site)["permissions"]
    assert finding.startswith("/usr/local/bin/become run")
    assert host.witness().file("/usr/local/bin/become").mode == 0o4755
    host.run(["rm", "/usr/local/bin/become"])
    host.run(["systemctl", "start", "watchfloor-walk"])
    assert drift(site) == {}

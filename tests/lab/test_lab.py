"""The lab's own promises: real hosts, quickly, apart from each other, and gone without a trace."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab import Lab, LabError, LabHost, open_lab
from tests.lab.cgroups import TOP, hierarchies
from tests.lab.instance import Instance, remove_abandoned
from tests.process import child
from tests.wait import until

pytestmark = pytest.mark.lab


def ssh(host: LabHost, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        host.ssh_argv(*command),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=30,
        check=False,
    )


def traces(instance: Instance) -> list[str]:
    """All that is left on this machine of a lab."""
    bridge = instance.network.bridge
    links = [p.name for p in Path("/sys/class/net").iterdir()]
    folders = [top / TOP / str(instance.number) for top in hierarchies()]
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    return [
        *(name for name in links if name == bridge or name.startswith(f"{bridge}p")),
        *(str(p) for p in Path("/run/netns").glob(f"{bridge}-*")),
        *(str(p) for p in (*folders, instance.folder) if p.exists()),
        *(line for line in mounts if f" {instance.folder}/" in line),
    ]


@pytest.fixture(scope="module")
def host(lab: Lab) -> LabHost:
    return lab.host("plain")


def test_a_host_is_a_booted_debian(host: LabHost) -> None:
    assert host.run(["systemctl", "is-system-running"]).strip() == "running"
    assert host.run(["hostname"]).strip() == "plain"
    assert "VERSION_CODENAME=" in host.run(["cat", "/etc/os-release"])


@pytest.mark.parametrize("suite", ["bookworm", "trixie"])
def test_either_debian_boots_whichever_this_machine_runs(lab: Lab, suite: str) -> None:
    host = lab.boot(suite, suite=suite)
    assert f"VERSION_CODENAME={suite}" in host.run(["cat", "/etc/os-release"])
    assert ssh(host, "sudo", "-n", "true").returncode == 0
    host.run(["apt-get", "-o", "Acquire::http::Timeout=20", "update"], timeout_s=120)
    lab.remove(host)


def test_the_administrator_gets_in_with_the_key_and_may_use_sudo(host: LabHost) -> None:
    done = ssh(host, "sudo", "-n", "id", "-u")
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr


def test_a_command_that_fails_is_told_in_one_line(host: LabHost) -> None:
    with pytest.raises(LabError, match=r"on plain: .* failed with 1: .*No such file") as caught:
        host.run(["cat", "/no/such/file"])
    assert "\n" not in str(caught.value)


def test_the_witness_sees_the_inside(host: LabHost) -> None:
    witness = host.witness()
    assert witness.service("ssh").is_running
    assert witness.file("/etc/hostname").content_string == "plain\n"
    assert not witness.package("chrony").is_installed


def test_network_settings_of_the_kernel_can_be_changed(host: LabHost) -> None:
    host.run(["sysctl", "-w", "net.ipv4.conf.all.log_martians=1"])
    assert host.witness().sysctl("net.ipv4.conf.all.log_martians") == 1


def test_apt_installs_through_the_proxy(fresh_host: LabHost) -> None:
    fresh_host.run(["apt-get", "-o", "Acquire::http::Timeout=20", "update"], timeout_s=120)
    fresh_host.run(["apt-get", "-y", "install", "chrony"], timeout_s=120)
    assert fresh_host.witness().package("chrony").is_installed


def test_there_is_no_other_way_out(lab: Lab, host: LabHost) -> None:
    assert "default" not in host.run(["ip", "route"])
    address, port = lab.proxy.removeprefix("http://").split(":")
    script = (
        f"import socket; s = socket.create_connection(({address!r}, {port})); s.settimeout(10);"
        "s.sendall(b'GET http://not-an-archive.invalid/ HTTP/1.0\\r\\n\\r\\n');"
        "print(s.recv(100))"
    )
    assert " 403 " in host.run(["python3", "-c", script])


def test_two_hosts_differ_in_all_that_identifies_them(host: LabHost, fresh_host: LabHost) -> None:
    for text in ("/etc/machine-id", "/etc/ssh/ssh_host_ed25519_key.pub"):
        assert host.run(["cat", text]) != fresh_host.run(["cat", text])
    assert host.address != fresh_host.address


def test_the_way_to_the_proxy_stays_when_hosts_come_and_go(lab: Lab, host: LabHost) -> None:
    bridge = Path("/sys/class/net", lab.instance.network.bridge, "address")
    before = bridge.read_text()
    passing = lab.boot("passing")
    assert bridge.read_text() == before
    lab.remove(passing)
    assert bridge.read_text() == before


def test_a_replaced_host_key_is_refused_by_who_knew_the_old_one(fresh_host: LabHost) -> None:
    known = fresh_host.known_host_lines()
    fresh_host.replace_host_keys()
    until(fresh_host.ssh_answers, 10, "sshd to be back")
    assert set(known).isdisjoint(fresh_host.known_host_lines())
    assert "Host key verification failed" in ssh(fresh_host, "true").stderr


def test_the_console_shows_the_fingerprints_of_the_running_sshd(host: LabHost) -> None:
    scanned = subprocess.run(
        ["ssh-keyscan", "-T", "5", "-t", "ed25519", host.address],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert scanned.strip() in host.known_host_lines()
    assert any("ED25519" in line for line in host.console_host_keys())


def test_power_cycling_keeps_the_disk_and_drops_the_rest(fresh_host: LabHost) -> None:
    hardware_address = fresh_host.run(["cat", "/sys/class/net/eth0/address"])
    fresh_host.run(["touch", "/root/kept"])
    fresh_host.run(["nft", "add", "table", "inet", "lost"])
    fresh_host.power_off()
    assert not fresh_host.is_on
    assert not fresh_host.ssh_answers()
    fresh_host.power_on()
    assert fresh_host.witness().file("/root/kept").exists
    assert fresh_host.run(["nft", "list", "tables"]) == ""
    # A new hardware address would be unreachable until its neighbours forget the old one.
    assert fresh_host.run(["cat", "/sys/class/net/eth0/address"]) == hardware_address


def test_a_paused_host_accepts_connections_and_says_nothing(fresh_host: LabHost) -> None:
    fresh_host.pause()
    assert fresh_host.ssh_answers()
    scan = ["ssh-keyscan", "-T", "1", fresh_host.address]
    silent = subprocess.run(scan, capture_output=True, check=False)
    assert silent.stdout == b""
    fresh_host.resume()
    assert ssh(fresh_host, "true").returncode == 0


def test_an_unplugged_host_can_still_be_worked_on_at_its_console(fresh_host: LabHost) -> None:
    fresh_host.unplug()
    assert not fresh_host.ssh_answers()
    assert fresh_host.run(["echo", "still here"]) == "still here\n"
    fresh_host.plug()
    until(fresh_host.ssh_answers, 10, "the cable to carry again")


def test_a_disk_fills_up_at_its_size(lab: Lab) -> None:
    small = lab.boot("small", disk_mib=64)
    done = small.attempt(["dd", "if=/dev/zero", "of=/root/big", "bs=1M", "count=100"])
    assert "No space left on device" in done.stderr
    lab.remove(small)


def test_a_name_is_given_once(lab: Lab, host: LabHost) -> None:
    assert lab.host("plain") is host
    with pytest.raises(LabError, match="has a host plain already"):
        lab.boot("plain")


def test_a_closed_lab_leaves_nothing_while_its_neighbour_runs(host: LabHost) -> None:
    with open_lab() as other:
        instance = other.instance
        neighbour = other.boot("plain")
        assert neighbour.address != host.address
        assert traces(instance)
    assert traces(instance) == []
    assert host.run(["true"]) == ""


def test_a_killed_process_leaves_nothing_that_is_not_found_again() -> None:
    script = (
        "from tests.lab import open_lab\n"
        "with open_lab() as lab:\n"
        "    lab.boot('orphan').pause()\n"
        "    print('lab', lab.instance.number, 'stands', flush=True)\n"
        "    input()\n"
    )
    # A pipe that nobody writes to keeps the lab open until the process is killed.
    with child(["sh", "-c", 'sleep 600 | "$0" -c "$1"', sys.executable, script]) as process:
        printed = process.wait_for_output("stands", 60)
        instance = Instance(int(printed.split("lab ")[1].split()[0]))
        assert traces(instance)
        process.signal_group(signal.SIGKILL)
        process.process.wait()
    until(lambda: not _is_held(instance), 10, "the kernel to drop the dead process's lock")
    remove_abandoned()
    assert traces(instance) == []


def _is_held(instance: Instance) -> bool:
    """False once the lab is free, or another process has removed it already."""
    if not instance.folder.exists():
        return False
    held = not instance.hold()
    instance.release()
    return held

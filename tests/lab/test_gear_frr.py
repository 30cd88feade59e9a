"""A real FRR router behind sshd: planned, changed, broken by hand, found by drift, taken back."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab import Lab, LabHost
from tests.lab.site import LabSite
from tests.wait import until

pytestmark = [pytest.mark.lab, pytest.mark.xdist_group("frr")]

USER, PASSWORD = "wf-gear", "not a word of it"
SSHD = f"""\
Match User {USER}
  PasswordAuthentication yes
  ForceCommand /usr/bin/vtysh
"""
ROUTE, ADDRESS = "10.77.0.0/16", "10.66.0.1/24"
PORTS = {"eth0": {"network": "admin"}, "dum0": {"address": ADDRESS}}


def described(host: LabHost, **gear: Any) -> dict[str, Any]:
    """The host as a router with one more port."""
    router = {
        "kind": "router",
        "platform": "frr",
        "address": host.address,
        "gear": {
            "login": "gear-cli",
            "ports": ["eth0", "dum0"],
            "routes": {ROUTE: "10.66.0.2"},
            "special_ports": PORTS,
            **gear,
        },
    }
    login = {
        "purpose": "deploy",
        "protocol": "cli",
        "user": USER,
        "secret": "file:gear-password",
    }
    return {"devices": {host.name: router}, "credentials": {"gear-cli": login}}


def furnish(host: LabHost) -> None:
    """What is not FRR's: its daemons, a second port, and the account that gets its command line."""
    length = host.subnet.partition("/")[2]
    host.run(
        ["sh", "-ec", FURNISH],
        stdin=f"{USER}:{PASSWORD}\n",
    )
    host.run(["tee", "/etc/ssh/sshd_config.d/10-gear.conf"], stdin=SSHD)
    host.run(["systemctl", "reload", "ssh"])
    vtysh(host, "configure", "interface eth0", f"ip address {host.address}/{length}")
    vtysh(host, "write memory")


FURNISH = f"""\
sed -i 's/^staticd=no/staticd=yes/' /etc/frr/daemons
ip link add dum0 type veth peer name dum1
ip link set dum1 up
ip link set dum0 up
useradd --create-home --groups frrvty,frr {USER}
chpasswd
chmod 0770 /etc/frr
systemctl restart frr
"""


def vtysh(host: LabHost, *commands: str) -> str:
    """What FRR says at the host's console."""
    return host.run(["vtysh", *(word for command in commands for word in ("-c", command))])


@pytest.fixture(scope="module")
def host(lab: Lab) -> Iterator[LabHost]:
    host = lab.boot("rtr-1", suite="bookworm", variant="router")
    furnish(host)
    yield host
    lab.remove(host)


@pytest.fixture(scope="module")
def site(host: LabHost, tmp_path_factory: pytest.TempPathFactory) -> LabSite:
    folder = tmp_path_factory.mktemp("frr")
    write_password(folder, PASSWORD)
    return LabSite.create(folder, [host], **described(host))


def write_password(folder: Path, text: str) -> None:
    secret = folder / "gear-password"
    secret.touch(0o600)
    secret.write_text(text)


def applied(site: LabSite, *words: str) -> str:
    """What the run's table and reports say."""
    done = site.watchfloor("apply", "--yes", "--accept-outage", "rtr-1", *words)
    assert done.exit_code == 0, done.stderr + done.stdout
    assert PASSWORD not in done.stdout + done.stderr
    return done.stdout + done.stderr


def last_run(site: LabSite) -> str:
    return str(json.loads(site.watchfloor("runs", "--json").stdout)["runs"][0]["run"])


def test_the_lines_of_the_plan_become_what_the_router_and_its_kernel_do(
    site: LabSite, host: LabHost
) -> None:
    before = vtysh(host, "show running-config")
    plan = site.watchfloor("plan")
    assert plan.exit_code == 2, plan.stderr
    assert f"+ip route {ROUTE} 10.66.0.2" in plan.stdout
    assert "not proved" not in plan.stdout

    assert "routing: 1 changed" in applied(site)
    run = last_run(site)
    assert ROUTE in host.run(["ip", "route", "show", "via", "10.66.0.2"])
    assert ADDRESS in host.run(["ip", "-brief", "address", "show", "dum0"])
    assert f"ip route {ROUTE} 10.66.0.2" in host.run(["cat", "/etc/frr/frr.conf"])
    assert site.watchfloor("plan").exit_code == 0

    # Broken by hand: named, and repaired.
    vtysh(host, "configure", f"no ip route {ROUTE} 10.66.0.2", f"ip route {ROUTE} 10.66.0.9")
    assert list(site.drifted()["rtr-1"]) == ["routing"]
    # A route that goes may be the way back to us.
    assert "routing: 1 changed" in applied(site, "--approve-cut", "rtr-1")

    until(lambda: ROUTE in host.run(["ip", "route", "show", "via", "10.66.0.2"]), 10, "the route")
    assert site.drifted() == {}

    # Taken back.
    undone = site.watchfloor(
        "undo", run, "--yes", "--accept-outage", "rtr-1", "--approve-cut", "rtr-1"
    )
    assert vtysh(host, "show running-config") == before
    assert undone.exit_code == 0, undone.stderr + undone.stdout
    assert ROUTE not in host.run(["ip", "route"])


def test_a_line_that_the_router_refuses_leaves_it_as_it_was(site: LabSite, host: LabHost) -> None:
    before = vtysh(host, "show running-config")
    saved = host.run(["cat", "/etc/frr/frr.conf"])
    long = "no-kernel-has-so-long-a-name"
    ports = {**PORTS, long: {"address": "10.67.0.1/24"}}
    site.write(**described(host, ports=list(ports), special_ports=ports))
    words = ("apply", "--yes", "--accept-outage", "rtr-1", "--area", "routing")
    try:
        done = site.watchfloor(*words)
    finally:
        site.write(**described(host))
    assert done.exit_code == 1, done.stderr + done.stdout
    assert f"(interface {long}): the device says: % " in done.stderr
    assert "the old state is back" in done.stderr
    assert vtysh(host, "show running-config") == before
    assert host.run(["cat", "/etc/frr/frr.conf"]) == saved


def test_a_wrong_password_is_one_line(site: LabSite) -> None:
    write_password(site.folder, "another one")
    try:
        done = site.watchfloor("plan")
    finally:
        write_password(site.folder, PASSWORD)
    assert done.exit_code == 1
    assert "rejects the user or the password; check the credential of `gear: login`" in done.stderr
    assert "another one" not in done.stdout + done.stderr


def test_another_host_key_is_not_talked_to(site: LabSite, host: LabHost) -> None:
    known = host.known_host_lines()
    host.replace_host_keys()
    assert host.known_host_lines() != known
    done = site.watchfloor("plan")
    assert done.exit_code == 1
    assert "its host key is not the one on record" in done.stderr

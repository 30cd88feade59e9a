"""Debian's netconfd is deployed to: confirmed by a fresh session, or gone back by itself."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ncclient import manager

from deploy.network.netconf import config
from inventory.endpoints import EndpointMap
from tests.deploy.network.netconf_port import NetconfPort, netconfd
from tests.lab.command import Finished
from tests.lab.site import LabSite
from tests.wait import until

pytestmark = [pytest.mark.gear, pytest.mark.xdist_group("netconfd")]

USER, PASSWORD = "root", "netconf-word-1"
CENTER = f"""\
format: 1
center: {{name: small, title: Small, timezone: America/Chicago, admin_sources: [here]}}
credentials:
  deploy: {{purpose: deploy, protocol: ssh, user: wf-deploy, secret: "file:key"}}
  gear-cli: {{purpose: deploy, protocol: cli, user: {USER}, secret: "file:key"}}
networks: {{here: {{cidr: 127.0.0.0/8}}}}
devices:
  box:
    kind: switch
    platform: junos
    address: 127.0.0.1
    place: Room 2
    gear: {{way: netconf, login: gear-cli}}
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NetconfPort]:
    with netconfd(tmp_path_factory.mktemp("netconfd"), USER, PASSWORD) as running:
        # netconfd shows nothing of a confirmed commit that is the first of all.
        write(running, ("hostname unpacked",))
        yield running


@pytest.fixture(scope="module")
def site(port: NetconfPort, tmp_path_factory: pytest.TempPathFactory) -> LabSite:
    folder = tmp_path_factory.mktemp("center")
    site: LabSite = LabSite(folder, ())
    (folder / "center.yaml").write_text(CENTER)
    (folder / "key").touch(0o600)
    (folder / "key").write_text(PASSWORD)
    EndpointMap({"box/netconf": port.address, "box/ssh": port.address}).save(folder / "endpoints")
    (folder / "fingerprints").write_text(f"box {port.fingerprint}\n")
    enrolled = site.watchfloor("enroll", "box", "--from-file", "fingerprints")
    assert enrolled.exit_code == 0, enrolled.stdout + enrolled.stderr
    return site


def session(port: NetconfPort) -> manager.Manager:
    """One that owes nothing to what is tested."""
    return manager.connect(
        host=port.address[0],
        port=port.address[1],
        username=USER,
        password=PASSWORD,
        hostkey_verify=True,
        hostkey_b64=port.key.get_base64(),
        allow_agent=False,
        look_for_keys=False,
    )


def write(port: NetconfPort, lines: tuple[str, ...]) -> None:
    with session(port) as by_hand:
        by_hand.edit_config(target="candidate", config=config(lines))
        by_hand.commit()


def read(port: NetconfPort) -> str:
    with session(port) as by_hand:
        return str(by_hand.get_config(source="running").data_xml)


def read_at_leisure(port: NetconfPort) -> str:
    """netconfd looks at its clock only when nobody has talked to it for a while."""
    time.sleep(4)
    return read(port)


def apply(site: LabSite, *words: str) -> Finished:
    return site.watchfloor(
        "apply", "--yes", "--accept-outage", "box", "--accept-unproved", "box", *words
    )


def test_a_change_lasts_when_a_fresh_session_confirms_it(site: LabSite, port: NetconfPort) -> None:
    plan = site.watchfloor("plan")
    assert plan.exit_code == 2, plan.stderr + plan.stdout
    assert "+location Room 2" in plan.stdout
    done = apply(site)
    assert done.exit_code == 0, done.stderr + done.stdout
    assert "<hostname>box</hostname>" in read(port)
    assert "<location>Room 2</location>" in read(port)
    assert site.watchfloor("plan").exit_code == 0


def test_killed_in_the_middle_it_ends_in_the_old_state(site: LabSite, port: NetconfPort) -> None:
    write(port, ("hostname by-hand", "no location"))
    port.holds = True
    child = site.start(
        *("apply", "--yes", "--accept-outage", "box", "--accept-unproved", "box"),
        *("--dead-man", "20"),
    )
    try:
        assert port.held.wait(60)
        until(lambda: "<hostname>box</hostname>" in read(port), 10, "the new name")
        children = Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()
        for pid in (*map(int, children), child.pid):
            os.kill(pid, signal.SIGKILL)
        child.process.wait()
    finally:
        port.holds = False
    until(lambda: "<hostname>by-hand</hostname>" in read_at_leisure(port), 60, "the old name")
    assert "location" not in read(port).partition("<system")[2].partition("</system")[0]

"""A simulated IOS switch is deployed to as a user would, refuses, is cut off, and goes back."""

import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from inventory.endpoints import EndpointMap
from tests.lab.command import Finished
from tests.lab.site import LabSite
from tests.wait import until
from watchfloor.simulate.ios import SimulatedSwitch
from watchfloor.simulate.ios_config import Section, printed
from watchfloor.simulate.ios_switch import Switch

# One switch, from its box to what the last test left of it: in order, and so on one worker.
pytestmark = pytest.mark.xdist_group("ios")

HERE = Path(__file__).parent
USER, PASSWORD = "wf-gear", "gear-word-1"
SECRETS = {
    "WF_TEST_CLI": PASSWORD,
    "WF_TEST_V3": "snmp-word-1",
    "WF_TEST_V3P": "snmp-word-2",
}
CENTER = (HERE / "switch.yaml").read_text()
ACCEPTED = ("--accept-outage", "dut", "--accept-unproved", "dut")


@pytest.fixture(scope="module")
def gear() -> Iterator[SimulatedSwitch]:
    switch = Switch.configured(
        (HERE / "switch.cfg").read_text(), management="Vlan9", address="10.1.9.4", minute_s=2
    )
    with SimulatedSwitch(switch, user=USER, password=PASSWORD) as running:
        yield running


@pytest.fixture(scope="module")
def site(gear: SimulatedSwitch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabSite]:
    folder = tmp_path_factory.mktemp("ios")
    site: LabSite = LabSite(folder, ())
    (folder / "center.yaml").write_text(CENTER)
    (folder / "key").touch(0o600)
    EndpointMap({"dut/ssh": gear.address}).save(folder / "endpoints")
    (folder / "fingerprints").write_text(f"dut {gear.host_key}\n")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SECRETS.items():
            patch.setenv(name, value)
        enrolled = site.watchfloor("enroll", "dut", "--from-file", "fingerprints")
        assert enrolled.exit_code == 0, enrolled.stderr
        yield site


def apply(site: LabSite, *words: str) -> Finished:
    done = site.watchfloor("apply", "--yes", *ACCEPTED, *words)
    for secret in (PASSWORD, "snmp-word-1", "snmp-word-2", "$9$"):
        assert secret not in done.stdout + done.stderr
    return done


def test_a_switch_out_of_its_box_becomes_what_the_cables_say(
    site: LabSite, gear: SimulatedSwitch
) -> None:
    plan = site.watchfloor("plan")
    assert plan.exit_code == 2, plan.stderr
    assert "rendered, not proved" in plan.stdout
    refused = site.watchfloor("apply", "--yes", "--accept-outage", "dut")
    assert refused.exit_code == 1
    assert "accept it with --accept-unproved dut" in " ".join(refused.stdout.split())

    done = apply(site, "--approve-cut", "dut")
    assert done.exit_code == 0, done.stderr + done.stdout
    running = printed(gear.switch.running)
    for lines in WANTED:
        assert lines in running
    assert "leftover" not in running
    assert gear.switch.startup == running
    assert site.watchfloor("plan").exit_code == 0


WANTED = (
    "vlan 999\n name parking\n",
    " switchport trunk allowed vlan 9-10,20,30\n",
    " channel-group 8 mode active\n",
    " switchport access vlan 20\n",
    " description unused\n switchport access vlan 999\n switchport mode access\n"
    " switchport nonegotiate\n shutdown\n",
    "banner login ^C\nAuthorised use only.\nAll activity is recorded.\n^C\n",
    " access-class WF-MANAGEMENT in vrf-also\n exec-timeout 15 0\n",
)


def test_an_undo_cuts_the_management_path_no_more_than_an_apply_unasked(
    site: LabSite, gear: SimulatedSwitch
) -> None:
    before, count = printed(gear.switch.running), len(gear.switch.sent)
    runs = json.loads(site.watchfloor("runs", "--json").stdout)["runs"]
    run = next(one["run"] for one in runs if one["state"] == "done")
    done = site.watchfloor("undo", run, "--yes", "--area", "ports", "--accept-outage", "dut")
    assert done.exit_code == 1, done.stderr + done.stdout
    said = " ".join(done.stdout.split())
    assert "cuts the management path: dut: ports:" in said
    assert "approve it with --approve-cut dut" in said
    assert gear.switch.sent[count:] == []
    assert printed(gear.switch.running) == before


def test_a_line_that_the_switch_does_not_know_leaves_it_as_it_was(
    site: LabSite, gear: SimulatedSwitch
) -> None:
    before, saved = gear.switch.running.copy(), gear.switch.startup
    # This switch has no authentication by servers: its documents were not given to it.
    site_center = CENTER.replace("credentials:\n", f"credentials:\n{TACACS}").replace(
        "  time_servers: [clk-1]\n",
        "  time_servers: [clk-1]\n  gear_authentication: {servers: [mon-1], credential: key}\n",
    )
    done = with_center(site, site_center, "--approve-cut", "dut", "--area", "management")
    assert done.exit_code == 1, done.stderr + done.stdout
    said = " ".join(done.stderr.split())
    assert "(tacacs server mon-1): the device says: % Invalid input detected" in said
    assert "the old state is back" in said
    assert printed(gear.switch.running) == printed(before)
    assert gear.switch.startup == saved


TACACS = '  key: {purpose: deploy, protocol: tacacs, secret: "env:WF_TEST_CLI"}\n'
MOVED = CENTER.replace("address: 10.1.9.4\n", "address: 10.1.9.44\n")


def with_center(site: LabSite, center: str, *words: str) -> Finished:
    """An apply of another inventory, which is taken back after it."""
    (site.folder / "center.yaml").write_text(center)
    try:
        return apply(site, *words)
    finally:
        (site.folder / "center.yaml").write_text(CENTER)


def test_the_management_path_is_not_cut_unasked(site: LabSite, gear: SimulatedSwitch) -> None:
    count = len(gear.switch.sent)
    done = with_center(site, MOVED, "--area", "routing")
    assert done.exit_code == 1
    assert "approve it with --approve-cut dut" in " ".join(done.stdout.split())
    assert not any("10.1.9.44" in line for line in gear.switch.sent[count:])


def test_a_switch_that_was_cut_off_goes_back_by_itself(
    site: LabSite, gear: SimulatedSwitch
) -> None:
    before, saved = printed(gear.switch.running), gear.switch.startup
    done = with_center(site, MOVED, "--area", "routing", "--approve-cut", "dut")
    assert " ip address 10.1.9.44 255.255.255.0" in gear.switch.sent
    assert done.exit_code == 1, done.stderr + done.stdout
    assert "the old state is back" in done.stderr
    assert printed(gear.switch.running) == before
    assert gear.switch.startup == saved
    assert site.watchfloor("plan").exit_code == 0


def test_killed_in_the_middle_it_goes_back_by_itself(
    site: LabSite, gear: SimulatedSwitch, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, saved = printed(gear.switch.running), gear.switch.startup
    begun, ended, take = threading.Event(), threading.Event(), Switch.take

    def held(switch: Switch, places: list[Section], line: str) -> list[Section]:
        found = take(switch, places, line)
        if line.startswith("banner"):
            begun.set()
            assert ended.wait(60)
        return found

    monkeypatch.setattr(Switch, "take", held)
    (site.folder / "center.yaml").write_text(CENTER.replace("Authorised use", "Official use"))
    child = site.start("apply", "--yes", *ACCEPTED, "--area", "management")
    try:
        assert begun.wait(60)
        assert "Official use" in printed(gear.switch.running)
        children = Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()
        for pid in (*map(int, children), child.pid):
            os.kill(pid, signal.SIGKILL)
        child.process.wait()
    finally:
        ended.set()
        (site.folder / "center.yaml").write_text(CENTER)
    until(lambda: printed(gear.switch.running) == before, 30, "the old configuration")
    assert gear.switch.startup == saved

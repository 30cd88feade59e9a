"""`apply` makes a host pull: the program from its release, whose bundles it believes, a timer."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from inventory.facts.pull import ENVIRONMENT, SERVICE, TIMER
from inventory.facts.watchfloor import PROGRAM
from tests.lab import Lab, LabHost
from tests.lab.lender import Lender, lender_at
from tests.lab.releases import make_release
from tests.lab.site import LabSite
from tests.wait import until

pytestmark = [pytest.mark.lab, pytest.mark.slow]

ONLY = ("--area", "pull")
BUNDLES = "/srv/bundles"
TOKEN = "a-token-that-is-nowhere-else"


@dataclass(frozen=True, slots=True)
class Puller:
    host: LabHost
    site: LabSite
    monitor: Lender

    def give(self) -> None:
        """A bundle, as the center's web server would have it."""
        done = self.site.watchfloor("bundle", "--out", "bundles", "--limit", self.host.name)
        assert done.exit_code == 0, done.stderr
        there = self.host.disk.root / BUNDLES[1:]
        shutil.copytree(self.site.folder / "bundles", there, dirs_exist_ok=True)


@pytest.fixture(scope="module")
def puller(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Puller]:
    host = lab.boot("puller", suite="bookworm", disk_mib=1500)
    site = LabSite.create(tmp_path_factory.mktemp("puller"), [host])
    make_release(site, "one.tar", "3.11")
    token = site.folder / "token"
    token.touch(mode=0o600)
    token.write_text(f"{TOKEN}\n")
    with lender_at(lab.instance.network.gateway) as monitor:
        devices = site.read()["devices"]
        devices[host.name]["pull"] = True
        pull = {"source": BUNDLES, "monitors": [monitor.url], "token": "monitors"}
        site.write(
            devices=devices,
            center={"release": "file:one.tar", "pull": pull},
            credentials={
                "monitors": {"purpose": "deploy", "protocol": "token", "secret": "file:token"}
            },
        )
        yield Puller(host, site, monitor)
    lab.remove(host)


def test_a_host_is_made_to_pull_and_does(puller: Puller) -> None:
    done = puller.site.watchfloor("apply", "--yes", *ONLY, timeout_s=500)
    assert done.exit_code == 0, done.stdout + done.stderr
    assert TOKEN not in done.stdout + done.stderr
    host = puller.host
    assert host.run(["stat", "-c", "%U %a", ENVIRONMENT]).strip() == "root 600"
    assert host.witness().service(TIMER).is_running
    assert host.witness().service(TIMER).is_enabled
    puller.give()
    # Not waited for by systemctl: among what it changes is systemd, which starts itself anew.
    host.run(["systemctl", "start", "--no-block", SERVICE])
    until(lambda: puller.monitor.events, 240, "the host to tell of its pull")
    assert "restricted" in host.witness().file("/etc/issue").content_string
    payload = puller.monitor.events[-1]["payload"]
    assert (payload["kind"], payload["state"]) == ("pull", "done")
    assert puller.monitor.tokens == {TOKEN}


def test_a_second_apply_changes_nothing(puller: Puller) -> None:
    assert puller.site.json("apply", "--yes", *ONLY, code=0)["hosts"] == []


def test_a_stopped_timer_is_drift_and_is_repaired(puller: Puller) -> None:
    puller.host.run(["systemctl", "stop", TIMER])
    found = puller.site.json("drift", *ONLY, code=2)["devices"][0]["areas"]["pull"]
    assert found == [f"start {TIMER} (it does not run)"]
    assert puller.site.watchfloor("apply", "--yes", *ONLY).exit_code == 0
    assert puller.site.watchfloor("drift", *ONLY).exit_code == 0


def test_undo_takes_all_of_it_away(puller: Puller) -> None:
    runs = [run["run"] for run in puller.site.json("runs", code=0)["runs"]]
    for run in runs:
        done = puller.site.watchfloor("undo", run, "--yes", timeout_s=200)
        assert done.exit_code == 0, done.stdout + done.stderr
    there = puller.host.attempt(["ls", "-A", PROGRAM]).stdout.split()
    assert there == []
    assert not puller.host.witness().service(TIMER).is_running

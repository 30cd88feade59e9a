"""A host converges itself from a signed bundle, in its own shell, with nobody logged in to it."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from deploy.operations.journal import UNITS
from tests.lab import Lab, LabHost
from tests.lab.lender import Lender, lender_at
from tests.lab.program import SPACE_MIB, install_program
from tests.lab.site import LabSite

pytestmark = pytest.mark.lab

_STATE = "/var/lib/watchfloor-pull"


@pytest.fixture(scope="module")
def monitor(lab: Lab) -> Iterator[Lender]:
    with lender_at(lab.instance.network.gateway) as found:
        yield found


@dataclass
class Puller:
    """A host that has the program, and what it is called by there."""

    host: LabHost
    site: LabSite
    words: tuple[str, ...]
    monitor: Lender

    def give(self, name: str = "pulled") -> None:
        """A new bundle, as the host's mirror would have it."""
        out = self.site.folder / "bundles"
        done = self.site.watchfloor("bundle", "--out", str(out), "--limit", name)
        assert done.exit_code == 0, done.stderr
        for file in (f"{name}.bundle", "allowed_signers"):
            shutil.copy(out / file, self.host.disk.root / "srv" / file)

    def pull(self, code: int) -> Any:
        environment = [
            f"WATCHFLOOR_STATE={_STATE}",
            f"WATCHFLOOR_RUNTIME={_STATE}/run",
            f"WATCHFLOOR_MONITOR_URL={self.monitor.url}",
            "WATCHFLOOR_MONITOR_TOKEN=a-token",
        ]
        program = [self.words[0], *environment, *self.words[1:], "-m", "watchfloor"]
        files = ["--bundle", "/srv/pulled.bundle", "--allowed-signers", "/srv/allowed_signers"]
        words = [*program, "pull", *files, "--device", "pulled", "--json"]
        done = self.host.attempt(words, timeout_s=240)
        assert done.exit_code == code, f"{done.exit_code}: {done.stderr}{done.stdout}"
        return json.loads(done.stdout) if done.stdout.startswith("{") else done.stderr


@pytest.fixture(scope="module")
def puller(lab: Lab, monitor: Lender, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Puller]:
    host = lab.boot("pulled", disk_mib=SPACE_MIB)
    site = LabSite.create(tmp_path_factory.mktemp("pull"), [host])
    words = install_program(host)
    yield Puller(host, site, words, monitor)
    lab.remove(host)


def test_a_host_converges_itself_and_only_when_it_may(puller: Puller) -> None:
    puller.give()
    puller.monitor.status = 409
    told = puller.pull(code=2)
    assert "its peer web-2 holds a lease" in told["why"]
    assert "banner" in told["devices"][0]["areas"]
    assert puller.monitor.events[-1]["kind"] == "drift"
    assert "restricted" not in puller.host.witness().file("/etc/issue").content_string

    puller.monitor.status = 200
    record = puller.pull(code=0)
    assert (record["kind"], record["state"]) == ("pull", "done")
    areas = {area["area"]: area for area in record["hosts"][0]["areas"]}
    assert areas["banner"]["reason"] is None
    assert not {"ssh", "firewall", "accounts"} & areas.keys()
    assert "restricted" in puller.host.witness().file("/etc/issue").content_string
    assert puller.monitor.events[-1]["payload"]["kind"] == "pull"
    assert puller.pull(code=0)["changed"] is False


def test_a_host_repairs_what_was_broken_by_hand(puller: Puller) -> None:
    puller.host.run(["tee", "/etc/issue"], stdin="welcome\n")
    record = puller.pull(code=0)
    assert [area["area"] for area in record["hosts"][0]["areas"]] == ["banner"]
    assert "restricted" in puller.host.witness().file("/etc/issue").content_string


def test_a_host_waits_for_a_run_that_is_about_to_be_taken_back(puller: Puller) -> None:
    puller.host.run(["tee", "/etc/issue"], stdin="welcome\n")
    unit = f"{UNITS}r-killed-ssh"
    puller.host.run(["systemd-run", f"--unit={unit}", "--on-active=600", "--", "true"])
    record = puller.pull(code=1)
    assert record["hosts"][0]["reason"] == "locked"
    assert "is about to be taken back; try again later" in record["hosts"][0]["message"]
    puller.host.run(["systemctl", "stop", f"{unit}.timer"])
    assert puller.pull(code=0)["hosts"][0]["reason"] is None


def test_a_bundle_that_was_changed_or_is_old_does_nothing(puller: Puller) -> None:
    bundle = puller.host.disk.root / "srv/pulled.bundle"
    good = bundle.read_text()
    bundle.write_text(good.replace("restricted", "welcoming"))
    assert "the signature is not of a signer" in puller.pull(code=1)
    puller.give()
    assert puller.pull(code=0)["changed"] is False
    bundle.write_text(good)
    assert "is older than the last one" in puller.pull(code=1)

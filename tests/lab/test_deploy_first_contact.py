"""A host that only root can enter: root's login ends when its successor has proved itself."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.lab import Lab, LabHost
from tests.lab.site import LabSite

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def host(lab: Lab) -> Iterator[LabHost]:
    """As an installer leaves it: root has a key, and the inventory's accounts are not there."""
    host = lab.boot("installed")
    host.run(["install", "-d", "-m", "700", "/root/.ssh"])
    key = host.key.with_suffix(".pub").read_text()
    host.run(["tee", "/root/.ssh/authorized_keys"], stdin=key)
    yield host
    lab.remove(host)


def may_log_in(host: LabHost, user: str) -> bool:
    argv = [word.replace(f"{host.user}@", f"{user}@") for word in host.ssh_argv("true")]
    return subprocess.run(argv, capture_output=True, timeout=30, check=False).returncode == 0


def site_with_successor(folder: Path, host: LabHost, key: Path) -> LabSite:
    """A center that deploys as `successor`, whose account has `key`."""
    site = LabSite.create(folder, [host])
    successor = {"sudo": "nopasswd", "keys": [f"file:{key}"], "purpose": "deploy"}
    credential = {"purpose": "deploy", "protocol": "ssh", "user": "successor"}
    site.write(
        accounts={"successor": successor},
        credentials={"deploy": {**credential, "secret": f"file:{host.key}"}},
    )
    return site


def test_a_successor_who_cannot_come_in_leaves_root_its_login(
    host: LabHost, tmp_path: Path
) -> None:
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "other"], check=True
    )
    site = site_with_successor(tmp_path / "site", host, tmp_path / "other.pub")
    done = site.json("apply", "--yes", "--login", "root", code=1)
    areas = {area["area"]: area for area in done["hosts"][0]["areas"]}
    assert (areas["accounts"]["reason"], areas["accounts"]["restored"]) == ("locked-out", True)
    assert areas["ssh"]["reason"] == "dependency"
    assert areas["banner"]["reason"] is None
    assert may_log_in(host, "root")
    assert may_log_in(host, host.user)
    assert not host.witness().user("successor").exists


def test_root_hands_over_to_the_account_that_deploys(host: LabHost, tmp_path: Path) -> None:
    site = site_with_successor(tmp_path / "site", host, host.key.with_suffix(".pub"))
    center = site.folder / "center.yaml"
    # The image's own administrator is a stranger to this inventory.
    written = yaml.safe_load(center.read_text())
    del written["accounts"][host.user]
    center.write_text(yaml.safe_dump(written))
    first = site.watchfloor("apply", "--yes", "--login", "root")
    assert first.exit_code == 0, first.stderr + first.stdout
    assert may_log_in(host, "successor")
    assert not may_log_in(host, "root")
    assert not may_log_in(host, host.user)
    assert host.witness().user(host.user).exists
    assert site.json("apply", "--yes", code=0)["hosts"] == []

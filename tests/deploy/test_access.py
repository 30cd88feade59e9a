from pathlib import Path

import pytest

from deploy.access import AccessError, open_access, with_public_keys
from deploy.jobs import make_job
from deploy.messages import Job
from deploy.targets import LimitError, chosen
from inventory.settings import Settings
from tests.deploy.hosts import KEY, account, center, server

CENTER = center()


@pytest.mark.parametrize(
    ("limits", "names"),
    [
        ([], ["web-1", "web-2"]),
        (["web-2"], ["web-2"]),
        (["web-*"], ["web-1", "web-2"]),
        (["role:web"], ["web-1", "web-2"]),
        (["kind:server"], ["web-1", "web-2"]),
        (["group:web"], ["web-1", "web-2"]),
        (["web-2", "web-1"], ["web-1", "web-2"]),
    ],
)
def test_a_limit_chooses_devices_in_the_inventorys_order(
    limits: list[str], names: list[str]
) -> None:
    assert [device.name for device in chosen(CENTER, limits)] == names


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ("web-3", "web-"),
        ("ntp-1", r"a clock \(appliance\) is not deployed"),
        ("role:none", "fits no"),
        ("group:x", "fits"),
    ],
)
def test_a_limit_that_fits_nothing_is_an_error(limit: str, words: str) -> None:
    with pytest.raises(LimitError, match=words):
        chosen(CENTER, [limit])


def test_the_way_in_is_made_of_the_inventory_and_the_settings(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k")
    (tmp_path / "key").chmod(0o600)
    settings = Settings.from_environment({"WATCHFLOOR_STATE": str(tmp_path)}, root=False)
    access = open_access(CENTER, tmp_path, settings, "root")
    target = access.host(CENTER.devices["web-1"])
    assert (target.address, target.port) == ("10.9.1.1", 22)
    assert (target.user, target.admin) == ("root", "deployer")
    assert target.key_file == str(tmp_path / "key")
    assert target.host_keys == ()


def test_a_slow_host_gets_the_time_to_answer_that_its_administrator_gives_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "key").write_text("k")
    (tmp_path / "key").chmod(0o600)
    given = {"WATCHFLOOR_STATE": str(tmp_path), "WATCHFLOOR_READ_TIMEOUT": "240"}
    access = open_access(CENTER, tmp_path, Settings.from_environment(given, root=False))
    job = make_job("read", CENTER, [], run="r", owner="o", read_timeout_s=access.read_timeout_s)
    assert (job.read_timeout_s, Job.model_fields["read_timeout_s"].default) == (240, 60)


def test_a_center_without_a_deploy_credential_says_so(tmp_path: Path) -> None:
    settings = Settings.from_environment({"WATCHFLOOR_STATE": str(tmp_path)}, root=False)
    with pytest.raises(AccessError, match="no credential with `purpose: deploy`"):
        open_access(center(credentials={}), tmp_path, settings)


def test_keys_in_files_are_resolved(tmp_path: Path) -> None:
    (tmp_path / "alice.pub").write_text(f"{KEY} alice\n")
    there = with_public_keys(center(account("alice", keys=("file:alice.pub",))), tmp_path)
    assert there.accounts["alice"].keys == (f"{KEY} alice",)


def test_a_device_that_is_no_linux_host_is_never_chosen() -> None:
    windows = server("win", "10.9.1.9", os="windows-11")
    there = center(devices={**CENTER.devices, "win": windows})
    assert "win" not in [device.name for device in chosen(there, [])]

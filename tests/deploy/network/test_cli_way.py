"""The way in to gear: the login's own user and password, at the endpoint that stands for it."""

from pathlib import Path

import pytest

from deploy.access import Access
from deploy.network.intended import GearError
from deploy.ways import cli
from inventory.endpoints import EndpointMap
from inventory.model import Center, Purpose
from inventory.secrets import Secrets
from tests.deploy.network.cases import GOLDEN, center_of


@pytest.fixture
def center() -> Center:
    return center_of(GOLDEN / "iosxe/access-switch.yaml")


@pytest.fixture
def access(center: Center, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Access:
    monkeypatch.setenv("C", "a-password")
    secrets = Secrets((Purpose.DEPLOY,), tmp_path)
    return Access(
        center=center,
        credential=secrets.resolve(center.credentials["gear-cli"]),
        endpoints=EndpointMap(),
        host_keys={},
        secrets=secrets,
    )


def test_it_logs_in_as_the_one_account_that_the_gear_is_to_have(
    center: Center, access: Access
) -> None:
    job = cli.host_job(access, center.devices["dut"])
    assert (job.way, job.platform, job.address, job.port) == ("cli", "iosxe", "10.1.9.4", 22)
    assert (job.user, job.admin) == ("wf-deploy", "wf-deploy")
    assert job.password.get_secret_value() == "a-password"
    assert "a-password" not in repr(job)


def test_gear_without_a_login_is_refused(center: Center, access: Access) -> None:
    with pytest.raises(GearError, match="core: has no platform or no gear: login"):
        cli.host_job(access, center.devices["core"])

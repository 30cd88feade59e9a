"""Bundles: what is in one, what is not, whose are taken, and that they plan what a push would."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.access import with_public_keys
from deploy.area import Vantage
from deploy.desired import differences
from deploy.messages import HostJob
from deploy.plan import AreaPlan, HostPlan
from deploy.pull.access import LEFT, Withheld, local_access
from deploy.pull.bundle import (
    NAMESPACE,
    PULLED,
    Bundle,
    BundleError,
    checked,
    cut,
    make_bundle,
    opened,
    sealed,
)
from deploy.pull.run import without_left
from deploy.pull.serials import MADE, SerialError, following, last, remember
from deploy.signing import SigningError, allowed_signer, sign, verify
from inventory.assets import example_center
from inventory.loader import load
from inventory.model import Center
from tests.deploy.hosts import center, recorded

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CENTER = center()


def bundle(where: Center = CENTER, host: str = "web-1", serial: int = 7) -> Bundle:
    return make_bundle(
        where,
        where.devices[host],
        serial=serial,
        made=NOW,
        program="1",
        inventory="abc",
    )


def test_a_bundle_is_read_as_it_was_made() -> None:
    made = bundle()
    assert checked(made.model_dump_json(), "web-1", 7, NOW) == made


@pytest.mark.parametrize(
    ("host", "serial", "now", "why"),
    [
        ("web-2", 0, NOW, "is for web-1"),
        ("web-1", 8, NOW, "is older than the last one"),
        ("web-1", 0, NOW + timedelta(days=7), "was valid until"),
        ("web-1", 0, NOW - timedelta(hours=2), "in the future"),
    ],
)
def test_what_is_not_for_here_and_now_is_refused(
    host: str, serial: int, now: datetime, why: str
) -> None:
    with pytest.raises(BundleError, match=why):
        checked(bundle().model_dump_json(), host, serial, now)


def test_a_bundle_of_another_version_is_refused_without_showing_what_it_holds() -> None:
    odd = bundle().model_dump(mode="json") | {"format": 2}
    with pytest.raises(BundleError, match="another version"):
        checked(json.dumps(odd), "web-1", 0, NOW)
    with pytest.raises(BundleError, match="no bundle"):
        opened(b'{"format": 1, "bundle": 5}')


def test_only_a_signer_s_own_text_is_believed(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    signers = tmp_path / "allowed_signers"
    signers.write_text(allowed_signer(ours, NAMESPACE))
    text = bundle().model_dump_json()
    envelope = opened(sealed(text, sign(ours, NAMESPACE, text.encode())).encode())
    verify(signers, NAMESPACE, envelope.bundle.encode(), envelope.signature)
    for content, signature in (
        (text.replace("web-2", "web-3"), envelope.signature),
        (text, sign(theirs, NAMESPACE, text.encode())),
        (text, sign(ours, "watchfloor-handover", text.encode())),
        (text, "no signature"),
    ):
        with pytest.raises(SigningError, match="nothing was done"):
            verify(signers, NAMESPACE, content.encode(), signature)


def test_nothing_secret_and_no_more_than_needed_is_in_it() -> None:
    whole = load(example_center())
    host = next(d for d in whole.devices.values() if "app" in d.roles)
    text = bundle(whole, host.name).model_dump_json()
    references = {one.secret for one in whole.credentials.values()}
    assert not [reference for reference in references if reference in text]
    found = cut(whole, host)
    assert found.devices[host.name] == host
    others = [device for device in found.devices.values() if device.name != host.name]
    assert all(device.bmc is None and device.monitoring.snmp is None for device in others)
    assert (found.contacts, found.rotas, found.waivers) == ({}, {}, {})


@pytest.mark.parametrize("facts", ["fresh-debian-12", "hardened-debian-12"])
def test_a_host_plans_by_its_bundle_what_a_push_would_plan(facts: str, tmp_path: Path) -> None:
    whole = with_public_keys(CENTER, tmp_path)
    vantage = Vantage("127.0.0.1", 22, "deployer", "deployer", Withheld())
    host = whole.devices["web-1"]
    small = checked(bundle(whole).model_dump_json(), "web-1", 0, NOW).center
    own = differences(small, small.devices["web-1"], recorded(facts), vantage, PULLED)
    assert own == differences(whole, host, recorded(facts), vantage, PULLED)
    assert any(each.changes for each in own.values())


def test_no_area_with_a_dead_man_is_pulled() -> None:
    assert not {"ssh", "firewall", "accounts", "pam", "sudo"} & set(PULLED)
    assert {"banner", "time", "journal"} <= set(PULLED)


def test_what_needs_a_secret_is_left_and_so_is_what_comes_after() -> None:
    areas = (
        AreaPlan(area="certificate", unmet=(LEFT,)),
        AreaPlan(area="log_forwarding", after=("certificate",)),
        AreaPlan(area="audit_rules", after=("log_forwarding",)),
        AreaPlan(area="banner"),
    )
    kept = without_left(HostPlan(name="web-1", device="web-1", areas=areas))
    assert [area.area for area in kept.areas] == ["banner"]


def test_a_host_goes_to_no_address_and_has_no_key() -> None:
    job = local_access(bundle()).host(CENTER.devices["web-1"])
    assert isinstance(job, HostJob)
    assert (job.way, job.port, job.key_file, job.secrets) == ("local", 0, "", {})


def test_serials_grow_and_are_not_forgotten(tmp_path: Path) -> None:
    first = following(tmp_path)
    remember(tmp_path, MADE, first + 100)
    assert following(tmp_path) == first + 101
    assert last(tmp_path, "bundle-taken") == 0
    (tmp_path / MADE).write_text("what?")
    with pytest.raises(SerialError, match="put the last one there"):
        last(tmp_path, MADE)

"""Riverside, the example center: as rich as the README says, and honest about its single points."""

from pathlib import Path

import pytest

from inventory.assets import example_center, runbooks
from inventory.loader import load
from inventory.model import Center, Kind, Purpose
from inventory.topology import Topology


@pytest.fixture(scope="module")
def riverside() -> Center:
    return load(example_center())


def test_it_is_a_real_center(riverside: Center) -> None:
    assert len(riverside.devices) >= 60
    assert len(riverside.racks) == 6
    least = {
        Kind.UTILITY: 1,
        Kind.GENERATOR: 1,
        Kind.ATS: 1,
        Kind.UPS: 2,
        Kind.PDU: 12,
        Kind.SWITCH: 5,
        Kind.FIREWALL: 2,
        Kind.ROUTER: 1,
        Kind.SERVER: 10,
        Kind.RECORDER: 2,
        Kind.WALL_PROCESSOR: 2,
        Kind.DISPLAY: 8,
        Kind.CONSOLE: 12,
        Kind.KVM: 1,
        Kind.CLOCK: 2,
        Kind.SENSOR: 6,
        Kind.LINK: 2,
    }
    counted = {kind: len(riverside.of_kind(kind)) for kind in least}
    assert all(counted[kind] >= count for kind, count in least.items()), counted


def test_every_rack_has_an_a_and_a_b_strip(riverside: Center) -> None:
    for rack in riverside.racks:
        strips = [d for d in riverside.of_kind(Kind.PDU) if d.rack == rack]
        assert {str(feed) for strip in strips for feed in strip.feeds} == {"ups-a", "ups-b"}


def test_every_server_has_a_bmc_and_two_of_each_path(riverside: Center) -> None:
    for server in riverside.of_kind(Kind.SERVER):
        assert server.bmc is not None
        assert len({feed.device for feed in server.feeds}) == 2, server.name
        assert len({uplink.device for uplink in server.uplinks}) == 2, server.name


def test_systems_and_roles_are_varied(riverside: Center) -> None:
    hosts = [d for d in riverside.devices.values() if d.is_deployable]
    assert {d.os for d in hosts} == {"debian-12", "debian-13"}
    assert {role for d in hosts for role in d.roles} == set(riverside.roles)
    assert sum(d.os == "windows-11" for d in riverside.of_kind(Kind.CONSOLE)) == 2


def test_every_purpose_has_a_credential_and_no_secret_stands_there(riverside: Center) -> None:
    assert {c.purpose for c in riverside.credentials.values()} == set(Purpose)
    for credential in riverside.credentials.values():
        assert credential.secret.startswith(("env:", "file:"))


def test_its_single_points_are_the_ones_it_means(riverside: Center) -> None:
    points = {name: set(found) for name, found in Topology(riverside).single_points().items()}
    assert points.pop("desk-switching") == {"kvm-1", "pdu-r6-a", "ups-a", "ats-a"}
    assert points.pop("camera-ingest") == {"sw-cam"}
    assert points.pop("records-and-cad") == {"rtr-edge"}
    assert points
    assert not any(points.values())


def test_everything_works_when_nothing_has_failed(riverside: Center) -> None:
    assessment = Topology(riverside).assess(observer="mon-1")
    assert all(m.in_service for m in assessment.functions.values())
    polled = [d.name for d in riverside.devices.values() if d.address or d.bmc]
    assert [n for n in polled if not assessment.devices[n].reachable] == []


def test_every_runbook_calls_somebody_who_is_there(riverside: Center) -> None:
    called = {
        (path.stem, line.split(": ", 1)[0], line.split(": ", 1)[1].strip())
        for path in runbooks().rglob("*.md")
        for line in path.read_text().split("\n---", 1)[0].splitlines()
        if line.startswith(("owner: ", "escalate_to: "))
    }
    assert called
    known = {"owner": set(riverside.rotas), "escalate_to": set(riverside.contacts)}
    assert [each for each in sorted(called) if each[2] not in known[each[1]]] == []


def test_a_waiver_or_window_does_not_hide_in_a_subfolder(riverside: Center) -> None:
    folders = [path for path in Path(example_center()).iterdir() if path.is_dir()]
    assert [p for p in folders if list(p.glob("*.yaml"))] == []
    assert riverside.waivers
    assert riverside.windows

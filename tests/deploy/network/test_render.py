"""What each platform is sent, case by case, held to files that were read line by line."""

import re
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from deploy.network.difference import differ
from deploy.network.intended import GearError, gear_intent, is_gear
from deploy.network.render import ranges, render, wildcard
from inventory.assets import example_center
from inventory.gear import Platform
from inventory.loader import load
from inventory.model import Center
from tests.deploy.network.cases import CASES, GOLDEN, center_of, intent_of, name_of


def as_printed(text: str) -> str:
    """The configuration as a device prints it back: secrets are hashes by then."""
    return re.sub(r"\{\{secret:[^}]*\}\}", "<masked:0:strong>", text)


@pytest.fixture(scope="module")
def riverside() -> Center:
    return load(example_center())


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_case_renders_as_its_file(case: Path) -> None:
    assert render(intent_of(case)) == case.with_suffix(".cfg").read_text()


def test_every_platform_has_a_case() -> None:
    assert {case.parent.name for case in CASES} == {str(platform) for platform in Platform}


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_device_that_has_it_all_differs_in_nothing(case: Path) -> None:
    intent = intent_of(case)
    found = differ(intent, as_printed(render(intent)))
    assert [(area.area, area.lines) for area in found.areas if area.lines] == []
    assert found.left_alone == ()


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_every_line_belongs_to_an_area(case: Path) -> None:
    """On an empty device every rendered line is sent, by one area or another."""
    intent = intent_of(case)
    sent = {line.strip() for area in differ(intent, "").areas for line in area.lines}
    wanted = {line.strip() for line in render(intent).splitlines()}
    quiet = {"ip http", "shutdown", "strong-crypto", "ntpsync", "ip forwarding", "10 0", "aaa"}
    missing = {line for line in wanted - sent if not any(word in line for word in quiet)}
    assert missing - {"next", "end"} == set()


def test_all_gear_of_riverside_renders(riverside: Center) -> None:
    gear = [device for device in riverside.devices.values() if is_gear(device)]
    assert len(gear) == 12
    for device in gear:
        intent = gear_intent(riverside, device)
        assert f"{device.name}" in render(intent), device.name
        assert all(area.lines == () for area in differ(intent, as_printed(render(intent))).areas)


def test_nothing_that_could_black_out_the_wall_is_set_on_its_ports(riverside: Center) -> None:
    intent = gear_intent(riverside, riverside.devices["sw-wall-a"])
    displays = [port for port in intent.ports if port.description.startswith("disp-")]
    assert len(displays) == 4
    assert not any(port.storm_control or port.stations for port in displays)
    assert not any(vlan.snooped for vlan in intent.vlans)
    assert "igmp snooping" not in render(intent)
    assert any("multicast" in note for note in intent.notes)


def test_no_port_of_riverside_is_shut_with_something_on_it(riverside: Center) -> None:
    for device in riverside.devices.values():
        if is_gear(device):
            ports = gear_intent(riverside, device).ports
            used = [p for p in ports if p.description and p.mode == "shut"]
            assert used == [], device.name


def test_gear_without_a_platform_is_refused(riverside: Center) -> None:
    with pytest.raises(GearError, match="kvm-1: is a kvm without a `platform`"):
        gear_intent(riverside, riverside.devices["kvm-1"])


def test_an_snmp_user_that_the_platform_cannot_have_is_left_off_and_said() -> None:
    center = center_of(GOLDEN / "ios/access-switch.yaml")
    credential = center.credentials["gear-v3"].model_copy(update={"authentication": "sha256"})
    center = center.model_copy(update={"credentials": center.credentials | {"gear-v3": credential}})
    intent = gear_intent(center, center.devices["dut"])
    assert "snmp-server user" not in render(intent)
    assert any("gear-v3 has sha256" in note for note in intent.notes)


def test_numbers_are_written_as_switches_print_them() -> None:
    assert ranges((5, 8, 9, 10, 40)) == "5,8-10,40"
    assert ranges(()) == ""
    assert wildcard(IPv4Network("10.1.8.0/24")) == "10.1.8.0 0.0.0.255"
    assert wildcard(IPv4Network("10.1.8.7/32")) == "10.1.8.7"
    assert wildcard(IPv4Network("0.0.0.0/0")) == "any"

"""Devices and their targets, with a second way beside SSH."""

from collections.abc import Collection, Mapping
from types import MappingProxyType

import pytest

import deploy.targets
from deploy.access import Access
from deploy.area import AreaRules, Difference, Rules, Vantage
from deploy.messages import HostJob, WayName
from deploy.plan import host_plan
from deploy.survey import Answer
from deploy.targets import chosen, chosen_areas, targets
from deploy.way import Way
from deploy.ways import WAYS
from inventory.facts.collect import HostFacts, Section
from inventory.model import Center, Device
from tests.deploy.hosts import VANTAGE, center, server


class Bmc:
    """A way into what has a BMC; its one area wants its one section to say `right`."""

    NAME: WayName = "ipmi"
    PART = "bmc"
    ENROLLED = False
    UNDOES = False
    AREAS: Mapping[str, AreaRules] = MappingProxyType({"lan": Rules(FACTS=("lan",), RISKY=True)})

    def applies(self, _center: Center, device: Device) -> bool:
        return device.bmc is not None

    def proof(self, _center: Center, _device: Device) -> str:
        return "rendered, not proved"

    def host_job(self, _access: Access, device: Device) -> HostJob:
        return HostJob(name=f"{device.name}/bmc", device=device.name, way="ipmi", **_NOWHERE)

    def reading(self, _center: Center, _device: Device, _only: Collection[str]) -> str:
        return "lan print"

    def differences(
        self,
        _center: Center,
        _device: Device,
        facts: HostFacts,
        _vantage: Vantage,
        _only: Collection[str],
    ) -> dict[str, Difference]:
        right = facts.sections["lan"].text == "right"
        return {"lan": Difference() if right else Difference(unmet=("it is wrong",))}


_NOWHERE = {"address": "", "port": 0, "user": "", "admin": ""}
BMC = Bmc()
CENTER = center(devices={"web-1": server("web-1", "10.9.1.1", bmc="10.9.2.1")})
WEB = CENTER.devices["web-1"]


@pytest.fixture(autouse=True)
def _two_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    ways: dict[WayName, Way] = {**WAYS, "ipmi": BMC}
    monkeypatch.setattr(deploy.targets, "WAYS", ways)


def test_a_device_has_a_target_for_each_of_its_ways() -> None:
    assert [target.name for target in targets(CENTER, [WEB])] == ["web-1", "web-1/bmc"]


def test_a_device_that_only_another_way_leads_into_is_chosen_for_that_one() -> None:
    appliance = server("nvr", "10.9.1.9", os="appliance", bmc="10.9.2.9")
    there = center(devices={**CENTER.devices, "nvr": appliance})
    assert [device.name for device in chosen(there, [], [WAYS["ssh"], BMC])] == ["web-1", "nvr"]
    assert [device.name for device in chosen(there, [], [WAYS["ssh"]])] == ["web-1"]


def test_a_target_is_planned_by_its_own_way() -> None:
    target = targets(CENTER, [WEB])[1]
    facts = HostFacts({"lan": Section("wrong", 0)})
    found = host_plan(CENTER, target, Answer(vantage=VANTAGE, os="BMC 2.0", facts=facts))
    assert (found.name, found.device, found.way) == ("web-1/bmc", "web-1", "ipmi")
    assert found.proof == "rendered, not proved"
    assert [(area.area, area.unmet) for area in found.areas] == [("lan", ("it is wrong",))]


def test_areas_come_once_and_in_the_order_of_work() -> None:
    assert chosen_areas(["firewall", "banner", "firewall"]) == ("banner", "firewall")

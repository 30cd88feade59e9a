"""The differences of a device: refused when they would keep us out, and never with a secret."""

import json
import re
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from deploy.area import Difference, Vantage
from deploy.change import Change, LinesChange
from deploy.network.maker import AREAS, differences
from deploy.network.render import render
from deploy.ways import cli
from inventory.facts.collect import HostFacts, Section
from inventory.model import Center
from tests.deploy.network.cases import CASES, GOLDEN, center_of, intent_of, name_of

US = Vantage(client="10.1.8.7", port=22, login="wf-deploy", admin="wf-deploy")
CASE = GOLDEN / "iosxe/access-switch.yaml"


def facts(running: str) -> HostFacts:
    return HostFacts({"running": Section(running, 0)})


def made(center: Center, running: str, vantage: Vantage = US) -> dict[str, Difference]:
    return differences(center, center.devices["dut"], facts(running), vantage)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_an_empty_device_gets_everything_and_a_full_one_nothing(case: Path) -> None:
    center = center_of(case)
    empty = made(center, "")
    assert tuple(empty) == tuple(AREAS)
    assert empty["management"].changes
    assert not empty["management"].refusal
    full = re.sub(r"\{\{secret:[^}]*\}\}", "<masked:0:strong>", render(intent_of(case)))
    assert all(found.is_clean for found in made(center, full).values())


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_change_survives_a_plan_file_and_names_the_secrets_that_it_needs(case: Path) -> None:
    center = center_of(case)
    adapter: TypeAdapter[Change] = TypeAdapter(Change)
    for difference in made(center, "").values():
        for change in difference.changes:
            assert isinstance(change, LinesChange)
            assert adapter.validate_json(adapter.dump_json(change)) == change
            assert set(change.secrets) <= {
                "gear-cli.secret",
                "gear-v3.secret",
                "gear-v3.privacy_secret",
                "gear-aaa.secret",
            }
            assert "{{secret" not in "\n".join((*change.diff, *change.rollback))


def test_this_machine_is_not_locked_out() -> None:
    there = Vantage(client="192.0.2.7", port=22, login="wf-deploy", admin="wf-deploy")
    found = made(center_of(CASE), "", there)
    assert "192.0.2.7" in found["management"].refusal
    assert "admin_sources" in found["management"].refusal
    assert not found["vlans"].refusal


def test_gear_without_a_login_keeps_its_accounts() -> None:
    center = center_of(CASE)
    dut = center.devices["dut"]
    without = dut.model_copy(update={"gear": dut.gear.model_copy(update={"login": None})})
    found = differences(center, without, facts("username bob secret 9 <masked:0:strong>\n"), US)
    assert "gear: login" in found["management"].refusal


def test_facts_that_cannot_be_used_change_nothing() -> None:
    center = center_of(CASE)
    dut = center.devices["dut"]
    for sections in ({}, {"running": Section("banner login ^C\nno end", 0)}):
        found = differences(center, dut, HostFacts(sections), US)
        assert all(each.unmet and not each.changes for each in found.values())


def test_only_the_areas_that_are_asked_for() -> None:
    center = center_of(CASE)
    found = differences(center, center.devices["dut"], facts(""), US, only=("vlans", "ports"))
    assert tuple(found) == ("vlans", "ports")


def test_what_cuts_us_off_and_what_is_left_is_said() -> None:
    running = "interface GigabitEthernet1/0/8\n shutdown\nrouter ospf 1\n"
    found = made(center_of(CASE), running)
    assert any("router ospf 1" in note for note in found["management"].notes)
    assert any("port that leads to us" in cut for cut in found["ports"].cuts)
    assert any("multicast" in note for note in found["ports"].notes)


def test_the_way_is_for_gear_with_a_platform_and_a_login() -> None:
    center = center_of(CASE)
    assert [d.name for d in center.devices.values() if cli.applies(center, d)] == ["dut"]
    dut = center.devices["dut"]
    assert json.loads(cli.reading(center, dut, ()))[0][:2] == ["running", "show running-config"]
    assert cli.AREAS is AREAS
    assert cli.proof(center, dut) == "rendered, not proved"


@pytest.mark.parametrize(
    ("running", "alone"), [("archive\n path flash:wf\n", False), ("hostname sw\n", True)]
)
def test_what_does_not_go_back_by_itself_is_said(running: str, alone: bool) -> None:
    center = center_of(GOLDEN / "ios/access-switch.yaml")
    notes = " ".join(note for each in made(center, running).values() for note in each.notes)
    assert ("it does not go back by itself" in notes) is alone

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploy.area import Vantage
from deploy.failure import Reason
from deploy.plan import PlanError, host_plan, inventory_digest, load_plan, remaining, save_plan
from deploy.planning import arrange
from deploy.survey import Answer
from deploy.way import Target
from deploy.ways import WAYS
from inventory.facts.collect import HostFacts, Section
from tests.deploy.hosts import VANTAGE, center, recorded

CENTER = center()
FRESH = recorded("fresh-debian-12")
TARGET = Target(CENTER.devices["web-1"], WAYS["ssh"])


def answer(**fields: Any) -> Answer:
    fine = Answer(vantage=VANTAGE, os="debian-12", facts=FRESH)
    return replace(fine, **fields)


def test_a_fresh_host_is_planned_area_by_area() -> None:
    plan = host_plan(CENTER, TARGET, answer())
    areas = {area.area: area for area in plan.areas if area.changes}
    assert set(areas) >= {"banner", "time", "accounts", "ssh", "firewall"}
    assert areas["ssh"].after == ("accounts", "banner")
    assert areas["firewall"].after == ("ssh",)
    assert {name for name, area in areas.items() if area.risky} == {"accounts", "ssh", "firewall"}
    assert all(area.facts for area in areas.values())


def test_a_host_that_did_not_answer_is_in_the_plan_and_in_a_wave() -> None:
    lost = host_plan(CENTER, TARGET, answer(facts=None, reason=Reason.UNREACHABLE, message="gone"))
    plan = arrange(CENTER, [lost], None)
    assert (plan.has_failures, plan.has_changes) == (True, False)
    assert plan.waves[0].devices == ("web-1",)


def test_facts_that_are_not_usable_cost_their_area_alone() -> None:
    broken = HostFacts({**FRESH.sections, "sshd": Section("nonsense", 0)})
    plan = host_plan(CENTER, TARGET, answer(facts=broken))
    areas = {area.area: area for area in plan.areas}
    assert areas["ssh"].unmet
    assert areas["banner"].changes


def test_a_refused_area_is_not_done() -> None:
    far = Vantage("192.0.2.1", 22, "deployer", "deployer")
    areas = {a.area: a for a in host_plan(CENTER, TARGET, answer(vantage=far)).areas}
    assert not areas["firewall"].can_be_done
    assert areas["ssh"].can_be_done


def test_what_is_left_names_changes_and_what_is_unmet() -> None:
    left = remaining(CENTER, TARGET, FRESH, VANTAGE)
    assert "change /etc/issue.net" in left["banner"]


def test_a_plan_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    plan = arrange(CENTER, [host_plan(CENTER, TARGET, answer())], "root")
    save_plan(plan, tmp_path / "plan.json")
    assert load_plan(tmp_path / "plan.json") == plan
    assert (tmp_path / "plan.json").stat().st_mode & 0o077 == 0


def test_a_plan_file_goes_through_no_link_that_somebody_laid_beside_it(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    (tmp_path / ".plan.json.new").symlink_to(victim)
    (tmp_path / "plan.json").write_text("")
    (tmp_path / "plan.json").chmod(0o644)
    save_plan(arrange(CENTER, [host_plan(CENTER, TARGET, answer())], None), tmp_path / "plan.json")
    assert victim.read_text() == "untouched"
    assert (tmp_path / "plan.json").stat().st_mode & 0o077 == 0


def test_a_plan_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "plan.json").mkdir()
    with pytest.raises(PlanError, match=r"plan\.json: the plan cannot be written: .*; name"):
        save_plan(arrange(CENTER, [], None), tmp_path / "plan.json")
    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]


def test_a_plan_file_that_was_edited_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    save_plan(arrange(CENTER, [host_plan(CENTER, TARGET, answer())], None), path)
    path.write_text(path.read_text().replace("MaxAuthTries 4", "MaxAuthTries 6"))
    with pytest.raises(PlanError, match="was changed after it was made"):
        load_plan(path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2}'])
def test_another_file_is_no_plan(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text)
    with pytest.raises(PlanError, match="not a plan of format 2") as caught:
        load_plan(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("number", ["1", "3", '"two"'])
def test_a_plan_of_another_format_is_refused_by_its_number(tmp_path: Path, number: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(f'{{"format": {number}, "what": "else"}}')
    with pytest.raises(PlanError, match=r"this version reads 2; make it again") as caught:
        load_plan(path)
    assert "\n" not in str(caught.value)


def test_a_plan_of_some_areas_holds_these_alone_and_waits_for_no_other() -> None:
    host = host_plan(CENTER, TARGET, answer(), ("ssh", "firewall"))
    after = {area.area: area.after for area in host.areas}
    assert after == {"ssh": (), "firewall": ("ssh",)}
    assert arrange(CENTER, [host], None, ("ssh", "firewall")).areas == ("ssh", "firewall")
    assert arrange(CENTER, [host], None, ("ssh",)).hash != arrange(CENTER, [host], None).hash


def test_what_is_left_in_other_areas_is_not_asked() -> None:
    assert set(remaining(CENTER, TARGET, FRESH, VANTAGE, ("banner",))) == {"banner"}


def test_the_hash_does_not_depend_on_when_it_was_made() -> None:
    hosts = [host_plan(CENTER, TARGET, answer())]
    plan = arrange(CENTER, hosts, None)
    later = plan.model_copy(update={"made": plan.made.replace(year=2030)})
    assert later.content_hash() == plan.hash
    assert arrange(center(title="Other"), hosts, None).hash != plan.hash


def test_an_inventory_that_means_the_same_has_the_same_digest() -> None:
    assert inventory_digest(center()) == inventory_digest(center())
    assert inventory_digest(center(time_servers=())) != inventory_digest(center())


def test_a_plan_is_plain_json() -> None:
    plan = arrange(CENTER, [host_plan(CENTER, TARGET, answer())], None)
    assert json.loads(plan.model_dump_json())["format"] == 2

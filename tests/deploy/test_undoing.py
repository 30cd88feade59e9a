"""What an undo takes back, in which order, and what has to be so afterwards."""

from datetime import UTC, datetime

import pytest

from deploy.digest import digest
from deploy.failure import Reason
from deploy.plan import inventory_digest
from deploy.reading import fact_digest
from deploy.records import AreaResult, HostResult, PlannedArea, PlannedTarget, RunRecord
from deploy.undo_change import UndoChange
from deploy.undoing import Undo, UndoError, draw_undo
from deploy.way import Target
from deploy.ways import WAYS
from inventory.facts.collect import HostFacts, Section
from inventory.facts.registry import AREAS as FACT_AREAS
from tests.deploy.hosts import VANTAGE, center, recorded, server

CENTER = center()
FRESH = recorded("fresh-debian-12")
RUN = "20260301t110203z-0a1b"


def planned(host: str, wave: int, *areas: PlannedArea) -> PlannedTarget:
    return PlannedTarget(host=host, device_id=f"id-{host}", way="ssh", wave=wave, areas=areas)


def area(name: str, **more: object) -> PlannedArea:
    return PlannedArea.model_validate({"area": name, "changes": 2, **more})


def result(host: str, *areas: AreaResult, **more: object) -> HostResult:
    fields = {"host": host, "device": host, "device_id": f"id-{host}", "wave": 1}
    return HostResult.model_validate({**fields, "areas": areas, **more})


def done(name: str, **more: object) -> AreaResult:
    return AreaResult.model_validate({"area": name, "changed": 2, **more})


ALL = ("banner", "accounts", "ssh", "firewall")
PLANNED = tuple(planned(f"web-{n}", n, *(area(name) for name in ALL)) for n in (1, 2))
RESULTS = tuple(result(f"web-{n}", *(done(name) for name in ALL), wave=n) for n in (1, 2))


def record(
    targets: tuple[PlannedTarget, ...] = PLANNED,
    hosts: tuple[HostResult, ...] = RESULTS,
    **more: object,
) -> RunRecord:
    return RunRecord.model_validate(
        {
            "run": RUN,
            "center": "tiny",
            "actor": "me@here",
            "plan_hash": "0" * 64,
            "began": datetime(2026, 3, 1, tzinfo=UTC),
            "state": "done",
            "planned": targets,
            "hosts": hosts,
            **more,
        }
    )


def taken_back(drawn: Undo) -> dict[str, list[str]]:
    return {host.name: [one.area for one in host.areas] for host in drawn.plan.hosts}


def test_areas_and_waves_are_taken_back_in_reverse() -> None:
    drawn = draw_undo(CENTER, record(), ())
    assert [wave.devices for wave in drawn.plan.waves] == [("web-2",), ("web-1",)]
    areas = drawn.plan.host("web-1").areas
    assert [(one.area, one.after) for one in areas] == [
        ("firewall", ()),
        ("ssh", ("firewall",)),
        ("accounts", ("ssh",)),
        ("banner", ("ssh",)),
    ]
    assert {one.area for one in areas if one.risky} >= {"firewall", "ssh", "accounts"}
    assert areas[0].changes == (UndoChange(run=RUN, area="firewall", is_certain=True),)


def test_a_part_of_it_is_taken_back() -> None:
    drawn = draw_undo(CENTER, record(), (), devices=["web-2"], areas=["ssh", "banner"])
    assert taken_back(drawn) == {"web-2": ["ssh", "banner"]}


def test_what_was_never_begun_or_is_back_already_is_left_out() -> None:
    areas = (
        done("banner"),
        done("accounts", changed=1, reason=Reason.DISK_FULL),
        done("ssh", changed=0, reason=Reason.DEPENDENCY),
        done("firewall", reason=Reason.LOCKED_OUT, restored=True),
    )
    drawn = draw_undo(CENTER, record(hosts=(result("web-1", *areas), _not_reached())), ())
    assert taken_back(drawn) == {"web-1": ["accounts", "banner"]}
    certain = {one.area: one.changes[0].is_certain for one in drawn.plan.hosts[0].areas}  # type: ignore[union-attr] # all are undos
    assert certain == {"accounts": False, "banner": True}


def test_what_was_changed_before_a_login_was_refused_is_taken_back() -> None:
    areas = (
        done("accounts", changed=1, reason=Reason.SUDO_REFUSED),
        done("ssh", changed=0, reason=Reason.SUDO_REFUSED),
    )
    drawn = draw_undo(CENTER, record(hosts=(result("web-1", *areas), _not_reached())), ())
    assert taken_back(drawn) == {"web-1": ["accounts"]}


def _not_reached() -> HostResult:
    return result("web-2", wave=0, reason=Reason.STOPPED)


@pytest.mark.parametrize("reason", [Reason.LOCKED, Reason.UNREACHABLE, Reason.FACTS_CHANGED])
def test_a_host_that_was_never_changed_is_left_out(reason: Reason) -> None:
    hosts = (result("web-1", done("banner")), result("web-2", reason=reason))
    assert taken_back(draw_undo(CENTER, record(hosts=hosts), ())) == {"web-1": ["banner"]}


def test_what_a_killed_controller_left_is_asked_of_the_host() -> None:
    drawn = draw_undo(CENTER, record(hosts=(), state="running"), ())
    changes = [change for host in drawn.plan.hosts for one in host.areas for change in one.changes]
    assert len(changes) == 8
    assert not any(change.is_certain for change in changes if isinstance(change, UndoChange))


def test_what_an_earlier_undo_took_back_is_not_taken_back_again() -> None:
    earlier = record(
        run="20260302t000000z-0000",
        kind="undo",
        undoes=RUN,
        hosts=(
            result("web-1", done("firewall"), done("ssh", reason=Reason.NOT_PROVEN)),
            result("web-2", *(done(name) for name in ALL)),
        ),
    )
    drawn = draw_undo(CENTER, record(), [earlier])
    assert taken_back(drawn) == {"web-1": ["ssh", "accounts", "banner"]}
    with pytest.raises(UndoError, match="nothing left of it to undo"):
        draw_undo(CENTER, record(), [earlier], devices=["web-2"])


def test_a_renamed_device_is_found_by_its_id_and_one_that_is_gone_is_named() -> None:
    renamed = center(
        devices={"www": server("www", "10.9.1.1", id="id-web-1")}, groups={}, time_servers=()
    )
    drawn = draw_undo(renamed, record(), (), devices=["web-1"])
    assert (drawn.plan.hosts[0].name, drawn.plan.hosts[0].device) == ("web-1", "www")
    with pytest.raises(UndoError, match="web-2: is no longer in the inventory"):
        draw_undo(renamed, record(), ())


def test_what_no_undo_takes_back_is_named() -> None:
    targets = (planned("web-1", 1, area("time", kept=("install chrony",))),)
    drawn = draw_undo(CENTER, record(targets, (result("web-1", done("time")),)), ())
    assert drawn.kept == ("web-1: time: install chrony",)


def digests(*names: str) -> dict[str, str]:
    return {name: fact_digest(FRESH, name) for name in names}


def changed(name: str) -> HostFacts:
    text = recorded("hardened-debian-12").sections[name].text
    return HostFacts({**FRESH.sections, name: Section(text, 0)})


def unlike(drawn: Undo, facts: HostFacts) -> dict[str, tuple[str, ...]]:
    target = Target(CENTER.devices["web-1"], WAYS["ssh"])
    found = drawn.unlike_before(drawn.plan.host("web-1"), target, facts, VANTAGE)
    return {name: lines for name, lines in found.items() if lines}


def _with_facts(**more: object) -> RunRecord:
    areas = (
        area("banner", facts=digests("banner"), **more),
        area("ssh", facts=digests("sshd", "banner")),
    )
    return record((planned("web-1", 1, *areas),), (result("web-1", done("banner"), done("ssh")),))


def test_it_is_proved_by_the_facts_from_before() -> None:
    assert {"banner", "sshd"} <= set(FACT_AREAS)
    drawn = draw_undo(CENTER, _with_facts(), ())
    assert unlike(drawn, FRESH) == {}
    assert unlike(drawn, changed("sshd")) == {
        "ssh": ("its sshd facts are not those from before the run",)
    }


def test_facts_that_an_area_shares_with_what_stays_prove_nothing_of_it() -> None:
    some = draw_undo(CENTER, _with_facts(), (), areas=["ssh"])
    assert unlike(some, changed("banner")) == {}
    assert unlike(some, changed("sshd"))
    stays = draw_undo(CENTER, _with_facts(kept=("install x",)), ())
    assert unlike(stays, changed("banner")) == {}


def test_an_area_that_would_be_changed_in_the_same_way_again_is_as_before() -> None:
    target = Target(CENTER.devices["web-1"], WAYS["ssh"])
    wants = target.way.differences(CENTER, target.device, FRESH, VANTAGE, ("banner",))["banner"]
    facts = {"banner": "0" * 64}
    banner = area("banner", facts=facts, wants=digest(wants.changes))
    before = record(
        (planned("web-1", 1, banner),),
        (result("web-1", done("banner")),),
        inventory=inventory_digest(CENTER),
    )
    assert unlike(draw_undo(CENTER, before, ()), FRESH) == {}
    # Only while the same is wanted.
    other = before.model_copy(update={"inventory": "another"})
    assert unlike(draw_undo(CENTER, other, ()), FRESH)


def test_facts_that_cannot_be_read_prove_nothing() -> None:
    broken = HostFacts({**FRESH.sections, "sshd": Section("nonsense", 0)})
    assert set(unlike(draw_undo(CENTER, _with_facts(), ()), broken)) == {"ssh"}

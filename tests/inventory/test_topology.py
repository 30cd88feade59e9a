"""Topology: what fails with what, held against brute force on small random centers."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.elements import describe, owner_of
from inventory.model import Center, Device, Function, Group, Kind
from inventory.references import Need
from inventory.situation import CycleError, Situation
from inventory.topology import MOST, Health, Impact, Power, Topology
from tests.centers import center, device, small_center

DOWN = Health.DOWN


@pytest.fixture
def topology() -> Topology:
    return Topology(small_center())


def test_a_healthy_center_has_its_designed_margins(topology: Topology) -> None:
    whole = topology.assess()
    assert {name: m.margin for name, m in whole.functions.items()} == {"cad": 1, "desk": 0}
    assert whole.functions["cad"].causes == ()
    assert all(d.in_service and d.power is Power.FULL for d in whole.devices.values())


def test_single_points_name_every_device_that_alone_takes_a_function_out(
    topology: Topology,
) -> None:
    points = topology.single_points()
    assert points["cad"] == ()
    assert points["desk"] == ("access", "ats", "console", "pdu-a", "ups-a")


def test_losing_one_side_leaves_the_servers_on_the_other(topology: Topology) -> None:
    after = topology.assess({"pdu-a": DOWN})
    assert after.devices["srv-1"].power is Power.REDUCED
    assert after.devices["console"].power is Power.LOST
    assert after.devices["console"].cause == "pdu-a"
    assert after.functions["cad"].margin == 0
    assert after.functions["cad"].critical == ("pdu-b", "ups-b")
    assert after.functions["desk"].margin == -1
    assert after.functions["desk"].causes == ("pdu-a",)


def test_a_ups_on_battery_is_in_service_and_spends_its_margin(topology: Topology) -> None:
    after = topology.assess({"feed:ups-a/ats": DOWN})
    assert after.devices["ups-a"].power is Power.BATTERY
    assert after.devices["ups-a"].cause == "feed:ups-a/ats"
    assert after.devices["srv-1"].power is Power.REDUCED
    assert after.devices["console"].power is Power.BATTERY
    desk = after.functions["desk"]
    assert (desk.in_service, desk.margin) == (True, 0)
    assert after.functions["cad"].margin == 0
    assert after.functions["cad"].causes == ("feed:ups-a/ats",)


def test_a_ups_whose_battery_is_dead_falls_with_its_input(topology: Topology) -> None:
    after = topology.assess({"feed:ups-a/ats": DOWN, "battery:ups-a": DOWN})
    assert after.devices["console"].power is Power.LOST


def test_the_generator_carries_the_center_when_utility_fails(topology: Topology) -> None:
    after = topology.assess({"utility": DOWN})
    assert all(d.in_service for d in after.devices.values() if d.name != "utility")
    assert after.functions["cad"].critical == ("ats", "generator")


@pytest.mark.parametrize(
    "part", ["supply:srv-1/2", "outlet:pdu-b/4", "feed:srv-1/pdu-b/4", "pdu-b"]
)
def test_any_part_along_a_feed_loses_that_feed(topology: Topology, part: str) -> None:
    assert topology.assess({part: DOWN}).devices["srv-1"].power is Power.REDUCED


@pytest.mark.parametrize("part", ["port:core-a/2", "uplink:srv-1/1"])
def test_any_part_along_an_uplink_loses_that_uplink(topology: Topology, part: str) -> None:
    after = topology.assess({part: DOWN, "core-b": DOWN})
    assert not after.devices["srv-1"].in_service
    assert after.devices["srv-1"].cause == part


def test_a_silent_console_behind_a_dead_switch_is_explained_by_the_switch(
    topology: Topology,
) -> None:
    after = topology.assess({"access": DOWN, "console": DOWN}, observer="mon")
    assert not after.devices["console"].reachable
    assert after.devices["console"].cause == "access"
    assert after.devices["access"].cause == "access"
    assert after.functions["desk"].causes == ("access",)


def test_gear_behind_a_ups_that_is_cut_off_is_explained_by_what_cut_the_ups_off() -> None:
    behind = center(
        [
            device("core", Kind.SWITCH),
            device("ups", Kind.UPS, uplinks="core/1"),
            device("access", Kind.SWITCH, uplinks="ups/1"),
        ],
        [],
        [Function(name="f", title="F", needs=(Need(name="access"),))],
    )
    after = Topology(behind).assess({"core": DOWN})
    assert not after.devices["access"].in_service
    assert after.devices["access"].cause == "core"
    assert (after.devices["ups"].in_service, after.devices["ups"].cause) == (True, "")


def test_a_way_that_works_explains_nothing() -> None:
    """One core lives on its battery and still carries traffic; the other's port is what failed."""
    both = center(
        [
            device("utility", Kind.UTILITY),
            device("ups", Kind.UPS, "utility"),
            device("core-a", Kind.SWITCH, "ups"),
            device("core-b", Kind.SWITCH),
            device("recorder", Kind.SERVER, uplinks="core-a/1 core-b/1", uplinks_needed=2),
        ],
        [],
        [Function(name="f", title="F", needs=(Need(name="recorder"),))],
    )
    after = Topology(both).assess({"utility": DOWN, "port:core-b/1": DOWN})
    assert after.devices["core-a"].cause == "utility"
    assert after.devices["recorder"].cause == "port:core-b/1"


def test_a_feed_that_carries_power_explains_nothing() -> None:
    """A switch feeds a camera and has lost its network; the camera lost its other feed."""
    fed = center(
        [
            device("core", Kind.SWITCH),
            device("access", Kind.SWITCH, uplinks="core/1"),
            device("pdu", Kind.PDU),
            device("camera", Kind.CAMERA, "access pdu/1", feeds_needed=2),
        ],
        [],
        [Function(name="f", title="F", needs=(Need(name="camera"),))],
    )
    after = Topology(fed).assess({"core": DOWN, "outlet:pdu/1": DOWN})
    assert after.devices["camera"].cause == "outlet:pdu/1"


def test_paths_lead_through_network_gear_only(topology: Topology) -> None:
    after = topology.assess({"core-b": DOWN}, observer="mon")
    assert [d.name for d in after.devices.values() if d.reachable and d.name != "mon"] == ["core-b"]


def test_power_gear_without_its_management_network_still_gives_power() -> None:
    managed = center(
        [
            device("mgmt", Kind.SWITCH),
            device("ups", Kind.UPS, uplinks="mgmt/1"),
            device("srv", Kind.SERVER, feeds="ups"),
        ],
        [],
        [Function(name="f", title="F", needs=(Need(name="srv"), Need(name="ups")))],
    )
    topology = Topology(managed)
    after = topology.assess({"mgmt": DOWN}, observer="mgmt")
    assert after.devices["ups"].in_service
    assert topology.single_points()["f"] == ("srv", "ups")


def test_unknown_counts_as_working_but_is_not_assured(topology: Topology) -> None:
    cad = topology.assess({"srv-1": Health.UNKNOWN}).functions["cad"]
    assert (cad.margin, cad.assured) == (1, 0)


def test_impact_tells_what_shrinks(topology: Topology) -> None:
    assert topology.impact("srv-1") == [
        Impact("cad", "CAD", True, 1, 0),
        Impact("servers", "Servers", False, 1, 0),
    ]
    assert [i.after for i in topology.impact("srv-1", {"srv-2": DOWN})] == [-1, -1, -1]


def test_a_circle_is_refused() -> None:
    ring = center(
        [
            device("a", Kind.SWITCH, uplinks="b"),
            device("b", Kind.SWITCH, uplinks="a"),
        ],
        [],
        [Function(name="f", title="F", needs=(Need(name="a"),))],
    )
    with pytest.raises(CycleError, match="a -> b -> a"):
        Topology(ring).assess()


@pytest.mark.parametrize(
    ("element", "owner"),
    [("ups-a", "ups-a"), ("feed:srv-1/pdu-b/4", "srv-1"), ("port:core-a/Gi1/0/2", "core-a")],
)
def test_owner_of_an_element(element: str, owner: str) -> None:
    assert owner_of(element) == owner


@pytest.mark.parametrize(
    ("element", "words"),
    [
        ("ups-a", "ups-a"),
        ("feed:srv-1/pdu-b/4", "feed of srv-1 from pdu-b/4"),
        ("supply:srv-1/2", "power supply 2 of srv-1"),
        ("port:core-a/Gi1/0/2", "port Gi1/0/2 of core-a"),
        ("battery:ups-a", "battery of ups-a"),
    ],
)
def test_an_element_in_words(element: str, words: str) -> None:
    assert describe(element) == words


@st.composite
def centers(draw: st.DrawFn) -> Center:
    """Small random centers: feeds and uplinks point to earlier devices, so nothing is circular."""
    count = draw(st.integers(2, 7))
    devices: list[Device] = []
    for number in range(count):
        earlier = [d.name for d in devices]
        feeds = draw(st.lists(st.sampled_from(earlier), max_size=3, unique=True)) if earlier else []
        ups = draw(st.lists(st.sampled_from(earlier), max_size=2, unique=True)) if earlier else []
        devices.append(
            device(
                f"d{number}",
                draw(st.sampled_from([Kind.SWITCH, Kind.UPS, Kind.PDU, Kind.SERVER])),
                " ".join(feeds),
                " ".join(ups),
                feeds_needed=draw(st.integers(1, max(1, len(feeds)))),
                uplinks_needed=draw(st.integers(1, max(1, len(ups)))),
            )
        )
    names = [d.name for d in devices]
    members = draw(st.lists(st.sampled_from(names), min_size=1, max_size=5, unique=True))
    group = Group(name="g", needs=draw(st.integers(1, len(members))), of=tuple(members))
    extra = draw(st.sampled_from(names))
    parts = (Need(name="g"), Need(name=extra))
    need = Need(needs=draw(st.integers(1, 2)), of=parts)
    return center(devices, [group], [Function(name="f", title="F", needs=(need,))])


def without_batteries(whole: Center) -> Center:
    """The same center with every battery spent, which is how margins count."""
    plain = {
        name: d.model_copy(update={"kind": Kind.PDU}) if d.kind is Kind.UPS else d
        for name, d in whole.devices.items()
    }
    return whole.model_copy(update={"devices": plain})


def is_out(whole: Center, name: str, down: frozenset[str]) -> bool:
    """The definition itself: evaluated with batteries spent, knowing nothing of cut sets."""
    situation = Situation(whole, down)

    def holds(need: Need) -> bool:
        if need.name == "g":
            group = whole.groups["g"]
            return sum(situation.in_service(member) for member in group.of) >= group.needs
        if need.name:
            return situation.in_service(need.name)
        return sum(holds(part) for part in need.of) >= need.needs

    if name == "g":
        return not holds(Need(name="g"))
    return not all(holds(need) for need in whole.functions[name].needs)


@given(centers(), st.data())
def test_cut_sets_are_exactly_the_minimal_sets_of_brute_force(
    whole: Center, data: st.DataObject
) -> None:
    names = list(whole.devices)
    down = frozenset(data.draw(st.lists(st.sampled_from(names), max_size=2, unique=True)))
    spent = without_batteries(whole)
    topology = Topology(whole)
    for target in ("g", "f"):
        fatal = [
            frozenset(extra)
            for size in range(MOST + 1)
            for extra in combinations([n for n in names if n not in down], size)
            if is_out(spent, target, down | frozenset(extra))
        ]
        minimal = {s for s in fatal if not any(other < s for other in fatal)}
        assert set(topology.cut_sets(target, dict.fromkeys(down, DOWN))) == minimal


@given(centers(), st.data())
def test_a_further_failure_never_raises_a_margin(whole: Center, data: st.DataObject) -> None:
    names = st.sampled_from(list(whole.devices))
    some = dict.fromkeys(data.draw(st.lists(names, max_size=2)), DOWN)
    more = {**some, data.draw(names): DOWN}
    topology = Topology(whole)
    before, after = topology.assess(some), topology.assess(more)
    for name in ("g", "f"):
        old = (before.groups | before.functions)[name]  # type: ignore[operator]
        new = (after.groups | after.functions)[name]  # type: ignore[operator]
        assert new.margin <= old.margin <= old.designed


@given(centers(), st.data())
def test_what_is_out_of_service_always_has_a_cause(whole: Center, data: st.DataObject) -> None:
    names = st.sampled_from(list(whole.devices))
    states = dict.fromkeys(data.draw(st.lists(names, max_size=3)), DOWN)
    assessment = Topology(whole).assess(states)
    for status in assessment.devices.values():
        if not status.in_service:
            assert status.cause in states
        elif status.cause:
            assert status.power in (Power.BATTERY, Power.REDUCED)


def test_a_worn_battery_is_not_why_a_console_is_out(topology: Topology) -> None:
    after = topology.assess({"battery:ups-a": DOWN, "console": DOWN})
    assert after.functions["desk"].causes == ("console",)


def test_failures_that_cost_margin_only_together_are_both_named(topology: Topology) -> None:
    after = topology.assess({"supply:srv-1/1": DOWN, "supply:srv-1/2": DOWN})
    assert after.functions["cad"].causes == ("supply:srv-1/1", "supply:srv-1/2")

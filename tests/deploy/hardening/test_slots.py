from hypothesis import given
from hypothesis import strategies as st

from deploy.hardening.slots import Slot, slot_of, turns_of
from inventory.model import Center, Group
from tests.deploy.hosts import center, server

NAMES = [f"h-{n}" for n in range(40)]


def with_groups(*groups: tuple[str, ...]) -> Center:
    hosts = {name: server(name, f"10.9.1.{n + 1}") for n, name in enumerate(NAMES)}
    declared = {f"g-{n}": Group(name=f"g-{n}", needs=1, of=of) for n, of in enumerate(groups) if of}
    return center(devices=hosts, groups=declared)


@given(st.lists(st.lists(st.sampled_from(NAMES), max_size=30, unique=True), max_size=6))
def test_no_two_members_of_a_group_have_one_turn(groups: list[list[str]]) -> None:
    there = with_groups(*map(tuple, groups))
    slots = {name: slot_of(there, there.devices[name]) for name in NAMES}
    for members in groups:
        assert len({slots[name] for name in members}) == len(members)


def test_groups_within_groups_count() -> None:
    there = with_groups(("h-0", "h-1"), ("g-0", "h-2"))
    assert [turns_of(there)[name] for name in NAMES[:3]] == [0, 1, 2]


def test_hosts_that_nobody_depends_on_have_the_first_hour_of_every_day() -> None:
    there = with_groups(("h-0", "h-1"))
    assert slot_of(there, there.devices["h-9"]) == Slot(1)
    assert slot_of(there, there.devices["h-1"]) == Slot(2)


def test_a_group_larger_than_a_day_takes_a_week() -> None:
    there = with_groups(tuple(NAMES))
    assert slot_of(there, there.devices["h-0"]) == Slot(1, "Mon")
    assert slot_of(there, there.devices["h-8"]) == Slot(2, "Tue")


def test_systemd_reads_it() -> None:
    assert Slot(3).calendar("America/Chicago", 5) == "*-*-* 03:05:00 America/Chicago"
    assert Slot(0, "Sun").before(1).calendar("Etc/UTC") == "Sat *-*-* 23:00:00 Etc/UTC"

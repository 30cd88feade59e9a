from hypothesis import given
from hypothesis import strategies as st

from deploy.waves import MOST, waves
from inventory.model import Center, Function, Group
from inventory.references import Need
from inventory.topology import Health, Topology
from tests.centers import small_center
from tests.deploy.hosts import server

NAMES = [f"s{number}" for number in range(8)]


@st.composite
def centers(draw: st.DrawFn) -> Center:
    """Eight servers in random groups, and a function that needs all of the groups."""
    groups = {}
    for number in range(draw(st.integers(0, 3))):
        of = tuple(draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True)))
        needs = draw(st.integers(1, len(of)))
        groups[f"g{number}"] = Group(name=f"g{number}", needs=needs, of=of)
    needs_all = tuple(Need(name=name) for name in groups) or (Need(name="s0"),)
    return Center(
        name="any",
        title="Any",
        timezone="Etc/UTC",
        devices={name: server(name, f"10.0.0.{n}") for n, name in enumerate(NAMES, start=1)},
        groups=groups,
        functions={"f": Function(name="f", title="F", needs=needs_all)},
    )


def out(center: Center, down: set[str]) -> set[str]:
    found = Topology(center).assess(dict.fromkeys(down, Health.DOWN))
    return {n for n, m in {**found.groups, **found.functions}.items() if not m.in_service}


@given(centers(), st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES), max_size=2))
def test_no_wave_takes_out_what_it_does_not_name(
    center: Center, wanted: set[str], down: set[str]
) -> None:
    found = waves(center, sorted(wanted), down)
    assert sorted(name for wave in found for name in wave.devices) == sorted(wanted)
    before = out(center, down)
    for wave in found:
        assert out(center, down | set(wave.devices)) - before == set(wave.takes_out)
        assert not wave.takes_out or len(wave.devices) == 1
        for group in center.groups.values():
            assert len(set(group.of) & set(wave.devices)) <= 1


def test_the_canary_goes_alone_and_first_and_pairs_are_apart() -> None:
    found = waves(small_center(), ["srv-1", "srv-2", "mon"])
    assert found[0].devices == ("mon",)
    assert [wave.devices for wave in found[1:]] == [("srv-1",), ("srv-2",)]


def test_a_device_whose_peer_is_down_takes_something_out() -> None:
    found = waves(small_center(), ["srv-1"], down=["srv-2"])
    assert "servers" in found[0].takes_out


def test_waves_have_a_size_limit() -> None:
    names = [f"s{number}" for number in range(1, MOST * 2 + 2)]
    center = small_center().model_copy(
        update={
            "devices": {n: server(n, f"10.0.1.{i}") for i, n in enumerate(names, 1)},
            "groups": {},
            "functions": {},
        }
    )
    assert [len(wave.devices) for wave in waves(center, names)] == [1, MOST, MOST]


def _chain() -> Center:
    """A switch on a switch on a router, and a server on the lower switch."""
    chain = {
        "router": ("router", ()),
        "core": ("switch", ("router",)),
        "access": ("switch", ("core",)),
        "srv": ("server", ("access",)),
    }
    return small_center().model_copy(
        update={
            "devices": {
                name: server(name, f"10.0.1.{i}", kind=kind, uplinks=uplinks, roles=())
                for i, (name, (kind, uplinks)) in enumerate(chain.items(), 1)
            },
            "groups": {},
            "functions": {},
        }
    )


def test_what_others_hang_from_is_changed_after_them() -> None:
    found = waves(_chain(), ["router", "core", "srv", "access"])
    assert [wave.devices for wave in found] == [("srv",), ("access",), ("core",), ("router",)]


def test_what_is_to_come_last_is_no_canary() -> None:
    found = waves(_chain(), ["srv", "core"], last=["srv"])
    assert [wave.devices for wave in found] == [("core",), ("srv",)]


@given(centers(), st.integers(1, 4))
def test_no_wave_is_larger_than_it_may_be(center: Center, most: int) -> None:
    assert all(len(wave.devices) <= most for wave in waves(center, NAMES, most=most))


@given(centers(), st.sets(st.sampled_from(NAMES), max_size=2))
def test_a_wave_says_what_margin_it_leaves(center: Center, down: set[str]) -> None:
    topology = Topology(center)

    def margins(names: set[str]) -> dict[str, int]:
        found = topology.assess(dict.fromkeys(names, Health.DOWN))
        return {n: m.margin for n, m in {**found.groups, **found.functions}.items()}

    before = margins(down)
    for wave in waves(center, NAMES, down):
        during = margins(down | set(wave.devices))
        assert {m.name: (m.before, m.during) for m in wave.margins} == {
            name: (before[name], during[name]) for name in before if during[name] < before[name]
        }


def test_why_something_is_out_is_said() -> None:
    found = waves(small_center(), ["srv-1"], down=["srv-2"])[0]
    assert "servers needs srv-1, because srv-2 cannot be reached now" in found.because
    single = small_center().model_copy(
        update={"groups": {"servers": Group(name="servers", needs=1, of=("srv-1",))}}
    )
    lonely = waves(single, ["srv-1"])[0]
    assert "servers has nothing that stands in for srv-1" in lonely.because


def test_nothing_to_do_makes_no_wave() -> None:
    assert waves(small_center(), []) == []

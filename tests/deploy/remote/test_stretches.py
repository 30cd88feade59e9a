"""Which areas wait for one another's confirmation."""

from hypothesis import given
from hypothesis import strategies as st

from deploy.change import Change, CommandChange, FileChange, PackageChange
from deploy.messages import AreaJob
from deploy.operations.journal import MOST_TOGETHER
from deploy.remote.stretches import stretches

PATIENCE_S = 75
QUICK = FileChange(path="/etc/issue", content="")
PROOF = CommandChange(title="prove it", command=("true",), timeout_s=60)
LONG = PackageChange(names=("sudo",))

areas_of_all_sorts = st.lists(
    st.builds(
        AreaJob,
        name=st.sampled_from("abcdefgh"),
        risky=st.booleans(),
        admin_first=st.booleans(),
        changes=st.lists(st.sampled_from((QUICK, PROOF, LONG)), max_size=3).map(tuple),
    ),
    max_size=12,
)


def names(*areas: AreaJob, proves_admin: bool = False) -> list[str]:
    found = stretches(areas, patience_s=PATIENCE_S, proves_admin=proves_admin)
    return ["".join(area.name for area in stretch) for stretch in found]


def area(name: str, *changes: Change, risky: bool = True, admin_first: bool = False) -> AreaJob:
    return AreaJob(name=name, risky=risky, admin_first=admin_first, changes=changes or (QUICK,))


def test_areas_behind_one_another_wait_together() -> None:
    assert names(area("a"), area("b", PROOF), area("c")) == ["abc"]


def test_an_area_without_a_dead_man_ends_a_stretch() -> None:
    assert names(area("a"), area("b"), area("c", risky=False), area("d")) == ["ab", "c", "d"]


def test_no_more_wait_than_one_confirmation_can_lock() -> None:
    assert MOST_TOGETHER == 5
    assert names(*map(area, "abcdefg")) == ["abcde", "fg"]


def test_nobody_waits_for_packages() -> None:
    assert names(area("a"), area("b"), area("c", QUICK, LONG), area("d")) == ["ab", "c", "d"]


def test_the_admin_finds_what_lets_him_in_confirmed() -> None:
    areas = (area("a"), area("b"), area("c", admin_first=True), area("d"))
    assert names(*areas, proves_admin=True) == ["ab", "cd"]
    assert names(*areas) == ["abcd"]


@given(areas=areas_of_all_sorts, proves_admin=st.booleans())
def test_all_come_once_in_their_order_and_only_what_may_wait_is_together(
    areas: list[AreaJob], proves_admin: bool
) -> None:
    found = list(stretches(areas, patience_s=PATIENCE_S, proves_admin=proves_admin))
    assert [one for stretch in found for one in stretch] == areas
    for stretch in found:
        assert 1 <= len(stretch) <= MOST_TOGETHER
        if len(stretch) > 1:
            assert all(one.risky and LONG not in one.changes for one in stretch)
            assert not (proves_admin and any(one.admin_first for one in stretch[1:]))

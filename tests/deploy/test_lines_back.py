"""What was sent to gear is taken back by lines that the run's record keeps, without secrets."""

from deploy.change import LinesChange
from deploy.outcome import planned_targets
from deploy.plan import AreaPlan, HostPlan, Plan, make_plan
from deploy.waves import Wave
from inventory.model import Center
from tests.deploy.network.cases import GOLDEN, center_of

CENTER: Center = center_of(GOLDEN / "frr/router.yaml")
SENT = LinesChange(
    title="change interfaces",
    platform="frr",
    lines=("interface eth1", " ip address 10.9.9.1/24"),
    rollback=("interface eth1", " no ip address 10.9.9.1/24"),
    before=("interface eth1",),
    wanted=("interface eth1", " ip address 10.9.9.1/24"),
)
MASKED = SENT.model_copy(
    update={"rollback": ("username old secret 9 <masked:3:strong>", "no username new")}
)


def kept(*changes: LinesChange) -> tuple[tuple[LinesChange, ...], tuple[str, ...]]:
    """What a run's record keeps of an area's changes."""
    host = HostPlan(
        name="dut", device="dut", way="cli", areas=(AreaPlan(area="routing", changes=changes),)
    )
    plan: Plan = make_plan(CENTER, (host,), (Wave(devices=("dut",)),), None)
    ((area,),) = (target.areas for target in planned_targets(CENTER, plan))
    return tuple(each for each in area.back if isinstance(each, LinesChange)), area.kept


def test_taken_back_it_is_what_it_was_and_the_other_way_round() -> None:
    back = SENT.taken_back()
    assert back is not None
    assert (back.lines, back.rollback) == (SENT.rollback, SENT.lines)
    assert (back.before, back.wanted) == (SENT.wanted, SENT.before)
    again = back.taken_back()
    assert again is not None
    assert (again.lines, again.rollback) == (SENT.lines, SENT.rollback)


def test_the_last_change_is_taken_back_first() -> None:
    other = SENT.model_copy(update={"rollback": ("no ip route 10.0.0.0/8 10.9.9.2",)})
    back, stays = kept(SENT, other)
    assert [each.lines for each in back] == [other.rollback, SENT.rollback]
    assert stays == ()


def test_a_secret_that_only_the_device_knew_is_named_and_not_sent() -> None:
    (back,), stays = kept(MASKED)
    assert back.lines == ("no username new",)
    assert stays == ("the old line is not known: username old secret 9 <secret>",)
    assert "masked" not in "".join(back.lines)


def test_where_nothing_takes_it_back_nothing_is_kept() -> None:
    assert SENT.model_copy(update={"rollback": ()}).taken_back() is None

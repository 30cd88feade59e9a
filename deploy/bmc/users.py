"""A BMC's users: who deploys it, who reads it, and nobody else."""

from collections.abc import Iterator

from deploy.area import Difference
from deploy.bmc.facts import Slot, UserFacts
from deploy.bmc.wanted import BmcDesired
from deploy.bmc_change import NO_ACCESS, BmcUserChange, BmcUserState

READS = 2
"""USER: reads everything that monitoring asks for, and changes nothing."""
_NOBODYS = 1
"""The slot of the user without a name (section 22.26)."""


def is_shut(state: BmcUserState) -> bool:
    """Whether nobody logs in by it. Where the BMC does not tell, its right to log in counts."""
    if state.enabled is None:
        return not state.messaging or state.privilege in (0, NO_ACCESS)
    return not state.enabled


def user_difference(wanted: BmcDesired, facts: UserFacts) -> Difference:
    """The reader as it has to be, all others shut; our own is left alone."""
    if facts.refused:
        return Difference(unmet=(facts.refused,))
    if not any(slot.state.name == wanted.admin for slot in facts.slots):
        return Difference(refusal=f"it does not list {wanted.admin}, whom we are logged in as")
    reader, wrong = _reader(wanted, facts)
    named = {wanted.admin} | wanted.left
    own = _slot(wanted.reader, facts) if wanted.reader else None
    shut = (
        _shut(slot)
        for slot in facts.slots
        if slot != own and slot.state.name not in named and not is_shut(slot.state)
    )
    notes = (
        f"not proven: it agrees to any password of {name}, so that it cannot be compared"
        for name, told in facts.passwords.items()
        if told == "untold"
    )
    return Difference((*reader, *shut), unmet=tuple(wrong), notes=tuple(notes))


def _reader(
    wanted: BmcDesired, facts: UserFacts
) -> tuple[tuple[BmcUserChange, ...], tuple[str, ...]]:
    if not wanted.reader:
        return (), ()
    told = facts.passwords.get(wanted.reader, "absent")
    if told == "too-long":
        return (), (f"the password of {wanted.reader} is longer than IPMI's 20 octets",)
    slot = _slot(wanted.reader, facts)
    if slot is None:
        return (), (f"it has no free slot for {wanted.reader}",)
    # Slots whose state is not told are believed by their rights.
    enabled = None if slot.state.enabled is None else True
    goal = BmcUserState(name=wanted.reader, privilege=READS, messaging=True, enabled=enabled)
    is_new = slot.state.name != wanted.reader
    password = wanted.reader_secret if is_new or told == "wrong" else ""
    if goal == slot.state and not password:
        return (), ()
    what = "create" if is_new else "have" if goal != slot.state else "set the password of"
    title = f"{what} user {wanted.reader} in slot {slot.number}, who only reads"
    change = BmcUserChange(
        title=title, slot=slot.number, wanted=goal, before=slot.state, password=password
    )
    return (change,), ()


def _slot(name: str, facts: UserFacts) -> Slot | None:
    """The user's own, or the first that is free."""
    named = (slot for slot in facts.slots if slot.state.name == name)
    return next(named, None) or next(_free(facts), None)


def _free(facts: UserFacts) -> Iterator[Slot]:
    for slot in facts.slots:
        if slot.number != _NOBODYS and not slot.fixed and not slot.state.name:
            yield slot


def _shut(slot: Slot) -> BmcUserChange:
    state = slot.state
    enabled = None if state.enabled is None else False
    goal = state.model_copy(update={"privilege": NO_ACCESS, "messaging": False, "enabled": enabled})
    who = f"user {state.name}" if state.name else "the user without a name"
    title = f"shut {who} in slot {slot.number}, whom the inventory does not name"
    return BmcUserChange(title=title, slot=slot.number, wanted=goal, before=state)

"""Which areas are made in a row before one fresh login confirms them all. Pure.

A login by SSH takes as long as an area's changes, and four areas behind each other that may cut us
off need no four of them: what lets us in after the last one has let us in after each.
"""

from collections.abc import Iterable, Iterator

from deploy.messages import AreaJob
from deploy.operations.batch import longest
from deploy.operations.journal import MOST_TOGETHER


def stretches(
    areas: Iterable[AreaJob], *, patience_s: float, proves_admin: bool
) -> Iterator[tuple[AreaJob, ...]]:
    """The areas in their order, as many of those with a dead-man together as may wait for it.

    An area with a step that may take more than `patience_s` stands alone: the dead-men of those
    before it would come meanwhile. One before which the admin has to log in (`proves_admin` says
    whether that is somebody else) begins anew.
    """
    found: list[AreaJob] = []
    for area in areas:
        can_wait = area.risky and all(longest(change) <= patience_s for change in area.changes)
        begins_anew = area.admin_first and proves_admin
        if found and (begins_anew or len(found) == MOST_TOGETHER or not can_wait):
            yield tuple(found)
            found = []
        found.append(area)
        if not can_wait:
            yield tuple(found)
            found = []
    if found:
        yield tuple(found)

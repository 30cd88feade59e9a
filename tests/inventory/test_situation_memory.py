"""A situation goes with its last user: thousands are asked for a center that changes."""

import gc
from weakref import ref

from inventory.situation import Situation
from tests.monitors.centers import small_center


def test_a_situation_and_its_answers_need_no_collector() -> None:
    situation = Situation(small_center(), frozenset({"ups-a"}))
    assert not situation.in_service("ups-a")
    gc.disable()
    try:
        kept = ref(situation)
        del situation
        assert kept() is None
    finally:
        gc.enable()

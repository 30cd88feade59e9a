"""Every way says all that the rollout asks of one, and can be visited."""

import pytest

from deploy.messages import WayName
from deploy.remote.visits import VISITS
from deploy.way import Way
from deploy.ways import WAYS

SAID = (*Way.__annotations__, "applies", "proof", "host_job", "reading", "differences")


@pytest.mark.parametrize("name", WAYS)
def test_a_way_is_whole(name: WayName) -> None:
    way = WAYS[name]
    assert [said for said in SAID if not hasattr(way, said)] == []
    assert name == way.NAME
    assert name in VISITS
    assert way.AREAS

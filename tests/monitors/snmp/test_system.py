"""Restart or wrap: what the system group of two polls says."""

import pytest

from monitors.snmp.system import UPTIME_WRAPS_S, SystemGroup, restarted


def group(
    uptime_s: float | None = 100.0,
    boots: int | None = None,
    engine_time_s: int | None = None,
    object_id: str = "1.3.6.1.4.1.9.1",
) -> SystemGroup:
    return SystemGroup("", object_id, "", uptime_s, boots, engine_time_s)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (group(100), group(160), False),
        (group(100), group(5), True),
        (group(None), group(5), False),
        (group(100), group(None), False),
        (group(100), group(160, object_id="1.3.6.1.4.1.318.1"), True),
        (group(100), group(160, object_id=""), False),
        # The 497 days are over, and the engine's clock goes on.
        (group(UPTIME_WRAPS_S - 5, 3, 42949667), group(25, 3, 42949697), False),
        (group(100, 3, 100), group(130, 4, 5), True),
        (group(100, 3, 100), group(5, 3, 5), True),
    ],
)
def test_restart_is_told_from_wrap(before: SystemGroup, now: SystemGroup, expected: bool) -> None:
    assert restarted(before, now) is expected


def test_uptime_beyond_the_wrap_comes_from_the_engine() -> None:
    assert group(25.0, 3, 42949697).uptime_s == 42949697
    assert group(25.0, 3, 20).uptime_s == 25.0
    assert group(None, 3, 20).uptime_s == 20
    assert group(None).uptime_s is None

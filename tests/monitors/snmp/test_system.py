"""Restart or wrap: what the system group of two polls says."""

from dataclasses import fields, replace

import pytest

from monitors.probe import Identity
from monitors.snmp.answer import Answer
from monitors.snmp.oid import encode_oid
from monitors.snmp.system import ENGINE_TIME, UPTIME, UPTIME_WRAPS_S, Change, SystemGroup, change


def group(
    uptime_s: float | None = 100.0,
    boots: int | None = None,
    engine_time_s: int | None = None,
    object_id: str = "1.3.6.1.4.1.9.1",
) -> SystemGroup:
    return SystemGroup("", object_id, "", uptime_s, boots, engine_time_s)


DAY_S = 86_400.0


@pytest.mark.parametrize(
    ("before", "now", "passed_s", "expected"),
    [
        (group(100), group(160), 60, Change.NONE),
        (group(100), group(5), 30, Change.RESTARTED),
        (group(1000), group(600), 3600, Change.RESTARTED),
        (group(None), group(5), 30, Change.NONE),
        (group(100), group(None), 30, Change.NONE),
        (group(100), group(160, object_id="1.3.6.1.4.1.318.1"), 60, Change.REPLACED),
        (group(100), group(160, object_id=""), 60, Change.NONE),
        # The 497 days are over: with the engine's clock, and by our own.
        (group(UPTIME_WRAPS_S - 5, 3, 42949667), group(25, 3, 42949697), 30, Change.NONE),
        (group(UPTIME_WRAPS_S - 5), group(25), 30, Change.NONE),
        (group(UPTIME_WRAPS_S - DAY_S), group(2 * DAY_S), 3 * DAY_S, Change.NONE),
        # Started in the very hour in which it would have wrapped.
        (group(UPTIME_WRAPS_S - 3000), group(5), 30, Change.RESTARTED),
        (group(UPTIME_WRAPS_S - 5), group(25), 3600, Change.RESTARTED),
        (group(100, 3, 100), group(130, 4, 5), 30, Change.RESTARTED),
        (group(100, 3, 100), group(5, 3, 5), 30, Change.RESTARTED),
        # A clock that was set; the other member of a pair answers.
        (group(90_000), group(89_990), 30, Change.NONE),
        (group(90_000, 3, 90_000), group(90_030, 3, 89_998), 30, Change.NONE),
        (group(90_000), group(40_000), 30, Change.REPLACED),
    ],
)
def test_restart_is_told_from_wrap_and_from_clocks_that_are_set(
    before: SystemGroup, now: SystemGroup, passed_s: float, expected: Change
) -> None:
    assert change(before, now, passed_s) is expected


def test_uptime_beyond_the_wrap_comes_from_the_engine() -> None:
    assert group(25.0, 3, 42949697).uptime_s == 42949697
    assert group(25.0, 3, 20).uptime_s == 25.0
    assert group(None, 3, 20).uptime_s == 20
    assert group(None).uptime_s is None


def test_of_an_agent_that_is_asked_again_only_the_clocks_are_new() -> None:
    before = SystemGroup("a switch", "1.3.6.1.4.1.9.1", "sw-1", 1.0, 3, 1)
    clocks = {encode_oid(UPTIME): b"\x43\x02\x03\xe8", encode_oid(ENGINE_TIME): b"\x02\x01\x0a"}
    expected = replace(before, sys_uptime_s=10.0, engine_time_s=10)
    assert before.renewed(Answer(clocks)) == expected
    words = {field.name: field.name for field in fields(Identity)}
    identity = Identity(**{**words, "uptime_s": 1.0})  # type: ignore[arg-type]  # by their names
    assert identity.after(10.0) == replace(identity, uptime_s=10.0)

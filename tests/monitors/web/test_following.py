"""What the web process logs of an engine that goes and comes."""

import pytest

from monitors.web.following import PATIENCE_S, Following


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_short_absence_is_not_worth_a_line(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    following = Following(clock)
    for _ in range(3):
        following.trouble("no socket")
        clock.now_s += PATIENCE_S - 0.1
        following.heard()
    assert caplog.messages == []


def test_a_long_absence_is_told_once_and_its_end_too(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    following = Following(clock)
    for _ in range(5):
        following.trouble("no socket")
        clock.now_s += PATIENCE_S
    following.heard()
    following.heard()
    assert caplog.messages == [
        "the engine has been away for 5 s: no socket",
        "the engine speaks again",
    ]

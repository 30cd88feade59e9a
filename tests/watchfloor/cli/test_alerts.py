"""`watchfloor alerts` on a narrow terminal: what stands comes first, and each says what to type."""

from dataclasses import replace

import pytest

from monitors.snapshot import AlertView, Phase, Snapshot
from tests.centers import small_center
from tests.snapshots import NOW, alert, snapshot
from watchfloor.cli.alerts import _print

OVER = replace(alert("ups-a"), phase=Phase.RETURNED, returned_at=NOW)


def printed(shown: list[AlertView], capsys: pytest.CaptureFixture[str]) -> str:
    state: Snapshot = snapshot(small_center())
    _print(shown, state)
    return capsys.readouterr().out


def test_what_stands_comes_before_what_is_gone(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed([OVER, alert("ups-b")], capsys)
    assert text.index("ups-b lost its input") < text.index("ups-a lost its input")
    assert "CAD (margin 0)" in text
    assert text.index("nothing any more") > text.index("ups-a lost its input")


@pytest.mark.parametrize(
    ("about", "what_to_type"),
    [
        (alert("ups-a"), "watchfloor runbook show ups-on-battery ups-a"),
        (
            alert("", "function-at-risk", component="function:cad", cause="feed:ups-a/ats"),
            "watchfloor runbook show function-at-risk ups-a",
        ),
    ],
)
def test_each_says_what_to_type(
    about: AlertView,
    what_to_type: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = printed([about], capsys)
    assert what_to_type in text
    assert max(map(len, text.splitlines())) <= 80

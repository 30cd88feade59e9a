"""What the answer of a host whose lock cannot be had means."""

import json

import pytest

from deploy.failure import Reason
from deploy.remote.hostlock import refusal

CARD = json.dumps({"owner": "me@noc-1", "run": "r1", "since": "2026-03-01T11:02:03+00:00"})


@pytest.mark.parametrize(
    ("answer", "reason", "said"),
    [
        (f"taken {CARD}", Reason.LOCKED, "me@noc-1 is at work on it since 2026-03-01T11:02:03"),
        ("taken {", Reason.LOCKED, "another apply is at work on it"),
        ("busy watchfloor-restore-r1-ssh", Reason.LOCKED, "what run r1-ssh had left unconfirmed"),
        ("mkdir: Read-only file system", Reason.FAILED, "its lock cannot be taken: mkdir: Read"),
        ("", Reason.FAILED, "its lock cannot be taken"),
    ],
)
def test_a_refusal_is_one_line_that_says_why(answer: str, reason: Reason, said: str) -> None:
    found = refusal(answer)
    assert found.reason is reason
    assert str(found).startswith(said)

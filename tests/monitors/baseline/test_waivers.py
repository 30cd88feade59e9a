"""When a waiver bears on a verdict: days are UTC and inclusive, and nothing is hidden."""

from datetime import date

import pytest

from monitors.baseline.verdict import Judgement, Outcome, Verdict
from monitors.baseline.waivers import find, idle, weigh
from tests.monitors.baseline.evidence import waiver

WAIVER = waiver("w", "ssh-banner", "2026-11-10", "2026-11-20")


@pytest.mark.parametrize(
    ("real", "day", "verdict"),
    [
        ("FAIL", "2026-11-09", "FAIL"),
        ("FAIL", "2026-11-10", "WAIVED"),
        ("FAIL", "2026-11-20", "WAIVED"),
        ("FAIL", "2026-11-21", "FAIL"),
        ("NOT_PROVEN", "2026-11-15", "WAIVED"),
        ("NOT_PROVEN", "2026-11-21", "FAIL"),
        ("PASS", "2026-11-15", "PASS"),
        ("PASS", "2026-11-21", "PASS"),
        ("ERROR", "2026-11-15", "ERROR"),
        ("NOT_APPLICABLE", "2026-11-15", "NOT_APPLICABLE"),
    ],
)
def test_a_waiver_holds_on_its_days(real: str, day: str, verdict: str) -> None:
    outcome = Outcome(Verdict(real), "the text is missing")
    weighed, finding, name = weigh(outcome, WAIVER, date.fromisoformat(day))
    assert weighed is Verdict(verdict)
    assert finding.startswith("the text is missing")
    assert name == "w"


def test_findings_say_why() -> None:
    outcome = Outcome(Verdict.FAIL, "x")
    assert weigh(outcome, WAIVER, date(2026, 11, 21))[1] == "x (waiver w expired on 2026-11-20)"
    assert weigh(outcome, WAIVER, date(2026, 11, 9))[1] == "x (waiver w begins on 2026-11-10)"
    assert "the wall must not go dark" in weigh(outcome, WAIVER, date(2026, 11, 20))[1]
    assert weigh(outcome, None, date(2026, 11, 20)) == (Verdict.FAIL, "x", "")


def test_a_valid_waiver_goes_before_an_expired_one() -> None:
    renewed = waiver("renewed", "ssh-banner", "2026-11-21", "2026-12-01")
    day = date(2026, 11, 22)
    assert find([WAIVER, renewed], "audited", "ssh-banner", day) is renewed
    assert find([WAIVER], "audited", "ssh-banner", day) is WAIVER
    assert find([WAIVER], "audited", "ssh-root-login", day) is None
    assert find([WAIVER], "other", "ssh-banner", day) is None


def test_waivers_that_change_nothing_are_told() -> None:
    passing = Judgement("audited", "host", "ssh-banner", Verdict.PASS, Verdict.PASS, "", (), "w")
    failing = Judgement("audited", "host", "ssh-banner", Verdict.WAIVED, Verdict.FAIL, "", (), "w")
    assert idle([WAIVER], [failing]) == []
    assert idle([WAIVER], [passing]) == ["waiver w is not needed: ssh-banner passes"]
    assert idle([WAIVER], []) == ["waiver w matches nothing that was judged; delete it?"]


@pytest.mark.parametrize(
    ("verdicts", "overall"),
    [
        ([], "NOT_PROVEN"),
        (["NOT_APPLICABLE"], "NOT_PROVEN"),
        (["PASS", "NOT_APPLICABLE"], "PASS"),
        (["PASS", "WAIVED"], "PASS"),
        (["PASS", "NOT_PROVEN"], "NOT_PROVEN"),
        (["PASS", "NOT_PROVEN", "FAIL"], "FAIL"),
        (["FAIL", "ERROR"], "ERROR"),
    ],
)
def test_one_verdict_for_many(verdicts: list[str], overall: str) -> None:
    assert Verdict.overall(map(Verdict, verdicts)) is Verdict(overall)

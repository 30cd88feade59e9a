"""A replay judges the recorded facts again, and finds every verdict that does not follow."""

from dataclasses import replace
from pathlib import Path

from monitors.baseline.reading import read_evidence
from monitors.baseline.replay import replay
from tests.monitors.baseline.evidence import written
from tests.monitors.baseline.recorded import HOST_CONTROLS, case
from tests.monitors.baseline.tampering import forge, lines_of


def test_replay_equals_run(evidence: Path) -> None:
    result = replay(read_evidence(evidence))
    assert result.same
    assert len(result.judgements) == 2 * len(HOST_CONTROLS)


def test_another_verdict_than_the_facts_give_is_different(copy: Path) -> None:
    lines = lines_of(copy)
    at = next(n for n, line in enumerate(lines) if '"ssh-root-login"' in line)
    assert '"FAIL"' in lines[at]
    lines[at] = lines[at].replace('"FAIL"', '"PASS"')
    forge(copy, lines)
    result = replay(read_evidence(copy))
    assert not result.same
    (difference,) = result.differences
    assert (difference.device, difference.control) == ("audited", "ssh-root-login")
    assert str(difference).startswith("audited, ssh-root-login: PASS, ")


def test_a_verdict_that_was_left_out_is_different(copy: Path) -> None:
    lines = [line for line in lines_of(copy) if '"control":"ssh-root-login"' not in line]
    forge(copy, lines)
    result = replay(read_evidence(copy))
    assert {difference.control for difference in result.differences} == {"ssh-root-login"}
    assert all(difference.recorded is None for difference in result.differences)


def test_a_verdict_that_stands_twice_is_different(copy: Path) -> None:
    lines = lines_of(copy)
    at = next(n for n, line in enumerate(lines) if '"ssh-root-login"' in line)
    forge(copy, [*lines[: at + 1], *lines[at:]])
    assert not replay(read_evidence(copy)).same


def test_a_summary_that_does_not_follow_is_different(copy: Path) -> None:
    lines = lines_of(copy)
    lines[-1] = lines[-1].replace('"overall":"ERROR"', '"overall":"PASS"')
    forge(copy, lines)
    assert replay(read_evidence(copy)).summary_differs


def test_replaying_with_other_facts_would_differ(tmp_path: Path) -> None:
    """The replay reads the facts: the same records over other facts do not hold."""
    found = read_evidence(written(tmp_path))
    swapped = replace(found, cases=(case("hardened-debian-12"), found.cases[1]))
    assert not replay(swapped).same

"""Recorded hosts, whole and broken in one place each, and the verdicts that follow."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.baseline.judge import Case, judge
from monitors.baseline.stored import FailedReading, HostReading, StoredSection
from monitors.baseline.verdict import Verdict
from tests.monitors.baseline.recorded import (
    DAY,
    HERE,
    HOST_CONTROLS,
    READ_AT,
    case,
    edited,
    judged,
    reading,
    scope,
    texts,
)

HARDENED = "hardened-debian-12"
BROKEN = sorted((HERE / "broken").glob("*.yaml"))


@pytest.mark.parametrize("host", ["fresh-debian-12", HARDENED])
def test_recorded_hosts_get_the_recorded_verdicts(host: str) -> None:
    wanted = yaml.safe_load((HERE / "hosts" / f"{host}.yaml").read_text())
    found = {name: each.verdict.value for name, each in judged(case(host)).items()}
    assert found == wanted


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_what_is_broken_is_found(path: Path) -> None:
    data: dict[str, Any] = yaml.safe_load(path.read_text())
    on = date.fromisoformat(data.get("day", str(DAY)))
    sections = edited(texts(HARDENED), data.get("edits", ()))
    found = judged(Case(scope(data.get("scope")), reading(sections)), on)[data["control"]]
    assert (found.verdict, found.real) == (Verdict(data["verdict"]),) * 2, found
    assert data["finding"] in found.finding


def test_every_control_has_a_case_in_which_it_fails() -> None:
    failing = {
        data["control"]
        for data in (yaml.safe_load(path.read_text()) for path in BROKEN)
        if data["verdict"] == "FAIL"
    }
    assert failing == {control.id for control in HOST_CONTROLS}


def test_a_passing_verdict_cites_no_less_than_a_sentence() -> None:
    for each in judged(case(HARDENED)).values():
        assert each.verdict is Verdict.PASS
        assert len(each.finding.split()) > 2, each


@pytest.mark.parametrize("control", HOST_CONTROLS, ids=lambda control: control.id)
def test_missing_facts_never_pass(control: Any) -> None:
    whole = texts(HARDENED)
    for area in control.areas:
        rest = {name: text for name, text in whole.items() if name != area}
        assert judged(Case(scope(), reading(rest)))[control.id].verdict is Verdict.ERROR
        nothing = Case(scope(), reading({**whole, area: ""}))
        assert judged(nothing)[control.id].verdict is not Verdict.PASS


@pytest.mark.parametrize("exit_code", [1, 124, 137, 141])
def test_incomplete_facts_never_pass(exit_code: int) -> None:
    sections = {
        name: StoredSection(text=text, exit_code=exit_code)
        for name, text in texts(HARDENED).items()
    }
    found = judged(Case(scope(), HostReading(device="audited", read_at=READ_AT, sections=sections)))
    assert {each.verdict for each in found.values()} == {Verdict.ERROR}


def test_an_unreachable_host_is_an_error_in_every_control() -> None:
    failed = FailedReading(device="audited", read_at=READ_AT, subject="host", problem="no answer")
    found = judged(Case(scope(), failed))
    assert len(found) == len(HOST_CONTROLS)
    assert {(each.verdict, each.finding) for each in found.values()} == {
        (Verdict.ERROR, "no answer")
    }


@settings(max_examples=60)
@given(st.data())
def test_garbage_is_judged_without_a_stumble_and_never_passes(data: st.DataObject) -> None:
    control = data.draw(st.sampled_from(HOST_CONTROLS))
    letters = st.sampled_from("\t\n :;=/.,[]{}()\"'\\%#0129abxyz\x00\u2028é")
    garbage = {area: data.draw(st.text(letters, max_size=120)) for area in control.areas}
    (found,) = judge([Case(scope(), reading(garbage))], [control], [], DAY)
    assert found.verdict is not Verdict.PASS
    assert "stumbled" not in found.finding


@settings(max_examples=60)
@given(st.data())
def test_mangled_facts_never_make_a_check_stumble(data: st.DataObject) -> None:
    whole = texts(HARDENED)
    area = data.draw(st.sampled_from(sorted(whole)))
    at = data.draw(st.integers(0, len(whole[area]) - 1))
    end = data.draw(st.integers(at, len(whole[area])))
    put = data.draw(st.text(st.sampled_from("\t\n :=.,{x0"), max_size=8))
    mangled = {**whole, area: whole[area][:at] + put + whole[area][end:]}
    for each in judged(Case(scope(), reading(mangled))).values():
        assert "stumbled" not in each.finding, each

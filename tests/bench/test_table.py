"""The bench's pure parts: what counts as met, how ratios are made, how samples are compared."""

import json

import pytest

from bench.agreement import differences, ours, theirs
from bench.table import Row, Unmeasured, all_met, as_json, as_table, share


@pytest.mark.parametrize(
    ("measured", "target", "at_most", "met"),
    [(0.25, 0.25, True, True), (0.26, 0.25, True, False), (3.0, 3.0, False, True)],
)
def test_a_target_is_met_at_its_bound(
    measured: float, target: float, at_most: bool, met: bool
) -> None:
    assert Row("it", measured, target, "x", at_most).met is met


def test_ratios_are_of_medians() -> None:
    assert share([1.0, 2.0, 90.0], [8.0, 4.0, 1.0]) == 0.5


def test_a_row_that_was_not_measured_is_not_met() -> None:
    good, lost = Row("a row", 1, 2, "ms", detail="of 3"), Unmeasured("another", "no snmpd")
    assert all_met([good])
    assert not all_met([good, lost])
    table = as_table([good, lost])
    assert "a row    1 ms      <= 2    met" in table
    assert "another: not measured: no snmpd" in table
    assert [row["met"] for row in json.loads(as_json([good, lost]))] == [True, False]


OURS = """\
# HELP watchfloor_charge_ratio A reading.
watchfloor_charge_ratio{center="b",device="d0",component="battery",name="Battery charge"} 0.98
watchfloor_counted_items{center="b",device="d0",component="port:Gi0/1",name="Gi0/1 in octets"} 5
watchfloor_charge_ratio{center="b",device="d1",component="battery",name="Battery charge"} 0.5
"""
THEIRS = """\
ups2_4 98
ifInOctets{ifIndex="1",ifName="Gi0/1"} 5
ifDescr{ifIndex="1",ifName="Gi0/1",ifDescr="GigabitEthernet0/1"} 1
"""


def test_samples_are_compared_in_base_units_under_our_names() -> None:
    assert len(theirs(THEIRS)) == 2
    assert differences(ours(OURS, "d0"), theirs(THEIRS)) == []
    assert differences(ours(OURS, "d1"), theirs(THEIRS)) == [
        "counted_items Gi0/1 in octets: not ours",
        "charge_ratio Battery charge: 0.5 here, 0.98 there",
    ]

"""What follows from a cut in the power paths."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchfloor.simulate.power import power_picture

FEEDS: Mapping[str, tuple[str, ...]] = {
    "ats": ("utility", "generator"),
    "ups": ("ats",),
    "pdu-a": ("ups",),
    "pdu-b": ("other-ups",),
    "server": ("pdu-a/1", "pdu-b/1"),
    "console": ("pdu-a/2",),
    "panel": ("console",),
}
KINDS = {"ups": "ups", "other-ups": "ups"}


@pytest.mark.parametrize(
    ("cut", "dark", "lost"),
    [
        (set(), set(), {}),
        ({"pdu-a"}, {"pdu-a", "console", "panel"}, {"server": (1,)}),
        ({"pdu-a/2"}, {"pdu-a/2", "console", "panel"}, {}),
        ({"pdu-a", "pdu-b"}, {"pdu-a", "pdu-b", "server", "console", "panel"}, {}),
        ({"utility"}, {"utility"}, {"ats": (1,)}),
        ({"utility", "generator"}, {"utility", "generator", "ats"}, {"ups": (1,)}),
        ({"ups"}, {"ups", "pdu-a", "console", "panel"}, {"server": (1,)}),
    ],
)
def test_cuts(cut: set[str], dark: set[str], lost: dict[str, tuple[int, ...]]) -> None:
    picture = power_picture(FEEDS, KINDS, cut)
    assert picture.dark == dark
    assert picture.lost_feeds == lost


names = st.sampled_from([*FEEDS, "utility", "generator", "other-ups"])


@given(st.sets(names), names)
def test_another_cut_never_brings_light(cut: set[str], more: str) -> None:
    assert power_picture(FEEDS, KINDS, cut).dark <= power_picture(FEEDS, KINDS, cut | {more}).dark


def test_feeds_in_a_ring_end() -> None:
    picture = power_picture({"a": ("b",), "b": ("a",)}, {}, {"a"})
    assert picture.dark == {"a", "b"}

"""Profiles decide what the inventory does not say, and what they do not follow is known."""

from pathlib import Path
from typing import get_args

import pytest

from inventory.baseline import Baseline
from inventory.demands import DEMANDS, OF_PROFILE, conflicts, demands_on, shown
from inventory.loader import baseline_lines, load
from inventory.profiles import DEVIATIONS, Profile

HEAD = "format: 1\ncenter: {name: small, title: Small, timezone: Etc/UTC}\n"
KNOWN = {("stig", "banner")}
"""What no profile of ours can have: an agency does not show the DOD's banner."""


def test_a_profile_gives_what_is_not_written_and_what_is_written_wins() -> None:
    assert Baseline().lockout_release_s == 0
    benchmark = Baseline.model_validate({"profile": "cis-1", "lockout_attempts": 3})
    assert (benchmark.lockout_release_s, benchmark.lockout_attempts) == (900, 3)


def test_a_baseline_survives_being_stored() -> None:
    stored = Baseline.model_validate({"profile": "stig", "umask": "0027"})
    assert Baseline.model_validate_json(stored.model_dump_json()) == stored


def test_every_deviation_is_a_parameter_and_differs_from_the_default() -> None:
    assert set(DEVIATIONS) == set(get_args(Profile)) == set(OF_PROFILE)
    for profile, values in DEVIATIONS.items():
        made = Baseline.model_validate({"profile": profile})
        for name, value in values.items():
            assert getattr(made, name) == value != getattr(Baseline(), name)


def test_every_demand_is_on_a_parameter_in_the_parameters_order() -> None:
    names = list(Baseline.model_fields)
    places = [names.index(demand.parameter) for demand in DEMANDS]
    assert places == sorted(places)


@pytest.mark.parametrize("profile", sorted(DEVIATIONS))
def test_a_profile_follows_its_own_source(profile: str) -> None:
    found = conflicts(Baseline.model_validate({"profile": profile}))
    own = {(profile, conflict.demand.parameter) for conflict in found if conflict.is_own}
    assert own <= KNOWN


def test_the_lockouts_conflict_is_shown_whichever_side_is_taken() -> None:
    for profile, other in (("cis-1", "CJIS v6.0"), ("cjis-6.0", "STIG Ubuntu 24.04")):
        chosen = Baseline.model_validate({"profile": profile})
        found = conflicts(chosen, ("lockout_attempts", "lockout_release_s"))
        assert other in {conflict.demand.source for conflict in found}


def test_an_inventory_that_breaks_its_own_profile_is_told_so() -> None:
    lax = Baseline.model_validate({"lockout_attempts": 8})
    (mine,) = (one for one in conflicts(lax, ("lockout_attempts",)) if one.is_own)
    assert str(mine) == (
        "lockout_attempts is 8; CJIS v6.0 AC-7: at most 5 (deviates from its own profile)"
    )


@pytest.mark.parametrize(
    ("value", "unmet"), [("0027", {"UBTU-24-300030"}), ("0077", set()), ("0022", {"5.4.3.3"})]
)
def test_a_mask_is_compared_by_its_bits(value: str, unmet: set[str]) -> None:
    failing = {demand.id for demand in demands_on("umask") if not demand.holds(value)}
    assert failing == unmet or (value == "0022" and unmet < failing)


def test_a_devices_profile_fills_what_neither_it_nor_the_center_writes(tmp_path: Path) -> None:
    text = (
        "baseline: {lockout_attempts: 4}\n"
        "devices: {a: {kind: server, baseline: {profile: stig, umask: '0037'}}}\n"
    )
    (tmp_path / "center.yaml").write_text(HEAD + text)
    own = load(tmp_path).devices["a"].baseline
    assert own is not None
    assert (own.lockout_attempts, own.umask, own.password_max_days) == (4, "0037", 60)
    lines = baseline_lines(tmp_path, "a")
    assert {name: mark.line for name, mark in lines.items()} == {
        "lockout_attempts": 3,
        "profile": 4,
        "umask": 4,
    }
    assert set(baseline_lines(tmp_path)) == {"lockout_attempts"}


def test_an_unknown_profile_is_a_mistake_at_its_place(tmp_path: Path) -> None:
    (tmp_path / "center.yaml").write_text(HEAD + "baseline: {profile: [cis-1]}\n")
    with pytest.raises(Exception, match=r"center.yaml:3:21: profile: "):
        load(tmp_path)


def table() -> str:
    """The profiles' table of docs/hardening.md, from the data."""
    profiles = [Baseline.model_validate({"profile": name}) for name in get_args(Profile)]
    lines = [
        f"| parameter | {' | '.join(f'`{each.profile}`' for each in profiles)} | demanded |",
        "|---|---|---|---|---|",
    ]
    for name in dict.fromkeys(demand.parameter for demand in DEMANDS):
        values = [shown(getattr(each, name)) for each in profiles]
        if name == "banner":
            values = ["of the center"] * len(profiles)
        wanted = "; ".join(map(str, demands_on(name)))
        lines.append(f"| `{name}` | {' | '.join(values)} | {wanted} |")
    return "\n".join(lines) + "\n"


def test_the_table_in_the_docs_is_the_data() -> None:
    text = (Path(__file__).parents[2] / "docs/hardening.md").read_text()
    assert table() in text, f"put this into docs/hardening.md:\n{table()}"

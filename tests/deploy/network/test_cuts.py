"""Lines that would cut us off are named; those that would not are not."""

from pathlib import Path

import pytest

from deploy.network.cuts import cuts, lets_in
from deploy.network.difference import differ
from tests.deploy.network.cases import GOLDEN, intent_of

SWITCH = "iosxe/access-switch"
LINES = Path(__file__).parent / "cuts"


def blocks(file: str) -> list[tuple[str, list[str], str]]:
    """A file's cases: a head `# CASE: reason`, and the lines that would be sent."""
    found = []
    for block in (LINES / file).read_text().strip().split("\n\n"):
        head, *lines = block.splitlines()
        case, _, reason = head.removeprefix("# ").partition(":")
        found.append((case, lines, reason.strip()))
    return found


@pytest.mark.parametrize(("case", "lines", "reason"), blocks("harmless.txt"))
def test_harmless_lines_need_no_approval(case: str, lines: list[str], reason: str) -> None:
    assert cuts(intent_of(GOLDEN / f"{case}.yaml"), lines) == ()


@pytest.mark.parametrize(("case", "lines", "reason"), blocks("cutting.txt"))
def test_a_line_that_cuts_us_off_is_named_with_its_reason(
    case: str, lines: list[str], reason: str
) -> None:
    (found,) = cuts(intent_of(GOLDEN / f"{case}.yaml"), lines)
    assert found.endswith(f": {reason}")


def test_the_account_that_is_logged_in_is_not_removed_unasked() -> None:
    intent = intent_of(GOLDEN / f"{SWITCH}.yaml")
    assert cuts(intent, ["no username admin"], login="admin") == ("no username admin: our account",)


@pytest.mark.parametrize("case", sorted(GOLDEN.glob("*/access-switch.yaml")), ids=str)
def test_a_first_deployment_cuts_only_where_it_changes_the_way_to_us(case: Path) -> None:
    intent = intent_of(case)
    found = [
        cut for area in differ(intent, "").areas for cut in cuts(intent, area.lines) if "our" in cut
    ]
    assert found == []


def test_our_own_address_has_to_be_among_the_sources() -> None:
    intent = intent_of(GOLDEN / f"{SWITCH}.yaml")
    assert lets_in(intent, "10.1.8.7")
    assert lets_in(intent, "10.1.10.41")
    assert not lets_in(intent, "10.1.10.42")
    assert lets_in(intent, "")

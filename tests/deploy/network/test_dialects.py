"""How long a trial lasts, what is sent at once, and what leads back to an earlier reading."""

import pytest

from deploy.network.back import lines_back
from deploy.network.dialects import DIALECTS, commands, told
from deploy.network.grammars import GRAMMARS
from deploy.network.running import running_form
from deploy.network.tree import flat, parse
from inventory.gear import Platform
from tests.deploy.network.cases import GOLDEN
from tests.deploy.network.pretend import Gear


def test_every_platform_has_its_words() -> None:
    assert set(DIALECTS) == set(Platform)
    for dialect in DIALECTS.values():
        assert dialect.trial is not None or dialect.alone, "what it does alone is said"


@pytest.mark.parametrize(
    ("seconds", "minutes"), [(20, "1"), (60, "1"), (61, "2"), (900, "15"), (10**6, "120")]
)
def test_a_trial_is_counted_in_whole_minutes(seconds: int, minutes: str) -> None:
    assert told("configure terminal revert timer {minutes}", "r", seconds).endswith(f" {minutes}")


def test_a_commit_timer_is_a_clock_and_a_session_a_plain_word() -> None:
    assert told("commit timer {clock}", "r", 90) == "commit timer 00:02:00"
    assert told("configure session {session}", "20261123t0244z-2006", 90).endswith(
        " 20261123t0244z2006"
    )


@pytest.mark.parametrize(
    ("running", "has"),
    [
        ("hostname a\narchive\n path flash:wf\n", True),
        ("archive\n log config\n  logging enable\n path flash:wf\n", True),
        ("archive\n log config\n  logging enable\ninterface x\n path y\n", False),
        ("hostname a\n", False),
    ],
)
def test_ios_needs_an_archive_for_its_trial(running: str, has: bool) -> None:
    assert (DIALECTS[Platform.IOS].trial_on(running) is not None) is has


def test_a_banner_is_sent_at_once() -> None:
    lines = ["hostname a", "banner login ^C", "First.", "", "^C", "line con 0", " exec-timeout 5"]
    assert list(commands(lines)) == [
        "hostname a",
        "banner login ^C\nFirst.\n\n^C",
        "line con 0",
        " exec-timeout 5",
    ]


@pytest.mark.parametrize("case", ["ios/access-switch", "frr/router", "nxos/access-switch"])
def test_half_of_the_lines_are_taken_back(case: str) -> None:
    """Whatever point a change was refused at, the device is read and sent back from there."""
    platform = Platform(case.partition("/")[0])
    whole = (GOLDEN / f"{case}.cfg").read_text()
    half = whole.splitlines()[: len(whole.splitlines()) // 2]
    before = Gear(GRAMMARS[platform], half).printed()
    gear = Gear(GRAMMARS[platform], whole.splitlines())
    gear.send(lines_back(platform, gear.printed(), before))
    assert form(platform, gear.printed()) == form(platform, before)


def form(platform: Platform, text: str) -> list[str]:
    """Its lines in one spelling and order, without sections that cannot go."""
    grammar = GRAMMARS[platform]
    lines = running_form(grammar, parse(platform, text)).lines
    kept = [each for each in lines if each.inside or not _stays(grammar.permanent, each.text)]
    return sorted("\n".join(flat([each])) for each in kept)


def _stays(permanent: object, text: str) -> bool:
    match = getattr(permanent, "match", None)
    return match is not None and match(text) is not None

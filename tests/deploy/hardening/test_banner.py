from deploy.hardening import banner
from inventory.facts import banner as facts_of_banner
from inventory.facts.banner import BannerFacts
from inventory.facts.textfile import TextFile
from tests.deploy.hosts import center, recorded

FRESH = recorded("fresh-debian-12").read(facts_of_banner)


def as_wanted(text: str, console: str) -> BannerFacts:
    return BannerFacts(
        (
            TextFile("/etc/issue", "file", 0o644, "root", "root", console),
            TextFile("/etc/issue.net", "file", 0o644, "root", "root", text),
        )
    )


def test_both_banners_are_set_and_then_clean() -> None:
    there = center()
    wanted = banner.desired(there, there.devices["web-1"])
    assert [c.title for c in banner.diff(wanted, FRESH).changes] == [
        "change /etc/issue",
        "change /etc/issue.net",
    ]
    assert banner.diff(wanted, as_wanted(wanted, wanted)).is_clean


def test_getty_shows_a_backslash_as_one() -> None:
    assert banner.diff("a\\b\n", as_wanted("a\\b\n", "a\\\\b\n")).is_clean


def test_a_link_in_the_place_of_a_banner_is_drift() -> None:
    linked = BannerFacts((TextFile("/etc/issue", "link"), TextFile("/etc/issue.net", "absent")))
    assert len(banner.diff("x\n", linked).changes) == 2

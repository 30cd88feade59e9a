from deploy.hardening import banner
from deploy.hardening.banner import BannerDesired
from inventory.facts import banner as facts_of_banner
from inventory.facts.banner import BannerFacts
from inventory.facts.permissions import Status
from inventory.facts.textfile import TextFile
from tests.deploy.hosts import center, recorded

FRESH = recorded("fresh-debian-12").read(facts_of_banner)


def as_wanted(text: str, console: str, after: str = "hello\n", *programs: Status) -> BannerFacts:
    kept_out = "/etc/dpkg/dpkg.cfg.d/watchfloor-greetings"
    texts = {
        "/etc/issue": console,
        "/etc/issue.net": text,
        "/etc/motd": after,
        kept_out: banner.KEPT_OUT,
    }
    files = (TextFile(path, "file", 0o644, "root", "root", words) for path, words in texts.items())
    return BannerFacts(tuple(files), programs)


def test_all_greetings_are_set_and_then_clean() -> None:
    there = center()
    wanted = banner.desired(there, there.devices["web-1"])
    assert [c.title for c in banner.diff(wanted, FRESH).changes] == [
        "change /etc/issue",
        "change /etc/issue.net",
        "change /etc/motd",
        "create /etc/dpkg/dpkg.cfg.d/watchfloor-greetings",
    ]
    assert banner.diff(wanted, as_wanted(wanted.before, wanted.before, wanted.after)).is_clean


def test_getty_shows_a_backslash_as_one() -> None:
    wanted = BannerDesired("a\\b\n", "hello\n")
    assert banner.diff(wanted, as_wanted("a\\b\n", "a\\\\b\n")).is_clean


def test_a_link_in_the_place_of_a_banner_is_drift() -> None:
    linked = BannerFacts((TextFile("/etc/issue", "link"), TextFile("/etc/issue.net", "absent")), ())
    assert len(banner.diff(BannerDesired("x\n", "y\n"), linked).changes) == 4


def test_programs_that_tell_the_kernel_at_each_login_are_stopped() -> None:
    uname = Status("/etc/update-motd.d/10-uname", 0o755, "root", "root")
    wanted = BannerDesired("x\n", "hello\n")
    (change,) = banner.diff(wanted, as_wanted("x\n", "x\n", "hello\n", uname)).changes
    assert change.title.endswith("root:root 0755 -> root:root 0644")

"""AppArmor, cron and core dumps: a fresh machine, the same as wanted, and what goes wrong."""

import base64

from deploy.change import Change
from deploy.hardening import apparmor, core_dumps, cron
from deploy.hardening.cron import CronDesired
from inventory.facts import apparmor as facts_of_apparmor
from inventory.facts import core_dumps as facts_of_core_dumps
from inventory.facts import cron as facts_of_cron
from inventory.facts import sysctl as facts_of_sysctl
from tests.deploy.hardening.recorded_areas import read, read_all
from tests.deploy.hosts import VANTAGE, center

VM = "vm-debian-12"
PACKAGES = ("apparmor", "apparmor-utils")
ROOT = CronDesired(("root",))


def titles(changes: tuple[Change, ...]) -> list[str]:
    return [change.title for change in changes]


def test_apparmor_that_enforces_is_clean() -> None:
    assert apparmor.diff(PACKAGES, read(VM, facts_of_apparmor)).is_clean


def test_a_profile_that_only_complains_is_enforced_but_not_its_children() -> None:
    facts = read(
        VM,
        facts_of_apparmor,
        (
            "profile\tlsb_release (enforce)",
            "profile\t/usr/bin/man (complain)\nprofile\ta//b (complain)",
        ),
    )
    found = apparmor.diff(PACKAGES, facts)
    assert titles(found.changes) == ["enforce the AppArmor profile /usr/bin/man"]


def test_grub_is_told_where_there_is_grub() -> None:
    facts = read(VM, facts_of_apparmor, ("grub\tno", "grub\tyes"))
    assert titles(apparmor.diff(PACKAGES, facts).changes) == [
        "create /etc/default/grub.d/50-watchfloor-apparmor.cfg",
        "write GRUB's menu anew",
    ]


def test_a_kernel_without_apparmor_is_unmet_and_a_container_s_not_proven() -> None:
    off = read(VM, facts_of_apparmor, ("enabled\tY", "enabled\tN"))
    assert "runs without AppArmor" in apparmor.diff(PACKAGES, off).unmet[0]
    guest = read(
        VM,
        facts_of_apparmor,
        ("container\tno", "container\tyes"),
        ("installed\tapparmor-utils\n", ""),
    )
    found = apparmor.diff(PACKAGES, guest)
    assert titles(found.changes) == ["install apparmor-utils"]
    assert found.notes[0].startswith("not proven: ")


def test_cron_is_for_root_and_its_places_are_root_s() -> None:
    found = cron.diff(ROOT, read(VM, facts_of_cron))
    assert titles(found.changes)[0] == "create /etc/cron.allow"
    (allow, places) = found.changes
    assert getattr(allow, "group", "") == "crontab"
    assert {entry.mode for entry in getattr(places, "entries", ())} == {0o600, 0o700}


def test_lists_of_who_may_not_go_and_at_has_its_own() -> None:
    facts = read(
        VM,
        facts_of_cron,
        ("installed\tcrontab", "installed\tcrontab\ninstalled\tat"),
        ("absent - - - - /etc/at.deny", "file 640 root daemon d3d3LWRhdGEK. /etc/at.deny"),
    )
    said = titles(cron.diff(ROOT, facts).changes)
    assert "create /etc/at.allow" in said
    assert "remove /etc/at.deny (a list of who may is enough)" in said


def test_a_host_without_cron_is_clean() -> None:
    lines = "".join(
        f"file\tabsent - - - - /etc/{name}\n"
        for name in ("cron.allow", "cron.deny", "at.allow", "at.deny")
    )
    assert cron.diff(ROOT, facts_of_cron.parse(lines)).is_clean


def test_dumps_are_refused_by_limits_systemd_and_kernel() -> None:
    here = center()
    facts = read_all(VM, facts_of_core_dumps, facts_of_sysctl)
    found = core_dumps.difference(here, here.devices["web-1"], facts, VANTAGE)
    assert titles(found.changes)[3:] == [
        "let systemd read its limits",
        "create /etc/sysctl.d/zz-watchfloor-core.conf",
        "set in the kernel: kernel.core_pattern, kernel.core_uses_pid",
    ]


def test_a_line_that_lets_somebody_dump_is_told() -> None:
    text = "manager\t0\n" + "".join(
        f"file\tfile 644 root root {content}. {path}\n" for path, content in as_wanted().items()
    )
    # Debian 13 has these, and ours come later.
    text += "limit\t* hard core infinity\nlimit\t* hard core 0\n"
    fine = text + "coredump\tStorage=none\ncoredump\tProcessSizeMax=0\n"
    assert core_dumps.diff(facts_of_core_dumps.parse(fine)).is_clean
    for line, words in [
        ("limit\tanalyst soft core unlimited", "analyst soft core unlimited"),
        ("limit\t* - core unlimited", "* hard core unlimited"),
        ("coredump\tStorage = external", "Storage=external"),
    ]:
        found = core_dumps.diff(facts_of_core_dumps.parse(fine + line + "\n"))
        assert words in found.unmet[0]


def as_wanted() -> dict[str, str]:
    """Path -> content in base64 of each file that the fresh machine gets."""
    changes = core_dumps.diff(read(VM, facts_of_core_dumps)).changes
    files = {change.path: change.content for change in changes if change.kind == "file"}
    return {path: base64.b64encode(text.encode()).decode() for path, text in files.items()}

from dataclasses import replace
from typing import Any

from deploy.hardening import sources, updates
from inventory.facts.textfile import TextFile
from inventory.facts.unit import Unit
from inventory.facts.updates import (
    DIRECT,
    FETCH_TIMER,
    NEEDRESTART,
    SOURCES,
    UNATTENDED,
    UPGRADE_TIMER,
    UpdatesFacts,
    parse,
)
from inventory.model import Group
from inventory.upkeep import Archive
from tests.deploy.hosts import center, server

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
ARCHIVES = (
    Archive(os="debian-12", uri="http://up.example/debian", suites=("bookworm",), keyring=KEYRING),
    Archive(
        os="debian-12",
        uri="http://up.example/debian-security/",
        suites=("bookworm-security",),
        keyring=KEYRING,
        whole=True,
    ),
    Archive(os="debian-13", uri="http://up.example/debian", suites=("trixie",), keyring=KEYRING),
)
HOSTS = {
    "web-1": server("web-1", "10.9.1.1"),
    "web-2": server("web-2", "10.9.1.2"),
    "mir-1": server("mir-1", "10.9.1.8", roles=("mirror",)),
}
CENTER = center(devices=HOSTS, archives=ARCHIVES)
WANTED = updates.desired(CENTER, CENTER.devices["web-2"])
BARE = UpdatesFacts(
    installed=(),
    files=(),
    others=("/etc/apt/sources.list",),
    units=(
        Unit("apt-daily.timer", "loaded", "active", "enabled"),
        Unit("apt-daily-upgrade.timer", "loaded", "active", "enabled"),
    ),
    calendars={},
    settings=(),
    restart_for="",
    lists_age_s=60,
)
SETTLED = replace(
    BARE,
    installed=("unattended-upgrades",),
    files=tuple(TextFile(p, "file", 0o644, "root", "root", t) for p, t in WANTED.texts.items()),
    calendars={"apt-daily.timer": WANTED.fetch, "apt-daily-upgrade.timer": WANTED.upgrade},
    settings=(
        ("APT::Periodic::Enable", "1"),
        ("APT::Periodic::Update-Package-Lists", "1"),
        ("APT::Periodic::Unattended-Upgrade", "1"),
        ("Unattended-Upgrade::Automatic-Reboot", "false"),
        ("Unattended-Upgrade::InstallOnShutdown", "false"),
        ("Unattended-Upgrade::Origins-Pattern", ""),
        ("Unattended-Upgrade::Origins-Pattern::", WANTED.origin),
    ),
)


def titles(facts: UpdatesFacts) -> list[str]:
    return [change.title for change in updates.diff(WANTED, facts).changes]


def moves(facts: UpdatesFacts, device: str = "web-1", **there: Any) -> list[str]:
    here = CENTER.model_copy(update=there)
    wanted = sources.desired(here, here.devices[device])
    return [change.title for change in sources.diff(wanted, facts).changes]


def test_a_bare_host_gets_everything_in_one_go() -> None:
    assert titles(BARE) == [
        "install unattended-upgrades",
        f"create {UNATTENDED}",
        f"create {FETCH_TIMER}",
        f"create {UPGRADE_TIMER}",
        "restart apt-daily.timer (its files)",
        "restart apt-daily-upgrade.timer (its files)",
    ]


def test_a_settled_host_is_clean() -> None:
    assert updates.diff(WANTED, SETTLED).is_clean


def test_members_of_a_group_have_different_hours() -> None:
    # pytest's center has the group `web`.
    assert WANTED.upgrade == "*-*-* 02:00:00 Etc/UTC"
    assert updates.desired(CENTER, CENTER.devices["web-1"]).upgrade == "*-*-* 01:00:00 Etc/UTC"
    alone = CENTER.model_copy(update={"groups": {"x": Group(name="x", needs=1, of=("web-1",))}})
    assert updates.desired(alone, alone.devices["web-2"]).upgrade == "*-*-* 01:00:00 Etc/UTC"


def test_a_timer_that_systemd_has_at_another_hour_is_restarted() -> None:
    other = {**SETTLED.calendars, "apt-daily-upgrade.timer": "*-*-* 6:00:00"}
    assert titles(replace(SETTLED, calendars=other)) == [
        "restart apt-daily-upgrade.timer (it has another hour than its files say)"
    ]


def test_a_masked_timer_comes_back() -> None:
    masked = (Unit("apt-daily-upgrade.timer", "masked", "inactive", "masked"), BARE.units[0])
    found = titles(replace(SETTLED, units=masked))
    assert found[0] == "unmask apt-daily-upgrade.timer (updates have to come)"
    assert found[-1] == "start apt-daily-upgrade.timer (it does not run)"


def test_a_later_file_that_wants_more_is_a_finding() -> None:
    more = (*SETTLED.settings, ("Unattended-Upgrade::Origins-Pattern::", "origin=*"))
    assert (
        "more than security updates"
        in updates.diff(WANTED, replace(SETTLED, settings=more)).unmet[0]
    )
    reboot = tuple(
        (name, "true" if name.endswith("Automatic-Reboot") else value)
        for name, value in SETTLED.settings
    )
    unmet = updates.diff(WANTED, replace(SETTLED, settings=reboot)).unmet
    assert "Automatic-Reboot is true, not false" in unmet[0]


def test_a_restart_that_is_due_is_said_and_is_no_drift() -> None:
    found = updates.diff(WANTED, replace(SETTLED, restart_for="linux-image-amd64"))
    assert found.is_clean
    assert "a restart of the host is due" in found.notes[0]


def test_needrestart_asks_nobody_where_it_is_installed() -> None:
    there = replace(SETTLED, installed=("unattended-upgrades", "needrestart"))
    assert titles(there) == [f"create {NEEDRESTART}"]


def test_ubuntu_has_its_own_security_archive() -> None:
    host = server("u", "10.9.1.7", os="ubuntu-24.04")
    assert (
        "origin=Ubuntu,archive=${distro_codename}-security" in updates.desired(CENTER, host).origin
    )


def test_sources_are_the_mirrors_and_no_others() -> None:
    assert moves(BARE) == [
        f"create {DIRECT}",
        f"create {SOURCES}",
        "remove /etc/apt/sources.list (packages come from the center's mirror)",
    ]
    wanted = sources.desired(CENTER, CENTER.devices["web-1"])
    text = sources.diff(wanted, BARE).changes[1].content  # type: ignore[union-attr] # a file's
    stanzas = text.partition("\n\n")
    assert "URIs: http://10.9.1.8/debian-12/debian\nSuites: bookworm\n" in stanzas[0]
    assert "URIs: http://10.9.1.8/debian-12/debian-security\n" in stanzas[2]
    assert text.count(f"Signed-By: {KEYRING}\n") == 2
    assert "trixie" not in text


def test_a_host_keeps_its_own_sources_where_no_mirror_has_its_system() -> None:
    assert moves(BARE, devices={"web-1": HOSTS["web-1"]}) == []
    assert moves(BARE, archives=ARCHIVES[2:]) == []
    assert moves(BARE, "mir-1") == []


def test_old_lists_are_said() -> None:
    wanted = sources.desired(CENTER, CENTER.devices["mir-1"])
    assert sources.diff(wanted, BARE).notes == ()
    old = replace(BARE, lists_age_s=40 * 86400)
    assert "40 days old" in sources.diff(wanted, old).notes[0]


def test_what_systemd_and_apt_print_is_understood() -> None:
    facts = parse(
        "package\tinstalled unattended-upgrades\n"
        "calendar\tTimersCalendar={ OnCalendar=*-*-* 02:00:00 Etc/UTC ; next_elapse=Mon }"
        " Id=apt-daily.timer \n"
        "setting\tUnattended-Upgrade::Origins-Pattern=\n"
        "setting\tUnattended-Upgrade::Origins-Pattern::=origin=Debian,label=Debian-Security\n"
        "refreshed\t100\nnow\t160\n"
    )
    assert facts.calendars == {"apt-daily.timer": "*-*-* 02:00:00 Etc/UTC"}
    assert facts.values("unattended-upgrade::origins-pattern") == (
        "origin=Debian,label=Debian-Security",
    )
    assert facts.lists_age_s == 60

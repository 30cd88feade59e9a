from dataclasses import replace

from deploy.change import RemovalChange
from deploy.desired import AREAS
from deploy.rendering import render
from deploy.servers import mirror as area
from inventory.facts.mirror import (
    ARCHIVES,
    DEFAULT_SITE,
    FOLDER,
    SITE,
    TIMER_UNIT,
    MirrorFacts,
    Release,
    parse,
)
from inventory.facts.textfile import TextFile
from inventory.facts.unit import Unit
from inventory.model import Role, Service
from inventory.upkeep import Archive
from tests.deploy.hosts import center, server

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
ARCHIVE = Archive(
    os="debian-12",
    uri="http://up.example/debian",
    suites=("bookworm", "bookworm-updates"),
    keyring=KEYRING,
    packages=("postgresql",),
)
ROLE = Role(name="mirror", services={"http": Service(port=80, sources=("servers",))})
BASE = center()
DEVICES = {
    **BASE.devices,
    "mir-1": server("mir-1", "10.9.1.8", roles=("mirror",)),
    "new-1": server("new-1", "10.9.1.9", os="debian-13"),
}
CENTER = center(devices=DEVICES, archives=(ARCHIVE,), roles={**BASE.roles, "mirror": ROLE})
WANTED = area.desired(CENTER, CENTER.devices["mir-1"])
NOW = 1_790_000_000
SETTLED = MirrorFacts(
    installed=("nginx",),
    files=(
        *(
            TextFile(path, "file", mode, "root", "root", text)
            for path, (text, mode) in WANTED.texts.items()
        ),
        TextFile(
            SITE,
            "file",
            0o644,
            "root",
            "root",
            render("nginx-mirror.conf.j2", folder=FOLDER),
        ),
        TextFile(DEFAULT_SITE, "absent"),
    ),
    units=(
        Unit("nginx.service", "loaded", "active", "enabled"),
        Unit(TIMER_UNIT, "loaded", "active", "enabled"),
    ),
    is_stale=False,
    listens=True,
    releases=tuple(
        Release(f"debian-12/debian/dists/{suite}", NOW - 60, NOW - 60) for suite in ARCHIVE.suites
    ),
    packages=500,
    now=NOW,
)


def titles(facts: MirrorFacts) -> list[str]:
    return [change.title for change in area.diff(WANTED, facts).changes]


def test_a_settled_mirror_is_clean() -> None:
    found = area.diff(WANTED, SETTLED)
    assert (found.is_clean, found.notes) == (True, ("serves 500 packages",))


def test_a_bare_host_gets_everything_and_no_other_site() -> None:
    bare = replace(SETTLED, installed=(), files=(), units=(), listens=False, releases=())
    found = area.diff(WANTED, bare)
    assert found.changes[0].title == "install nginx"
    assert (
        RemovalChange(path=DEFAULT_SITE, reason="the mirror is this host's one site")
        in found.changes
    )
    assert found.changes[-2].title == f"enable {TIMER_UNIT}"
    assert "debian-12/debian bookworm is not filled yet" in found.notes[0]


def test_it_holds_what_the_areas_install_and_what_the_archive_lists() -> None:
    assert set(WANTED.packages) == {"debian-12"}
    names = WANTED.packages["debian-12"]
    assert {"aide", "auditd", "chrony", "postgresql", "rsyslog-relp"} <= set(names)
    assert list(names) == sorted(names)


def test_each_suite_has_a_line_for_the_filling_script() -> None:
    assert WANTED.texts[ARCHIVES][0].splitlines() == [
        f"debian-12 debian-12/debian http://up.example/debian {suite} main {KEYRING} listed"
        for suite in ARCHIVE.suites
    ]


def test_a_carried_medium_has_no_timer() -> None:
    carried = ARCHIVE.model_copy(update={"uri": "copy:/media/mirror/debian"})
    there = replace(WANTED, archives=(carried,))
    assert f"disable {TIMER_UNIT} (a medium is carried in)" in [
        change.title for change in area.diff(there, SETTLED).changes
    ]


def test_a_mirror_that_was_not_filled_for_long_is_said() -> None:
    old = tuple(replace(release, filled_at=NOW - 40 * 86400) for release in SETTLED.releases)
    notes = area.diff(WANTED, replace(SETTLED, releases=old)).notes
    assert "was filled 40 days ago" in notes[0]
    failed = (*SETTLED.units, Unit("watchfloor-fill-mirror.service", "loaded", "failed", "static"))
    assert "last filling failed" in area.diff(WANTED, replace(SETTLED, units=failed)).notes[0]


def test_a_web_server_that_does_not_serve_is_restarted() -> None:
    assert titles(replace(SETTLED, listens=False)) == ["restart nginx.service (it does not serve)"]
    assert titles(replace(SETTLED, is_stale=True))[0].startswith("restart nginx.service")


def test_an_opening_that_is_missing_is_named() -> None:
    closed = CENTER.model_copy(update={"roles": BASE.roles})
    (note,) = area.desired(closed, closed.devices["mir-1"]).missing_openings
    assert "no role of mir-1 opens 80/tcp" in note


def test_what_the_host_prints_is_understood() -> None:
    facts = parse(
        "package\tinstalled nginx\nunit\tnginx.service LoadState=loaded ActiveState=active "
        "UnitFileState=enabled\nlistens\t2\nrelease\tdebian-12/debian/dists/bookworm 5 7\n"
        "served\t31\nnow\t90\n"
    )
    assert facts.releases == (Release("debian-12/debian/dists/bookworm", 5, 7),)
    assert (facts.listens, facts.packages, facts.now) == (True, 31, 90)


def test_every_area_that_installs_something_names_it_for_the_mirror() -> None:
    for name, module in AREAS.items():
        installs = hasattr(module, "PackageChange")
        assert bool(getattr(module, "PACKAGES", ())) or not installs, name

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.hardening import integrity as area
from deploy.rendering import render
from inventory.facts.integrity import CHECK_TIMER, RENEW_UNIT, IntegrityFacts, parse
from inventory.facts.textfile import TextFile
from inventory.facts.unit import Unit
from tests.deploy.hosts import center

CENTER = center()
WANTED = area.desired(CENTER, CENTER.devices["web-1"])
TIMER = Unit("dailyaidecheck.timer", "loaded", "active", "enabled")
BARE = IntegrityFacts(
    installed=(),
    files=(),
    units=(Unit("dailyaidecheck.timer", "not-found", "inactive", ""),),
    has_database=False,
    is_building=False,
    has_failed=False,
    made_at=0,
    digest="",
    result="",
    checked_at=0,
    differences=0,
)
SETTLED = replace(
    BARE,
    installed=("aide",),
    files=tuple(
        TextFile(path, "file", mode, "root", "root", text)
        for path, (text, mode) in WANTED.texts.items()
    ),
    units=(TIMER,),
    has_database=True,
    made_at=1_790_000_000,
    digest="ab" * 32,
    result="clean",
)
BEGIN = "begin to make the database of the host's files"


def titles(facts: IntegrityFacts) -> list[str]:
    return [change.title for change in area.diff(WANTED, facts).changes]


def test_a_bare_host_gets_everything_in_one_go_and_nobody_waits_for_the_database() -> None:
    found = titles(BARE)
    assert found[0] == "install aide"
    assert f"create {CHECK_TIMER}" in found
    assert found[-1] == BEGIN
    assert "--no-block" in area.diff(WANTED, BARE).changes[-1].command[-1]  # type: ignore[union-attr]


def test_a_settled_host_is_clean_and_its_database_is_known_by_digest() -> None:
    found = area.diff(WANTED, SETTLED)
    assert found.is_clean
    assert found.notes == (f"database of 2026-09-21 14:13 UTC, sha256 {'ab' * 32}",)


def test_a_database_that_is_being_made_is_waited_for() -> None:
    found = area.diff(WANTED, replace(SETTLED, has_database=False, is_building=True))
    assert found.is_clean
    assert found.notes[0].startswith("not proven")


def test_a_database_that_cannot_be_made_is_a_finding_and_not_tried_again() -> None:
    found = area.diff(WANTED, replace(SETTLED, has_database=False, has_failed=True))
    assert not found.changes
    assert RENEW_UNIT in found.unmet[0]


def test_differences_are_a_finding_with_the_way_to_accept_them() -> None:
    found = area.diff(WANTED, replace(SETTLED, result="differs", differences=3))
    assert not found.changes
    assert found.unmet[0].startswith("3 of its files differ")
    assert f"systemctl start {RENEW_UNIT}" in found.unmet[0]


def test_another_configuration_makes_another_database() -> None:
    files = tuple(replace(f, content="old") if "aide/" in f.path else f for f in SETTLED.files)
    assert titles(replace(SETTLED, files=files)) == ["change /etc/aide/watchfloor.conf", BEGIN]


def test_what_the_host_prints_is_understood() -> None:
    facts = parse(
        "package\tinstalled aide\n"
        f"unit\t{RENEW_UNIT} LoadState=loaded ActiveState=activating UnitFileState=static \n"
        "database\t1790000000 4096\ndigest\tcd\nresult\tdiffers 1790000100 7\n"
    )
    assert (facts.is_building, facts.made_at, facts.digest) == (True, 1790000000, "cd")
    assert (facts.result, facts.checked_at, facts.differences) == ("differs", 1790000100, 7)


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A folder with the checker, an `aide` that says what it is told to, and a database."""
    programs = tmp_path / "bin"
    programs.mkdir()
    aide = programs / "aide"
    aide.write_text(
        f"#!/bin/sh\ncase $2 in --init) echo new >{tmp_path}/aide.db.new ;;"
        f" --check) cat {tmp_path}/report; exit $(cat {tmp_path}/status) ;; esac\n"
    )
    aide.chmod(0o755)
    text = render(
        "check-integrity.sh.j2",
        database=tmp_path / "aide.db",
        result=tmp_path / "result",
        configuration="x",
    )
    text = text.replace("PATH=", f"PATH={programs}:").replace("/var/", f"{tmp_path}/var/")
    (tmp_path / "check").write_text(text)
    (tmp_path / "aide.db").write_text("old\n")
    (tmp_path / "var/log").mkdir(parents=True)
    (tmp_path / "status").write_text("0")
    (tmp_path / "report").write_text("  Added entries:\t\t1\n  Changed entries:\t\t2\n")
    return tmp_path


def check(host: Path, *words: str) -> str:
    done = subprocess.run(
        ["/bin/sh", host / "check", *words], capture_output=True, text=True, check=False
    )
    return done.stdout


def test_the_checker_tells_and_keeps_what_nothing_accounts_for(host: Path) -> None:
    check(host)
    assert (host / "result").read_text().startswith("clean ")
    (host / "status").write_text("5")
    assert "3 differences, and nothing that accounts for them" in check(host)
    assert (host / "result").read_text().split()[::2] == ["differs", "3"]
    assert (host / "aide.db").read_text() == "old\n"
    check(host, "--renew")
    assert (host / "aide.db").read_text() == "new\n"
    assert (host / "result").read_text().startswith("clean ")


@pytest.mark.parametrize("what", ["var/lib/watchfloor/replaced/run-7", "var/log/dpkg.log"])
def test_the_checker_tells_and_accepts_what_a_run_or_dpkg_has_done(host: Path, what: str) -> None:
    os.utime(host / "aide.db", (1, 1))
    (host / what).parent.mkdir(parents=True, exist_ok=True)
    (host / what).write_text("")
    (host / "status").write_text("4")
    said = check(host)
    assert "3 differences, after: " in said
    assert ("Watchfloor run run-7" in said) == ("run-7" in what)
    assert (host / "aide.db").read_text() == "new\n"


def test_a_check_that_does_not_end_is_no_clean_one(host: Path) -> None:
    (host / "status").write_text("17")
    check(host)
    assert (host / "result").read_text().split()[::2] == ["failed", "17"]

from dataclasses import replace

from deploy.hardening import journal as area
from inventory.facts.journal import JournalFacts, assignments, parse
from inventory.facts.textfile import TextFile
from tests.deploy.hosts import center

CENTER = center()
WANTED = area.desired(CENTER, CENTER.devices["web-1"])
SETTLED = JournalFacts(
    settings=dict(WANTED.settings),
    has_folder=True,
    files=(TextFile(area.DROP_IN, "file", 0o644, "root", "root", WANTED.text),),
    writes_to_disk=True,
)


def titles(facts: JournalFacts) -> list[str]:
    return [change.title for change in area.diff(WANTED, facts).changes]


def test_a_fresh_host_gets_the_drop_in_and_a_restart() -> None:
    assert titles(JournalFacts({}, False)) == [
        f"create {area.DROP_IN}",
        "restart systemd-journald.service (its configuration)",
        "have the journal kept on the disk",
    ]


def test_a_settled_host_is_clean() -> None:
    assert area.diff(WANTED, SETTLED).is_clean


def test_a_later_file_is_left_out_and_not_lost() -> None:
    later = TextFile(
        "/etc/systemd/journald.conf.d/zzz.conf",
        "file",
        0o644,
        "root",
        "root",
        "[Journal]\nStorage=volatile\nMaxLevelStore=info\n",
    )
    facts = replace(SETTLED, files=(*SETTLED.files, later))
    change = area.diff(WANTED, facts).changes[0]
    assert change.title == f"change {later.path}"
    assert change.content == (  # type: ignore[union-attr] # it is a file's change
        "[Journal]\n# left out by Watchfloor: Storage=volatile\nMaxLevelStore=info\n"
    )


def test_a_setting_that_no_file_explains_is_said() -> None:
    other = replace(SETTLED, settings={**WANTED.settings, "Compress": "no"})
    assert "journald's Compress is no" in area.diff(WANTED, other).unmet[0]


def test_what_runs_decides() -> None:
    for facts in (replace(SETTLED, is_stale=True), replace(SETTLED, writes_to_disk=False)):
        assert titles(facts)[0].startswith("restart systemd-journald.service")


def test_texts_of_older_readings_are_still_understood() -> None:
    assert parse("setting\tStorage=persistent\nfolder\tyes\n").is_persistent
    assert assignments(["[Journal]", "A=1", "A = 2 "]) == {"A": "2"}

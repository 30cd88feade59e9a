from dataclasses import replace

import pytest

from deploy.hardening import permissions
from deploy.hardening.permissions import PermissionsDesired
from inventory.facts import permissions as facts_of_permissions
from inventory.facts.area import FactError
from inventory.facts.permissions import PermissionsFacts, Status
from tests.deploy.hardening.recorded_areas import read

VM = "vm-debian-12"
FRESH = read(VM, facts_of_permissions)
NONE = PermissionsDesired(frozenset())
SUDO = Status("/usr/bin/sudo", 0o4755, "root", "root")


def facts(**parts: object) -> PermissionsFacts:
    """A host with nothing to be said against it, but for these parts."""
    done = {
        change.path: change.content
        for change in permissions.diff(NONE, FRESH).changes
        if change.kind == "file"
    }
    text = "".join(f"file\tabsent - - - - {path}\n" for path in done)
    empty = facts_of_permissions.parse("status\t644 root root /etc/passwd\n" + text)
    files = tuple(
        replace(f, kind="file", mode=0o644, owner="root", group="root", content=done[f.path])
        for f in empty.files
    )
    timer = facts_of_permissions.parse(
        "status\t644 root root /etc/passwd\nunit\twatchfloor-walk.timer LoadState=loaded"
        " ActiveState=active UnitFileState=enabled\n"
    ).units
    whole = replace(empty, files=files, units=timer, walk="new")
    return replace(whole, **parts)  # type: ignore[arg-type] # parts are of the fields' types


def entries(found: PermissionsFacts) -> dict[str, str]:
    changes = permissions.diff(NONE, found).changes
    return {
        entry.path: f"{entry.owner}:{entry.group} {entry.mode:04o}"
        for change in changes
        if change.kind == "mode"
        for entry in change.entries
    }


def test_a_fresh_machine_is_shut_and_begins_to_look() -> None:
    modes = entries(FRESH)
    assert modes["/home/wf-deploy"] == "wf-deploy:wf-deploy 0750"
    assert "/etc/shadow" not in modes
    titles = [change.title for change in permissions.diff(NONE, FRESH).changes]
    assert "begin to look for files that nobody should have left" in titles
    assert permissions.diff(NONE, FRESH).notes == (
        "not proven: the first walk over its files has not ended",
    )


def test_a_host_as_wanted_is_clean() -> None:
    assert permissions.diff(NONE, facts()).is_clean


def test_a_walk_that_goes_on_is_not_begun_again() -> None:
    walking = permissions.diff(NONE, facts(walk="", is_walking=True))
    assert walking.is_clean
    assert walking.notes == ("not proven: the first walk over its files has not ended",)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (Status("/etc/shadow", 0o644, "root", "root"), "root:shadow 0640"),
        (Status("/etc/gshadow-", 0o640, "root", "root"), "root:shadow 0640"),
        (Status("/etc/passwd", 0o666, "games", "root"), "root:root 0644"),
        (Status("/etc/ssh/ssh_host_rsa_key", 0o644, "root", "root"), "root:root 0600"),
        (Status("/etc/sudoers.d/mine", 0o644, "root", "root"), "root:root 0440"),
        (Status("/boot/grub/grub.cfg", 0o444, "root", "root"), "root:root 0400"),
        (Status("/home/ann", 0o755, "ann", "users"), "ann:users 0750"),
    ],
)
def test_each_guarded_file(was: Status, becomes: str) -> None:
    assert entries(facts(guarded=(was,))) == {was.path: becomes}


@pytest.mark.parametrize(
    "fine",
    [
        Status("/etc/shadow", 0o640, "root", "shadow"),
        Status("/etc/shadow", 0o600, "root", "shadow"),
        Status("/etc/ssh/ssh_host_rsa_key", 0o600, "root", "root"),
        Status("/home/ann", 0o700, "ann", "ann"),
    ],
)
def test_what_is_as_strict_or_stricter_stays(fine: Status) -> None:
    assert entries(facts(guarded=(fine,))) == {}


def test_logs_are_taken_from_others_and_keep_their_owners() -> None:
    log = Status("/var/log/mine.log", 0o664, "www-data", "adm")
    assert entries(facts(loose_logs=(log,))) == {log.path: "www-data:adm 0640"}


def test_files_for_everybody_are_shut_but_not_in_places_of_others() -> None:
    ours, theirs = (
        Status("/srv/data", 0o777, "root", "root"),
        Status("/home/ann/pub", 0o666, "ann", "ann"),
    )
    found = facts(open_to_all=(ours, theirs))
    assert entries(found) == {"/srv/data": "root:root 0775"}
    assert permissions.diff(NONE, found).notes[0].startswith("/home/ann/pub may be written")


def test_programs_with_rights_belong_to_packages_or_are_known() -> None:
    mine = Status("/opt/tool", 0o4755, "root", "root")
    found = facts(set_id=(SUDO, mine), packaged=frozenset({"/usr/bin/sudo"}))
    (unmet,) = permissions.diff(NONE, found).unmet
    assert unmet.startswith("/opt/tool run with")
    assert permissions.diff(PermissionsDesired(frozenset({"/opt/tool"})), found).is_clean
    merged = facts(set_id=(SUDO,), packaged=frozenset({"/bin/sudo"}))
    assert permissions.diff(NONE, merged).is_clean


def test_what_belongs_to_nobody_and_an_old_walk_are_told() -> None:
    orphans = tuple(Status(f"/srv/{n}", 0o644, "1234", "1234") for n in range(12))
    told = permissions.diff(NONE, facts(unowned=orphans, walk="old")).unmet
    assert "/srv/9 and 2 more belong to nobody" in told[0]
    assert "older than three days" in told[1]


@pytest.mark.parametrize("line", ["status\t644 root root", "status\t9 a b /x", "walk\tyesterday"])
def test_what_is_no_status_is_refused(line: str) -> None:
    with pytest.raises(FactError):
        facts_of_permissions.parse(f"status\t644 root root /etc/passwd\n{line}\n")

import json

import pytest

from deploy.hardening import mounts
from deploy.hardening.mounts import MountsDesired
from inventory.facts import mounts as facts_of_mounts
from inventory.facts.area import FactError
from inventory.facts.mounts import FSTAB, Mount, MountsFacts
from inventory.facts.textfile import TextFile
from inventory.facts.unit import Unit
from tests.deploy.hardening.recorded_areas import read

VM = "vm-debian-12"
FRESH = read(VM, facts_of_mounts)
OPEN = MountsDesired(hidepid=0)
TMPFS = frozenset({"rw", "nosuid", "nodev"})
UNIT = Unit("tmp.mount", "loaded", "active", "enabled")


def titles(facts: MountsFacts, wanted: MountsDesired = OPEN) -> list[str]:
    return [change.title for change in mounts.diff(wanted, facts).changes]


def with_mounts(fstab: str = "", display: bool = False, **points: Mount) -> MountsFacts:
    """A host whose own files are right; `tmp` stands for /tmp, `dev_shm` for /dev/shm."""
    files = [
        TextFile(change.path, "file", change.mode, "root", "", change.content)
        for change in mounts.diff(OPEN, FRESH).changes
        if change.kind == "file" and change.path != FSTAB
    ]
    files.append(TextFile(FSTAB, "file", 0o644, "root", "root", fstab))
    there = {"/" + name.replace("_", "/"): mount for name, mount in points.items()}
    return MountsFacts(False, there, tuple(files), (UNIT,), display)


def test_a_fresh_machine_gets_tmp_in_memory_now_and_at_boot() -> None:
    assert titles(FRESH) == [
        "create /etc/apt/apt.conf.d/50watchfloor-tmp",
        "create /etc/systemd/system/tmp.mount",
        "enable tmp.mount",
        "start tmp.mount (/tmp is no mount of its own)",
        "change /etc/fstab",
        "mount /dev/shm with noexec",
    ]
    (note,) = mounts.diff(OPEN, FRESH).notes
    assert note.startswith("no partition of its own: /home, /var, ")


def test_a_host_as_wanted_is_clean() -> None:
    shut = Mount("tmpfs", TMPFS | {"noexec"})
    fstab = "tmpfs /dev/shm tmpfs rw,nosuid,nodev,noexec 0 0\n"
    assert mounts.diff(OPEN, with_mounts(fstab, tmp=shut, dev_shm=shut)).is_clean


def test_options_that_somebody_took_away_come_back_and_can_be_taken_back() -> None:
    (change,) = mounts.diff(OPEN, with_mounts(tmp=Mount("tmpfs", TMPFS - {"nodev"}))).changes
    assert change.title == "mount /tmp with nodev,noexec"
    assert getattr(change, "undo_with", ()) == ("mount", "-o", "remount,dev,exec", "/tmp")


def test_a_display_server_s_sockets_are_not_covered() -> None:
    found = mounts.diff(OPEN, with_mounts(display=True))
    assert found.changes == ()
    assert found.unmet[0].startswith("/tmp is covered after the next restart")


def test_partitions_keep_their_lines_and_get_what_they_lack() -> None:
    fstab = "UUID=1 /tmp ext4 defaults 0 2\nUUID=2 /home ext4 defaults,nodev 0 2\n# /var\n"
    disk = Mount("ext4", frozenset({"rw", "relatime"}))
    facts = with_mounts(fstab, tmp=disk, home=disk)
    assert titles(facts) == [
        "change /etc/fstab",
        "mount /tmp with nodev,noexec,nosuid",
        "mount /home with nodev,nosuid",
    ]
    text = getattr(mounts.diff(OPEN, facts).changes[0], "content", "")
    assert text == (
        "UUID=1 /tmp ext4 defaults,nodev,noexec,nosuid 0 2\n"
        "UUID=2 /home ext4 defaults,nodev,nosuid 0 2\n# /var\n"
    )


def test_hidden_processes_stay_visible_to_logind() -> None:
    hidden = MountsDesired(hidepid=2)
    facts = with_mounts(proc=Mount("proc", frozenset({"rw"})))
    assert titles(facts, hidden)[1:3] == [
        "create /etc/systemd/system/systemd-logind.service.d/10-watchfloor-proc.conf",
        "restart systemd-logind.service (it has to see processes)",
    ]
    shut = Mount("tmpfs", TMPFS | {"noexec"})
    line = "proc /proc proc rw,nosuid,nodev,noexec,hidepid=2,gid=4 0 0\n"
    spelled = Mount("proc", frozenset({"rw", "hidepid=invisible", "gid=4"}))
    done = titles(with_mounts(line, tmp=shut, proc=spelled), hidden)
    assert [title for title in done if "logind" not in title] == []


def test_a_list_that_is_no_list_is_refused() -> None:
    for text in ("nothing", json.dumps({"filesystems": [{"target": "/tmp"}]})):
        with pytest.raises(FactError):
            facts_of_mounts.parse(f"container\tno\nfindmnt\t{text}\n")

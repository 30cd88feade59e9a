"""Modes and kernel settings as hosts change them, in a test's own folder."""

import subprocess
from pathlib import Path

import pytest

from deploy.live_change import Mode, ModeChange, PurgeChange, Setting, SysctlChange
from deploy.operations import journal, sysctl
from deploy.operations.journal import AreaJournal, restore_script
from deploy.operations.scripts import script
from inventory.facts import sysctl as facts_of_sysctl


@pytest.fixture
def area(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AreaJournal:
    """An area whose journal is open."""
    monkeypatch.setattr(journal, "TOP", str(tmp_path / "journal"))
    opened = AreaJournal("run-1", "permissions")
    assert run(opened.open_script(None)).returncode == 0
    return opened


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the place of /proc/sys, with one setting that takes nothing."""
    top = tmp_path / "sys"
    (top / "net/ipv4").mkdir(parents=True)
    (top / "net/ipv4/ip_forward").write_text("1\n")
    (top / "net/ipv4/tcp_syncookies").write_text("0\n")
    monkeypatch.setattr(sysctl, "TOP", str(top))
    monkeypatch.setattr(sysctl, "REFUSED", str(tmp_path / "run/refused"))
    return top


def run(text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-s"], input=text, capture_output=True, text=True, timeout=20, check=False
    )


def entry(path: Path, mode: int, before: int) -> Mode:
    owner, group = path.owner(), path.group()
    return Mode(
        path=str(path),
        mode=mode,
        owner=owner,
        group=group,
        before_mode=before,
        before_owner=owner,
        before_group=group,
    )


def test_modes_are_set_and_come_back(area: AreaJournal, tmp_path: Path) -> None:
    one, two = tmp_path / "it's one", tmp_path / "two"
    for path in (one, two):
        path.touch()
        path.chmod(0o666)
    change = ModeChange(entries=(entry(one, 0o640, 0o666), entry(two, 0o4750, 0o666)))
    done = run(script(change, area.step(1)))
    assert done.returncode == 0, done.stderr
    assert [path.stat().st_mode & 0o7777 for path in (one, two)] == [0o640, 0o4750]
    assert run(restore_script([area])).returncode == 0
    assert [path.stat().st_mode & 0o7777 for path in (one, two)] == [0o666, 0o666]


def test_a_link_in_a_file_s_place_is_left_alone(area: AreaJournal, tmp_path: Path) -> None:
    victim, planted = tmp_path / "victim", tmp_path / "planted"
    victim.touch()
    victim.chmod(0o600)
    change = ModeChange(entries=(entry(victim, 0o666, 0o600),))
    planted.symlink_to(victim)
    swapped = change.entries[0].model_copy(update={"path": str(planted)})
    done = run(script(ModeChange(entries=(swapped,)), area.step(1)))
    assert done.returncode == 0, done.stderr
    assert victim.stat().st_mode & 0o7777 == 0o600


def test_settings_are_written_and_come_back(area: AreaJournal, kernel: Path) -> None:
    change = SysctlChange(
        settings=(
            Setting(key="net/ipv4/ip_forward", value="0", before="1"),
            Setting(key="net/ipv4/tcp_syncookies", value="1", before="0"),
        )
    )
    done = run(script(change, area.step(1)))
    assert done.returncode == 0, done.stderr
    assert (kernel / "net/ipv4/ip_forward").read_text() == "0\n"
    assert not (kernel.parent / "run").exists()
    run(restore_script([area]))
    assert (kernel / "net/ipv4/ip_forward").read_text() == "1\n"
    assert (kernel / "net/ipv4/tcp_syncookies").read_text() == "0\n"


def test_what_the_kernel_refuses_is_remembered_and_stops_nothing(
    area: AreaJournal, kernel: Path
) -> None:
    change = SysctlChange(
        settings=(
            Setting(key="kernel/refusing", value="|/bin/false", before="core"),
            Setting(key="net/ipv4/ip_forward", value="0", before="1"),
        )
    )
    done = run(script(change, area.step(1)))
    assert done.returncode == 0, done.stderr
    assert (kernel / "net/ipv4/ip_forward").read_text() == "0\n"
    assert (kernel.parent / "run/refused").read_text() == "kernel/refusing |/bin/false\n"
    told = facts_of_sysctl.parse(
        "container\tno\nsetting\tkernel/refusing core\nrefused\tkernel/refusing |/bin/false\n"
    )
    assert told.refused == (("kernel/refusing", "|/bin/false"),)


def test_titles_name_one_thing_or_the_first_of_many(tmp_path: Path) -> None:
    settings = [Setting(key=f"net/ipv4/conf/eth{n}.5/x", value="0", before="1") for n in range(5)]
    same = Setting(key="kernel/sysrq", value="0", before="0")
    one = SysctlChange(settings=(settings[0], same))
    assert one.title == "set net.ipv4.conf.eth0/5.x to 0 (it is 1)"
    many = SysctlChange(settings=(*settings, same))
    assert many.title.endswith("net.ipv4.conf.eth2/5.x and 2 more")
    assert len(many.diff) == 10
    assert PurgeChange(names=("telnet", "talk")).title == "purge telnet, talk"


def test_a_purge_is_shell_that_asks_apt() -> None:
    text = script(PurgeChange(names=("telnet",)), AreaJournal("r1", "services").step(1))
    checked = subprocess.run(["sh", "-n"], input=text, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "purge telnet" in text.rpartition("undo.new")[2]

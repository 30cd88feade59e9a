"""No secret is anywhere but on the host, and the host's copy can be told from the wanted one."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

import inventory.facts.textfile
from deploy.change import FileChange, RemovalChange, file_change
from deploy.messages import AreaJob, HostJob, Job
from deploy.operations import journal
from deploy.operations.journal import AreaJournal, restore_script
from deploy.operations.scripts import script
from deploy.secret_box import SecretBox, SecretUseError
from deploy.secret_text import filled, fingerprint, marker, names
from inventory.facts.textfile import HIDDEN, LEDGERS, SHOW_FILE, TextFile, text_files
from inventory.gear import Platform
from inventory.model import Credential, Purpose
from inventory.secrets import SecretError, Secrets
from tests.deploy.hosts import center, server

NAME = "vrrp.secret"
MARK = marker("vrrp")
SALT = "0f" * 16
SECRET = "hunter2-of-the-pair"
WANTED = f"auth_pass {MARK}\n"


class Known:
    """Has one secret at hand."""

    def __init__(self, value: str = SECRET) -> None:
        self._value = value

    def is_current(self, name: str, salt: str, digest: str) -> bool:
        assert name == NAME
        return digest == fingerprint(salt, self._value) if digest else False


@pytest.fixture
def ledgers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "ledgers"
    monkeypatch.setattr(inventory.facts.textfile, "LEDGERS", str(folder))
    monkeypatch.setattr(journal, "TOP", str(tmp_path / "journal"))
    return folder


@pytest.fixture
def area(ledgers: Path) -> AreaJournal:
    opened = AreaJournal("run-1", "pair")
    sh(opened.open_script(None))
    return opened


def sh(text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-s"], input=text, capture_output=True, text=True, timeout=20, check=False
    )


def seen(path: Path, ledgers: Path, show: str = "show_file") -> TextFile:
    """The file as the facts have it."""
    done = sh(SHOW_FILE.replace(LEDGERS, str(ledgers)) + f"{show} {path}\n")
    assert done.returncode == 0, done.stderr
    return text_files([done.stdout.removesuffix("\n").partition("\t")[2]])[0]


def write(area: AreaJournal, path: Path, number: int = 1, value: str = SECRET) -> None:
    change = wanted(path)
    done = sh(script(change, area.step(number), {NAME: SecretStr(value)}, SALT))
    assert done.returncode == 0, done.stderr


def wanted(path: Path, **more: object) -> FileChange:
    return FileChange.model_validate(
        {"path": str(path), "content": WANTED, "mode": 0o600, "has_markers": True, **more}
    )


def change(now: TextFile, known: Known) -> FileChange | None:
    return file_change(now, WANTED, mode=0o600, owner=now.owner, secrets=known)


def test_the_host_gets_the_secret_and_the_facts_the_marker(
    area: AreaJournal, tmp_path: Path, ledgers: Path
) -> None:
    target = tmp_path / "pair.conf"
    write(area, target)
    assert target.read_text() == f"auth_pass {SECRET}\n"
    now = seen(target, ledgers)
    assert now.content == WANTED
    assert change(now, Known()) is None


def test_another_secret_is_a_change_that_names_it(
    area: AreaJournal, tmp_path: Path, ledgers: Path
) -> None:
    target = tmp_path / "pair.conf"
    write(area, target, value="an older one")
    found = change(seen(target, ledgers), Known())
    assert found is not None
    assert found.title == f"write the present vrrp.secret into {target}"
    assert found.diff == ()


def test_a_file_that_was_changed_by_hand_is_not_shown(
    area: AreaJournal, tmp_path: Path, ledgers: Path
) -> None:
    target = tmp_path / "pair.conf"
    write(area, target)
    target.write_text(f"auth_pass {SECRET} # mine\n")
    now = seen(target, ledgers)
    assert now.content == HIDDEN
    found = change(now, Known())
    assert found is not None
    assert found.title == f"change {target}"


def test_what_nobody_vouches_for_is_not_shown_where_a_secret_belongs(
    tmp_path: Path, ledgers: Path
) -> None:
    target = tmp_path / "pair.conf"
    target.write_text("auth_pass of-somebody\n")
    assert seen(target, ledgers, "show_secret_file").content == HIDDEN
    assert seen(target, ledgers).content == "auth_pass of-somebody\n"
    target.unlink()
    assert seen(target, ledgers, "show_secret_file").kind == "absent"


def test_undo_brings_back_the_old_secret_and_what_is_known_of_it(
    area: AreaJournal, tmp_path: Path, ledgers: Path
) -> None:
    target = tmp_path / "pair.conf"
    target.write_text("plain\n")
    write(area, target, 1, "an older one")
    later = AreaJournal("run-2", "pair")
    sh(later.open_script(None))
    write(later, target)
    assert change(seen(target, ledgers), Known()) is None
    assert sh(restore_script([later])).returncode == 0
    assert target.read_text() == "auth_pass an older one\n"
    assert change(seen(target, ledgers), Known("an older one")) is None
    assert sh(restore_script([area])).returncode == 0
    assert seen(target, ledgers).content == "plain\n"


def test_a_file_that_gets_rid_of_its_secret_is_shown_again(
    area: AreaJournal, tmp_path: Path, ledgers: Path
) -> None:
    target = tmp_path / "pair.conf"
    write(area, target)
    plain = FileChange(path=str(target), content="none\n")
    assert sh(script(plain, area.step(2))).returncode == 0
    assert seen(target, ledgers).content == "none\n"
    assert sh(script(RemovalChange(path=str(target)), area.step(3))).returncode == 0
    assert sh(restore_script([area])).returncode == 0
    assert not target.exists()
    assert not list(ledgers.rglob("*.ledger"))


def test_a_removed_file_comes_back_with_its_secret(
    area: AreaJournal, tmp_path: Path, ledgers: Path
) -> None:
    target = tmp_path / "pair.conf"
    write(area, target)
    later = AreaJournal("run-2", "pair")
    sh(later.open_script(None))
    assert sh(script(RemovalChange(path=str(target)), later.step(1))).returncode == 0
    assert seen(target, ledgers).kind == "absent"
    sh(restore_script([later]))
    assert change(seen(target, ledgers), Known()) is None


def test_a_write_that_is_cut_short_shows_nothing(
    area: AreaJournal, tmp_path: Path, ledgers: Path
) -> None:
    """Whatever line it stops at: the facts show the old file, the marked one, or none."""
    target = tmp_path / "pair.conf"
    text = script(wanted(target), area.step(1), {NAME: SecretStr(SECRET)}, SALT)
    lines = text.split("\n")
    ends = [n for n, line in enumerate(lines) if line.startswith(("keep_ledger", "mv", "printf"))]
    assert ends
    for end in ends:
        target.write_text("plain\n")
        sh("\n".join([*lines[: end + 1], "exit 1", *lines[end + 1 :]]))
        assert seen(target, ledgers).content in ("plain\n", WANTED, HIDDEN)


def test_what_a_program_says_of_a_refused_file_may_quote_it(
    area: AreaJournal, tmp_path: Path
) -> None:
    target = tmp_path / "pair.conf"
    validate = {"validate_with": ("sh", "-c", 'cat "$1"; exit 1', "sh", "{}")}
    check = {"check_with": ("sh", "-c", f"cat {target}; exit 1")}
    for how in (validate, check):
        refused = wanted(target, **how)
        done = sh(script(refused, area.step(1), {NAME: SecretStr(SECRET)}, SALT))
        assert done.returncode == 1
        assert SECRET not in done.stderr + done.stdout
        assert "what it says may hold a secret" in done.stderr


def test_a_host_cannot_ask_for_a_secret(area: AreaJournal, tmp_path: Path) -> None:
    """What an area keeps of a host's own text is written as it was."""
    target = tmp_path / "kept.conf"
    now = TextFile(str(target), "file", 0o644, "root", "root", "old\n")
    kept = file_change(now, f"kept {MARK}\n")
    assert kept is not None
    assert kept.secrets == ()
    assert sh(script(kept, area.step(1))).returncode == 0
    assert target.read_text() == f"kept {MARK}\n"


def test_a_file_with_a_secret_is_not_for_everybody() -> None:
    with pytest.raises(ValidationError, match="everybody might read it"):
        wanted(Path("/etc/x"), mode=0o644)


@given(value=st.text(st.characters(exclude_categories=["Cs"]), min_size=8))
@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_but_the_workers_stdin_and_the_script_holds_a_secret(value: str) -> None:
    # A mark that is in nothing else, so that finding it means finding the secret.
    value = f"\u2621{value}"
    change = wanted(Path("/etc/pair.conf"))
    host = HostJob(
        name="a",
        device="a",
        address="",
        port=1,
        user="",
        admin="",
        areas=(AreaJob(name="pair", changes=(change,)),),
        secrets={NAME: SecretStr(value)},
    )
    job = Job(mode="apply", run="r", owner="me", readings=("",), hosts=(host,), salt=SALT)
    shown = (repr(job), str(job), repr(change), change.title, "".join(change.diff))
    assert all(value not in text for text in shown)
    assert value not in json.dumps(change.model_dump())
    told = Job.model_validate_json(job.model_dump_json())
    assert told.hosts[0].secrets[NAME].get_secret_value() == value


@given(st.text(), st.text())
def test_a_secret_that_looks_like_a_marker_stays_what_it_is(before: str, after: str) -> None:
    text = f"{before}{MARK}{after}"
    if names([text]) != (NAME,) or text.count(MARK) != 1:
        return
    assert filled(text, {NAME: SecretStr(MARK)}) == text


def box(tmp_path: Path, *roles: str) -> SecretBox:
    (tmp_path / "pass").write_text("p")
    (tmp_path / "pass").chmod(0o600)

    def one(name: str, purpose: Purpose) -> Credential:
        secret = "file:gone" if name == "lost" else "file:pass"
        return Credential(name=name, purpose=purpose, protocol="snmp-v2c", secret=secret)

    purposes = {"vrrp": Purpose.DEPLOY, "snmp": Purpose.MONITOR, "lost": Purpose.DEPLOY}
    there = center(credentials={name: one(name, purpose) for name, purpose in purposes.items()})
    secrets = Secrets((Purpose.DEPLOY, Purpose.MONITOR), tmp_path)
    return SecretBox(there, secrets, server("web-1", "10.9.1.1", roles=roles))


def test_a_box_knows_its_secrets_and_tells_only_whether(tmp_path: Path) -> None:
    mine = box(tmp_path)
    assert mine.is_current("vrrp.secret", SALT, fingerprint(SALT, "p"))
    assert not mine.is_current("vrrp.secret", SALT, fingerprint(SALT, "q"))
    assert not mine.is_current("vrrp.secret", "no hex", "no digest either")
    assert not mine.is_current("vrrp.secret", "", "")
    assert mine.values(["vrrp.secret"])["vrrp.secret"].get_secret_value() == "p"


def test_only_a_monitor_gets_what_others_are_polled_with(tmp_path: Path) -> None:
    with pytest.raises(SecretUseError, match="snmp is for monitor"):
        box(tmp_path, "web").value("snmp.secret")
    assert box(tmp_path, "monitor").value("snmp.secret").get_secret_value() == "p"


def test_network_gear_gets_what_it_is_polled_with_itself_and_nothing_more(tmp_path: Path) -> None:
    mine = box(tmp_path)
    polled = mine.device.monitoring.model_copy(update={"snmp": "snmp"})
    gear = mine.device.model_copy(update={"platform": Platform.EOS, "monitoring": polled})
    assert replace(mine, device=gear).value("snmp.secret").get_secret_value() == "p"
    other = gear.model_copy(update={"monitoring": polled.model_copy(update={"snmp": "other"})})
    with pytest.raises(SecretUseError, match="snmp is for monitor"):
        replace(mine, device=other).value("snmp.secret")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("vrpp.secret", 'there is no credential vrpp; did you mean "vrrp"'),
        ("vrrp.privacy_secret", "is empty"),
    ],
)
def test_a_secret_that_cannot_be_given_is_named(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(SecretUseError, match=words):
        box(tmp_path).value(name)


def test_a_secret_that_is_not_at_hand_is_an_error_before_anything_is_changed(
    tmp_path: Path,
) -> None:
    now = TextFile("/etc/pair.conf", "absent")
    with pytest.raises(SecretError, match="lost"):
        file_change(now, f"x {marker('lost')}\n", mode=0o600, secrets=box(tmp_path))

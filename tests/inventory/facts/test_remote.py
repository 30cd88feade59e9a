"""Facts over a real sshd on loopback, and every way in which that fails told apart."""

import getpass
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from inventory.facts import files, remote
from tests.process import child
from tests.requirements import need
from tests.wait import until

pytestmark = pytest.mark.gear


def make_key(path: Path) -> Path:
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True
    )
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def public(key: Path) -> str:
    return " ".join(key.with_name(key.name + ".pub").read_text().split()[:2])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sshd with space")


@pytest.fixture(scope="module")
def access(folder: Path) -> Iterator[remote.SshAccess]:
    sshd = need("sshd")
    need("ssh")
    Path("/run/sshd").mkdir(exist_ok=True)  # sshd's privilege separation asks for it when root
    port = free_port()
    host_key, user_key = make_key(folder / "host"), make_key(folder / "user")
    shutil.copy(folder / "user.pub", folder / "authorized_keys")
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {public(host_key)}\n")
    (folder / "sshd_config").write_text(
        f'HostKey "{host_key}"\nAuthorizedKeysFile "{folder}/authorized_keys"\nStrictModes no\n'
        "UsePAM no\nPidFile none\nPermitRootLogin yes\nBanner none\n"
    )
    argv: list[str | Path] = [sshd, "-D", "-e", "-f", folder / "sshd_config", "-p", str(port)]
    with child([*argv, "-o", "ListenAddress=127.0.0.1"]):
        until(lambda: accepts(port), 10, "sshd to listen")
        yield remote.SshAccess(
            "127.0.0.1", port, getpass.getuser(), user_key, folder / "known_hosts"
        )


async def test_facts_are_read(access: remote.SshAccess) -> None:
    if access.user != "root":
        pytest.skip("logging in as another user than root needs sudo")
    facts = await remote.read_host(access, ["files"])
    assert "/etc/passwd" in {file.path for file in facts.read(files).files}


async def test_an_unknown_host_key_is_named(access: remote.SshAccess, folder: Path) -> None:
    with pytest.raises(remote.HostKeyUnknownError, match="enroll"):
        await remote.read_host(replace(access, known_hosts=folder / "nothing"), ["files"])


async def test_a_changed_host_key_is_named(access: remote.SshAccess, folder: Path) -> None:
    other = make_key(folder / "other-host")
    wrong = folder / "known_hosts.wrong"
    wrong.write_text(f"[127.0.0.1]:{access.port} {public(other)}\n")
    with pytest.raises(remote.HostKeyWrongError, match="not the one on record"):
        await remote.read_host(replace(access, known_hosts=wrong), ["files"])


async def test_a_refused_key_is_named(access: remote.SshAccess, folder: Path) -> None:
    with pytest.raises(remote.KeyRefusedError, match="refuses the key"):
        await remote.read_host(replace(access, key_file=make_key(folder / "other")), ["files"])


async def test_an_unusable_key_file_is_named(access: remote.SshAccess, folder: Path) -> None:
    broken = folder / "broken"
    broken.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n")
    broken.chmod(0o600)
    for path in (folder / "absent", broken):
        with pytest.raises(remote.KeyFileError, match="private key"):
            await remote.read_host(replace(access, key_file=path), ["files"])


async def test_a_closed_port_is_named(access: remote.SshAccess) -> None:
    with pytest.raises(remote.PortClosedError, match="nothing listens"):
        await remote.read_host(replace(access, port=free_port()), ["files"])


async def test_a_host_that_never_answers_ends_at_the_deadline(access: remote.SshAccess) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        silent = replace(access, port=mute.getsockname()[1])
        with pytest.raises(remote.HostUnreachableError, match="not read within"):
            await remote.read_host(silent, ["files"], deadline_s=0.5)


def test_no_message_holds_more_than_one_line() -> None:
    access = remote.SshAccess("h", 22, "audit", Path("k"), Path("kh"))
    failure = remote._failure(access, 255, "one\ntwo\n\n")
    assert str(failure) == "audit@h:22: ssh ended with status 255: two"

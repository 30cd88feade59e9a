"""The worker as a process: what it cannot reach, and what becomes of hosts when it dies."""

import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy import spare
from deploy.controller import _WAITING, run_job
from deploy.failure import Reason
from deploy.messages import ChangeStarted, Event, HostDone, HostJob, Job

KEY = """\
-----BEGIN OPENSSH PRIVATE KEY-----
not a key
-----END OPENSSH PRIVATE KEY-----
"""


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A private key that opens nothing."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    path = tmp_path_factory.mktemp("key") / "key"
    path.write_bytes(
        Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.OpenSSH,
            serialization.NoEncryption(),
        )
    )
    return path


def host(name: str, port: int, key: Path, **more: object) -> HostJob:
    fields = {
        "name": name,
        "device": name,
        "address": "127.0.0.1",
        "port": port,
        "user": "a",
        "admin": "a",
    }
    return HostJob.model_validate({**fields, "key_file": str(key), **more})


@pytest.fixture(autouse=True)
def no_spare() -> Iterator[None]:
    """Each test starts its own worker."""
    spare.discard()
    yield
    spare.discard()


def job(*hosts: HostJob) -> Job:
    return Job(
        mode="read",
        run="r1",
        owner="me",
        readings=("true\n",),
        hosts=hosts,
        connect_timeout_s=2,
    )


def run(*hosts: HostJob) -> dict[str, HostDone]:
    events: list[Event] = []
    run_job(job(*hosts), events.append)
    return {event.host: event for event in events if isinstance(event, HostDone)}


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_each_host_has_its_own_last_word(key: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as babbler:

        def babble() -> None:
            connection, _ = babbler.accept()
            with connection:
                connection.sendall(b"220 mail.example ESMTP\r\n" * 200)

        threading.Thread(target=babble, daemon=True).start()
        bad = tmp_path / "bad"
        bad.write_text(KEY)
        found = run(
            host("closed", closed_port(), key),
            host("mail", babbler.getsockname()[1], key),
            host("unreadable", 22, tmp_path / "absent"),
            host("no-key", 22, bad),
        )
    reasons = {name: done.reason for name, done in found.items()}
    assert reasons == {
        "closed": Reason.PORT_CLOSED,
        "mail": Reason.NOT_SSH,
        "unreadable": Reason.KEY_FILE,
        "no-key": Reason.KEY_FILE,
    }
    assert all("\n" not in done.message and done.message for done in found.values())


def test_a_worker_that_dies_leaves_no_host_without_a_last_word(
    key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho cannot start >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    found = run(host("one", 22, key), host("two", 22, key))
    assert {done.reason for done in found.values()} == {Reason.INTERNAL}
    assert "cannot start" in found["one"].message


def test_what_is_no_event_ends_the_wave(
    key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chatty = tmp_path / "python"
    chatty.write_text('#!/bin/sh\nread -r job\necho hello\necho \'{"event": "host-done"}\'\n')
    chatty.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(chatty))
    assert run(host("one", 22, key))["one"].reason is Reason.INTERNAL


def test_a_private_key_is_in_the_job_and_in_no_message(key: Path) -> None:
    target = host("one", 22, key, key_file="", key_text="-----SECRET-----")
    assert "SECRET" not in repr(target)
    assert "SECRET" in target.model_dump_json()
    refused = run(target)["one"]
    assert refused.reason is Reason.KEY_FILE
    assert "SECRET" not in refused.message


def test_one_worker_does_all_jobs_one_after_another(key: Path) -> None:
    spare.prepare()
    spare.prepare()
    (first,) = spare._spare
    for name in ("one", "two", "three"):
        assert run(host(name, closed_port(), key))[name].reason is Reason.PORT_CLOSED
    assert spare._spare == [first]
    assert first.process.poll() is None


def test_a_worker_that_died_meanwhile_is_replaced(key: Path) -> None:
    spare.prepare()
    (first,) = spare._spare
    first.process.kill()
    first.process.wait()
    assert run(host("one", closed_port(), key))["one"].reason is Reason.PORT_CLOSED
    assert spare._spare != [first]


def test_a_worker_that_was_interrupted_gets_no_other_job(key: Path) -> None:
    def interrupt(_event: Event) -> None:
        raise KeyboardInterrupt

    spare.prepare()
    (first,) = spare._spare
    with pytest.raises(KeyboardInterrupt):
        run_job(job(host("one", closed_port(), key)), interrupt)
    assert first.process.returncode == 0
    assert spare._spare == []


def test_a_spare_worker_that_nobody_needed_ends_by_itself() -> None:
    spare.prepare()
    (waiting,) = spare._spare
    spare.discard()
    assert waiting.process.returncode == 0
    assert waiting.stderr.closed
    spare.discard()


def test_a_taker_that_fails_ends_the_wave_however_much_the_worker_has_to_say(
    key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = ChangeStarted(host="one", area="a", number=1, title="t" * 1000).model_dump_json()
    chatty = tmp_path / "python"
    chatty.write_text(
        f"#!/bin/sh\nread -r job\nyes '{line}' | head -n {3 * _WAITING}\ntouch {tmp_path}/end\n"
    )
    chatty.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(chatty))

    def refuse(_event: Event) -> None:
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="the disk is full"):
        run_job(job(host("one", 22, key)), refuse)
    assert (tmp_path / "end").exists(), "the worker came to its own end"

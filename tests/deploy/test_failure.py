import errno
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.failure import (
    Reason,
    command_failure,
    connect_failure,
    last_words,
    one_line,
    sudo_failure,
)

# Named as paramiko names its own, which is what they are told apart by.
BadHostKeyException = type("BadHostKeyException", (Exception,), {})
AuthenticationException = type("AuthenticationException", (Exception,), {})


class NoValidConnectionsError(OSError):
    """As paramiko has it: the causes are in `errors`, and not in its text."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(None, "Unable to connect to port 22 on 10.0.0.9")
        self.errors = {("10.0.0.9", 22): cause}


@pytest.mark.parametrize(
    ("error", "reason", "remedy"),
    [
        (BadHostKeyException("x"), Reason.HOST_KEY_WRONG, "enroll it again"),
        (
            Exception("StrictPolicy: No host key for 10.0.0.9 found in known_hosts"),
            Reason.HOST_KEY_UNKNOWN,
            "watchfloor enroll",
        ),
        (AuthenticationException("Authentication failed."), Reason.KEY_REFUSED, "authorized_keys"),
        (NoValidConnectionsError(ConnectionRefusedError()), Reason.PORT_CLOSED, "is sshd running"),
        (
            NoValidConnectionsError(OSError(errno.EHOSTUNREACH, "No route to host")),
            Reason.UNREACHABLE,
            "check power",
        ),
        (TimeoutError("timed out"), Reason.UNREACHABLE, "check power"),
        (Exception("Error reading SSH protocol banner"), Reason.NOT_SSH, "address right"),
        (EOFError(), Reason.CONNECTION_LOST, "rebooting"),
        (Exception("something new"), Reason.FAILED, "something new"),
    ],
)
def test_a_failed_login_is_told_with_its_remedy(
    error: Exception, reason: Reason, remedy: str
) -> None:
    failure = connect_failure(error, "deployer@10.0.0.9:22")
    assert failure.reason is reason
    assert remedy in str(failure)
    assert str(failure).startswith("deployer@10.0.0.9:22: ")


@pytest.mark.parametrize(
    ("status", "stderr", "alive", "reason", "words"),
    [
        (1, "cat: write error: No space left on device", True, Reason.DISK_FULL, "make room"),
        (
            2,
            "sh: 5: cannot create /etc/.issue.new: Read-only file system",
            True,
            Reason.READ_ONLY,
            "/etc/.issue.new",
        ),
        (1, "sudo: a password is required", True, Reason.SUDO_REFUSED, "sudo: nopasswd"),
        (None, "", True, Reason.TIMEOUT, "no end after 9 s"),
        (None, "", False, Reason.CONNECTION_LOST, "broke off"),
        (
            1,
            "noise\nwatchfloor: visudo refuses\nline 3",
            True,
            Reason.FAILED,
            "visudo refuses line 3",
        ),
        (7, "", True, Reason.FAILED, "status 7"),
    ],
)
def test_a_failed_command_is_told_with_its_remedy(
    status: int | None, stderr: str, alive: bool, reason: Reason, words: str
) -> None:
    failure = command_failure(status, stderr, 9, alive=alive)
    assert failure.reason is reason
    assert words in str(failure)


def test_sudo_that_forbids_says_what_it_said() -> None:
    assert "eve is not in the sudoers file" in str(sudo_failure("eve is not in the sudoers file."))


@given(st.text())
def test_a_failure_is_one_short_printable_line(text: str) -> None:
    for said in (one_line(text), last_words(text), str(sudo_failure(text))):
        assert len(said) <= 400
        assert said.isprintable()


def test_every_reason_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs/deploy.md").read_text()
    assert [reason for reason in Reason if f"`{reason}`" not in text] == []

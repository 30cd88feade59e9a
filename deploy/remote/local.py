"""The visit of a host to itself: the same scripts, in the same shell, without SSH.

Its areas never have a dead-man (`deploy.pull`): who is locked out cannot be told from inside.
"""

import fcntl
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyinfra.api.command import StringCommand

from deploy.failure import HostFailure, Reason, command_failure
from deploy.messages import Connected
from deploy.operations.journal import LAST, TRANSIENT, UNITS
from deploy.remote.hostlock import card, refusal
from deploy.remote.session import (
    LOGIN_TIMEOUT_S,
    Greeting,
    Output,
    Session,
    read_output,
    script,
)
from deploy.remote.ssh import SUPPORTED, SshVisit

_FOLDER = Path("/run/watchfloor")
_HERE = "127.0.0.1 0 127.0.0.1 22"
"""What a greeting has as its connection: the host itself."""
_SEARCHED = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class LocalSession(Session):
    """`sh -s` as a child of ours; scripts go through its stdin, as they do over SSH."""

    def __init__(self) -> None:
        self._is_root = False

    def attempt(self, text: str, title: str, timeout_s: float) -> tuple[str, HostFailure | None]:  # noqa: ARG002
        """See `Session`."""
        answer = self._run(next(script._inner(text, self._is_root)), timeout_s)
        if answer.status == 0:
            return answer.out, None
        return answer.out, command_failure(answer.status, answer.err, timeout_s, alive=True)

    def close(self) -> None:
        """Nothing stays open."""

    @property
    def is_alive(self) -> bool:
        """It has no connection that could break."""
        return True

    def _run(self, command: StringCommand, timeout_s: float) -> Output:
        words = ["/bin/sh", "-c", command.get_raw_value()]
        # Nothing of ours, a token for one, is for the scripts.
        environment = {"PATH": _SEARCHED, "SSH_CONNECTION": _HERE, "HOME": "/root"}
        try:
            done = subprocess.run(
                words,
                input=str(command.connector_arguments["_stdin"]).encode(),
                capture_output=True,
                timeout=timeout_s,
                env=environment,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return Output(None, "", "")
        out, err = (octets.decode(errors="replace") for octets in (done.stdout, done.stderr))
        return read_output(out.splitlines(), err.splitlines())


class LocalVisit(SshVisit):
    """As over SSH, with the same lock and the same journal."""

    def _open(self) -> Connected:
        self._session = session = LocalSession()
        self._greeting: Greeting | None = session.greet(LOGIN_TIMEOUT_S)
        greeting = self._greeting
        if os.geteuid() != 0:
            raise HostFailure(Reason.SUDO_REFUSED, "only root can change this host; use sudo")
        if greeting.os not in SUPPORTED:
            raise HostFailure(
                Reason.OS_UNKNOWN, f"this host runs {greeting.os or 'who knows what'}"
            )
        return Connected(
            host=self._target.name, client=greeting.client, port=greeting.port, os=greeting.os
        )

    @contextmanager
    def _held(self) -> Iterator[None]:
        """The lock that a visit over SSH takes as well (`deploy.remote.hostlock`)."""
        _FOLDER.mkdir(mode=0o755, exist_ok=True)
        owner = _FOLDER / "owner"
        with (_FOLDER / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                said = owner.read_text(errors="replace") if owner.exists() else ""
                raise refusal(f"taken {said}") from error
            if any(Path(TRANSIENT).glob(f"{UNITS}*.service")):
                raise HostFailure(
                    Reason.LOCKED,
                    "a run that was not confirmed is about to be taken back; try again later",
                )
            Path(LAST).write_text(f"{self._job.run}\n")
            owner.write_text(f"{card(self._job.owner, self._job.run)}\n")
            try:
                yield
            finally:
                owner.unlink(missing_ok=True)

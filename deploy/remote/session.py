"""A login on one host: scripts go to `sh -s` as root through stdin, so no process list has them."""

import re
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, cast

from paramiko import SSHException
from pyinfra.api.command import StringCommand
from pyinfra.api.exceptions import ConnectError
from pyinfra.api.host import Host
from pyinfra.api.operation import operation
from pyinfra.connectors.ssh import SSHConnector

from deploy.failure import (
    HostFailure,
    Reason,
    command_failure,
    connect_failure,
    sudo_failure,
)
from inventory.facts.keepalived import HAND_OVER

LOGIN_TIMEOUT_S = 30
"""For a login, and for what is done in a moment."""
ALIVE_S = 5
"""For an answer of a connection that may be cut."""
_STATUS = "watchfloor-status"
_PROBE = f"""\
printf 'uid %s\\n' "$(id -u)"
printf 'connection %s\\n' "$SSH_CONNECTION"
(. /etc/os-release && printf 'os %s-%s\\n' "$ID" "$VERSION_ID")
look='[ ! -x {HAND_OVER} ] || echo hands-over yes'
if [ "$(id -u)" = 0 ]; then sh -c "$look"
else {{ sudo -n -- /bin/sh -c "$look" 2>&1 >&3 | sed 's/^/sudo /'; }} 3>&1; fi
"""
_CONNECTION = re.compile(r"^connection (\S+) \d+ \S+ (\d+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Output:
    """What a script printed."""

    status: int | None
    """None when it never said how it ended: out of time, or the connection broke."""
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a host says about itself before anything else is done."""

    client: str
    port: int
    os: str
    is_root: bool
    hands_over: bool
    """Whether it has a virtual address to hand over before it is changed."""


@operation()
def script(text: str, is_root: bool) -> Generator[StringCommand, None, None]:
    """Runs a script as root. pyinfra's operation for every change that `deploy.operations` writes.

    The command itself always succeeds and the script's own status is printed: pyinfra would
    otherwise answer sudo's wish for a password by asking a person who is not there.
    """
    shell = "/bin/sh -s" if is_root else "sudo -n -H -- /bin/sh -s"
    yield StringCommand(f"{shell}; printf '\\n{_STATUS} %s\\n' $?", _stdin=text)


class Session:
    """One open login. Use it from inside pyinfra's host context (see `Visit`)."""

    def __init__(self, host: Host, connector: SSHConnector) -> None:
        self._host = host
        self._connector = connector
        self._is_root = False

    @classmethod
    def open(cls, host: Host, user: str | None = None) -> "Session":
        """A fresh login; with a `user` it is one beside the host's own. Raises `HostFailure`."""
        connector = host.connector
        if user is not None:
            connector = SSHConnector(host.state, host)
            connector.data["ssh_user"] = user
        assert isinstance(connector, SSHConnector)
        data = connector.data
        place = f"{data['ssh_user']}@{data['ssh_hostname']}:{data['ssh_port']}"
        try:
            connector.connect()
        except ConnectError as error:
            raise connect_failure(error.__context__, place) from error
        return cls(host, connector)

    @property
    def client(self) -> Any:
        """paramiko's client, for what has to stay open: the host's lock."""
        return self._connector.client

    def greet(self, timeout_s: float) -> Greeting:
        """Asks who we are there. Raises `HostFailure` when we cannot become root."""
        answer = self._plain(_PROBE, timeout_s)
        if answer.status != 0:
            raise command_failure(answer.status, answer.err, timeout_s, alive=self.is_alive)
        said = dict(line.partition(" ")[::2] for line in answer.out.splitlines())
        if complaint := said.get("sudo"):
            raise sudo_failure(complaint.removeprefix("sudo: "))
        if said.get("uid") is None or (where := _CONNECTION.search(answer.out)) is None:
            raise HostFailure(Reason.FAILED, "the login shell does not answer as a POSIX shell")
        self._is_root = said["uid"] == "0"
        return Greeting(
            where[1], int(where[2]), said.get("os", ""), self._is_root, "hands-over" in said
        )

    def prove(self, text: str, timeout_s: float) -> None:
        """Runs a script as root without having asked who we are; a failure says what is wrong.

        Raises `HostFailure`.
        """
        self._is_root = self._connector.data["ssh_user"] == "root"
        try:
            self.read(text, timeout_s)
        except HostFailure:
            self.greet(LOGIN_TIMEOUT_S)  # what it finds is the better reason
            raise

    def read(self, text: str, timeout_s: float) -> str:
        """What a script prints that only reads. Raises `HostFailure` when it fails."""
        command = next(script._inner(text, self._is_root))
        answer = self._run(command, timeout_s)
        return self._checked(answer, timeout_s)

    def change(self, text: str, title: str, timeout_s: float) -> str:
        """Runs a script as an operation of pyinfra's. Raises `HostFailure` when it fails."""
        said, failure = self.attempt(text, title, timeout_s)
        if failure is not None:
            raise failure
        return said

    def answers(self) -> bool:
        """Whether the connection is good for anything."""
        return self.is_alive and self._plain(":\n", ALIVE_S).status == 0

    def attempt(self, text: str, title: str, timeout_s: float) -> tuple[str, HostFailure | None]:
        """As `change`, with what it printed until it failed, too."""
        # mypy cannot bind pyinfra's ParamSpec behind its own defaulted arguments.
        meta = cast(Any, script)(
            text, self._is_root, name=title, _ignore_errors=True, _timeout=int(timeout_s)
        )
        answer = read_output(meta.stdout_lines, meta.stderr_lines)
        if answer.status == 0:
            return answer.out, None
        failure = command_failure(answer.status, answer.err, timeout_s, alive=self.is_alive)
        return answer.out, failure

    def close(self) -> None:
        """Ends the login; safe to call twice."""
        if self._connector.client is not None:
            self._connector.client.close()

    @property
    def is_alive(self) -> bool:
        """Whether the connection still stands, as far as is known here."""
        transport = self._connector.client and self._connector.client.get_transport()
        return bool(transport and transport.is_active())

    def _checked(self, answer: Output, timeout_s: float) -> str:
        if answer.status != 0:
            raise command_failure(answer.status, answer.err, timeout_s, alive=self.is_alive)
        return answer.out

    def _plain(self, text: str, timeout_s: float) -> Output:
        """As the user that we are, not as root."""
        command = StringCommand(f"/bin/sh -s; printf '\\n{_STATUS} %s\\n' $?", _stdin=text)
        return self._run(command, timeout_s)

    def _run(self, command: StringCommand, timeout_s: float) -> Output:
        stdin = command.connector_arguments["_stdin"]
        try:
            _, output = self._connector.run_shell_command(
                command, _stdin=stdin, _timeout=int(timeout_s)
            )
        except (TimeoutError, OSError, SSHException, EOFError):
            return Output(None, "", "")
        return read_output(output.stdout_lines, output.stderr_lines)


def read_output(out: list[str], err: list[str]) -> Output:
    """Takes the status out of what a command printed."""
    status = None
    if out and (match := re.match(rf"^{_STATUS} (\d+)$", out[-1])):
        status = int(match[1])
        out = out[:-2] if len(out) > 1 and out[-2] == "" else out[:-1]
    return Output(status, "\n".join(out) + "\n", "\n".join(err))

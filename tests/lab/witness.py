"""testinfra inside a lab host without SSH, so that the witness shares no path with the deploy."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from testinfra.backend.base import BaseBackend, CommandResult

from tests.lab.command import Finished


class Runner(Protocol):
    """How a command is run as root inside a host."""

    def __call__(
        self, argv: Sequence[str], *, stdin: str = "", timeout_s: float = 60
    ) -> Finished: ...


class NamespaceBackend(BaseBackend):  # type: ignore[misc] # testinfra publishes no types
    """A testinfra backend that runs every command through a `Runner`."""

    NAME = "lab"

    def __init__(self, hostname: str, runner: Callable[..., Finished]) -> None:
        super().__init__(hostname=hostname)
        self._runner = runner

    def run(self, command: str, *args: str, **kwargs: Any) -> CommandResult:
        line = self.get_command(command, *args)
        done = self._runner(["/bin/sh", "-c", line])
        return self.result(
            done.exit_code, self.encode(line), done.stdout.encode(), done.stderr.encode()
        )

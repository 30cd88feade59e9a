"""What can go wrong between the monitor and a display, each told apart as the wire tells it."""

from inventory.errors import WatchfloorError
from monitors.probe import Problem, ProblemKind


class PjlinkError(WatchfloorError):
    """A display could not be asked. The message names the address, what was seen, the remedy."""

    kind: ProblemKind = ProblemKind.FAILED

    def problem(self) -> Problem:
        """The same as a poll's problem."""
        return Problem(self.kind, str(self))


class SilentError(PjlinkError):
    """No connection, or no line, in time."""

    kind = ProblemKind.SILENT


class ClosedError(PjlinkError):
    """The host refused the connection (TCP reset)."""

    kind = ProblemKind.CLOSED


class UnreachableError(PjlinkError):
    """There is no way to the address, or no address for the name."""

    kind = ProblemKind.UNREACHABLE


class PasswordError(PjlinkError):
    """The display wants a password that it was not given, or rejects the one that it was."""

    kind = ProblemKind.CREDENTIAL


class GarbageError(PjlinkError):
    """Something answers that is not PJLink."""

    kind = ProblemKind.GARBAGE


class HungUpError(PjlinkError):
    """The display ended the connection in the middle."""


class RefusedError(PjlinkError):
    """The display answered a command with one of its error words."""

    def __init__(self, command: str, word: str) -> None:
        super().__init__(f"{command} is answered with {word}")
        self.command = command
        self.word = word

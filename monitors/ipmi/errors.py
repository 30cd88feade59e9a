"""What can go wrong between the monitor and a BMC, each told apart as the wire tells it apart."""

from inventory.errors import WatchfloorError
from monitors.probe import Problem, ProblemKind


class IpmiError(WatchfloorError):
    """A BMC could not be asked. The message names the address, what was seen and the remedy."""

    kind: ProblemKind = ProblemKind.FAILED

    def problem(self) -> Problem:
        """The same as a poll's problem."""
        return Problem(self.kind, str(self))


class MalformedPacketError(IpmiError):
    """Bytes that are not the protocol, or that do not prove where they come from."""

    kind = ProblemKind.GARBAGE


class StrayPacketError(MalformedPacketError):
    """A well-formed packet that came before, or that answers nothing that was asked."""


class GarbageError(IpmiError):
    """Something answers on the port, and it does not speak IPMI."""

    kind = ProblemKind.GARBAGE


class SilentError(IpmiError):
    """No answer in time, not even to the question that needs no login."""

    kind = ProblemKind.SILENT


class SessionLostError(IpmiError):
    """The BMC no longer answers within the session: it was reset, or it dropped the session."""

    kind = ProblemKind.SILENT


class ClosedError(IpmiError):
    """The host said that nothing listens on the port (ICMP port unreachable)."""

    kind = ProblemKind.CLOSED


class UnreachableError(IpmiError):
    """A router or the own host said that there is no way to the address."""

    kind = ProblemKind.UNREACHABLE


class WrongUserError(IpmiError):
    """The BMC knows no user of that name (RAKP status 0x0D)."""

    kind = ProblemKind.CREDENTIAL


class WrongPasswordError(IpmiError):
    """The BMC's proof (RAKP 2 or 4), or its answer to ours, does not fit the password."""

    kind = ProblemKind.CREDENTIAL


class PrivilegeError(IpmiError):
    """The user may not have the privilege that is needed."""

    kind = ProblemKind.CREDENTIAL


class CipherError(IpmiError):
    """The BMC offers none of the cipher suites that are allowed."""


class LoginRefusedError(IpmiError):
    """The BMC refused the session for another reason, such as no free session slot."""


class CommandError(IpmiError):
    """The BMC answered a command with an error of its own (completion code)."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code

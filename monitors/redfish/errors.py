"""What a BMC answers in place of what it was asked for."""

from monitors.net.errors import NetError
from monitors.probe import ProblemKind


class RedfishError(NetError):
    """A BMC answered with an error of its own."""


class LoginError(RedfishError):
    """The BMC rejects the user or the password."""

    kind = ProblemKind.CREDENTIAL


class ForbiddenError(RedfishError):
    """The user may not read this."""

    kind = ProblemKind.CREDENTIAL


class NotFoundError(RedfishError):
    """There is nothing at this path."""


class StrangeError(RedfishError):
    """The BMC, or what stands in its place, does not answer with Redfish."""

    kind = ProblemKind.GARBAGE

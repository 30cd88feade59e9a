"""What can go wrong on the way to a service, each told apart as the wire tells it."""

import errno
import os
import socket
import ssl

from inventory.errors import WatchfloorError
from monitors.probe import Problem, ProblemKind


class NetError(WatchfloorError):
    """A service could not be asked. The message names the address, what was seen, the remedy."""

    kind: ProblemKind = ProblemKind.FAILED

    def problem(self) -> Problem:
        """The same as a poll's problem."""
        return Problem(self.kind, str(self))


class SilentError(NetError):
    """No answer in time."""

    kind = ProblemKind.SILENT


class ClosedError(NetError):
    """The host refused the connection (TCP reset, ICMP port unreachable)."""

    kind = ProblemKind.CLOSED


class UnreachableError(NetError):
    """There is no way to the address, or no address for the name."""

    kind = ProblemKind.UNREACHABLE


class GarbageError(NetError):
    """Something answers that does not keep to the protocol, or to its bounds."""

    kind = ProblemKind.GARBAGE


class HungUpError(NetError):
    """The other side ended the connection in the middle."""


class TrustError(NetError):
    """Nothing that the inventory names vouches for the certificate."""


class TlsError(NetError):
    """No TLS connection came about."""


class CredentialError(NetError):
    """The service rejects the user or the password, or asks for them in a way that is unsafe."""

    kind = ProblemKind.CREDENTIAL


class OurSideError(NetError):
    """This machine cannot ask: a permission or a file is missing."""


def network_error(where: str, error: OSError, waited_s: float) -> NetError:
    """An error of the socket or of TLS in our words. `where` names the service and its address."""
    if isinstance(error, TimeoutError):
        return SilentError(
            f"{where} gives no answer in {waited_s:g} s: check its power, its service and the"
            " firewall between"
        )
    if isinstance(error, socket.gaierror):
        return UnreachableError(f"{where}: the name is not known: check DNS or the inventory")
    if isinstance(error, ssl.SSLError):
        return TlsError(
            f"{where}: no TLS connection ({_reason(error)}): check that it speaks TLS 1.2 or newer"
        )
    if isinstance(error, ConnectionRefusedError):
        return ClosedError(f"{where} has the port closed: start its service, or check the address")
    if isinstance(error, ConnectionError):
        return HungUpError(f"{where} ended the connection: look at its service and its limits")
    if error.errno in (errno.EPERM, errno.EACCES):
        return OurSideError(f"{where}: this machine may not send there: check its own firewall")
    word = os.strerror(error.errno).lower() if error.errno else "network error"
    return UnreachableError(f"{where} cannot be reached ({word}): check route and VLAN")


def _reason(error: ssl.SSLError) -> str:
    """OpenSSL's word, `wrong version number`; never the peer's own text."""
    return (error.reason or "handshake failed").lower().replace("_", " ")[:60]

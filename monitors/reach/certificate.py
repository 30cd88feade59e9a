"""What a TLS certificate says of itself: until when it holds, and for which names. Pure."""

import warnings
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning

_BROKEN = (
    *(ValueError, TypeError, OverflowError, x509.InvalidVersion),
    *(x509.DuplicateExtension, x509.UnsupportedGeneralNameType),
)
"""What the parser raises for certificates that break the rules."""


class UnreadableCertificateError(ValueError):
    """Octets that are no X.509 certificate."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate."""

    begins: datetime
    ends: datetime
    names: tuple[str, ...]
    """DNS names and addresses of the subject alternative names; `*.` stands for one label."""

    def seconds_left(self, now: datetime) -> float:
        """Until it ends; negative once it has."""
        return (self.ends - now).total_seconds()

    def is_for(self, name: str) -> bool:
        """Whether it names a host or address (RFC 9525, section 6)."""
        return any(_fits(known, name) for known in self.names)


def read_certificate(octets: bytes) -> Certificate:
    """Reads DER. Raises UnreadableCertificateError, and nothing else."""
    try:
        with warnings.catch_warnings():
            # Gear signs itself certificates with odd serial numbers: no reason not to read them.
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            found = x509.load_der_x509_certificate(octets)
        return Certificate(found.not_valid_before_utc, found.not_valid_after_utc, _names(found))
    except _BROKEN as error:
        raise UnreadableCertificateError(str(error)[:80]) from error


def _names(found: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = found.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    names = extension.value.get_values_for_type(x509.DNSName)
    addresses = extension.value.get_values_for_type(x509.IPAddress)
    return (*(name.lower() for name in names), *(str(address) for address in addresses))


def _fits(known: str, name: str) -> bool:
    try:
        return ip_address(known) == ip_address(name)
    except ValueError:
        pass  # not both are addresses: names then
    wanted = name.lower().rstrip(".")
    if known.startswith("*."):
        return known[1:] == "." + wanted.partition(".")[2] and "." in wanted
    return known == wanted

"""Whether a server's certificate is the one that the inventory expects."""

import hashlib
import ssl
from dataclasses import dataclass
from functools import cached_property
from hmac import compare_digest
from pathlib import Path

from inventory.reach import Certified
from monitors.net.errors import OurSideError, TrustError

SYSTEM = "system"


@dataclass(frozen=True)
class Trust:
    """What vouches for a certificate: its own fingerprint, else authorities and a name."""

    ca: str = ""
    """An absolute path of a PEM file, or `system`."""
    sha256: str = ""
    """64 hexadecimal digits, lower case."""
    name: str = ""
    """The name that a certificate of an authority must have; the host asked when empty."""
    required: bool = True
    """False: where the inventory names nothing, any certificate will do."""

    @classmethod
    def of(cls, written: Certified, folder: Path, *, required: bool) -> "Trust":
        """As the inventory writes it; relative paths start at the center's folder."""
        ca = written.ca if written.ca in ("", SYSTEM) else str(folder / written.ca)
        return cls(ca, written.sha256, written.name, required)

    @property
    def vouches(self) -> bool:
        """Whether the inventory names anything at all."""
        return bool(self.ca or self.sha256)

    @cached_property
    def context(self) -> ssl.SSLContext:
        """For connections. A fingerprint is compared by `check`, once the handshake is done.

        Raises OurSideError for a file of authorities that cannot be used.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self.sha256 or not self.ca:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            return context
        try:
            if self.ca == SYSTEM:
                context.load_default_certs()
            else:
                context.load_verify_locations(self.ca)
        except (OSError, ValueError) as error:
            raise OurSideError(
                f"{self.ca}: no certificate authorities can be read there ({_why(error)}):"
                " name a PEM file"
            ) from error
        return context

    def check(self, where: str, certificate: bytes) -> None:
        """Refuses a certificate (DER) that is not vouched for, before anything is sent to it.

        A chain was checked in the handshake already.
        """
        seen = fingerprint(certificate)
        if self.sha256 and not compare_digest(seen, self.sha256):
            raise TrustError(
                f"{where} shows another certificate than the inventory says (sha256 {seen}):"
                " find out who exchanged it before you write the new fingerprint down"
            )
        if self.required and not self.vouches:
            raise TrustError(
                f"{where}: nothing vouches for its certificate (sha256 {seen}): compare that with"
                " the device's own page and write it as `sha256`, or name the `ca` that signed it"
            )


def fingerprint(certificate: bytes) -> str:
    """The SHA-256 of a DER certificate, in lower case hexadecimal digits."""
    return hashlib.sha256(certificate).hexdigest()


def refused(where: str, error: ssl.SSLCertVerificationError) -> TrustError:
    """A chain or name that the handshake refused, in our words."""
    return TrustError(
        f"{where}: its certificate is refused ({error.verify_message[:120]}): renew it, or correct"
        " the `ca` or `name` that the inventory expects"
    )


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return "not a PEM file of certificates"
    return (getattr(error, "strerror", None) or str(error)).lower()

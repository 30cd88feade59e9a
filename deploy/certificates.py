"""Signs a host's public key with the center's authority: the private key never leaves its host."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from inventory.errors import WatchfloorError

_EARLIER = timedelta(hours=1)
"""A certificate is good from a little before: the host's clock may be late."""


class CertificateError(WatchfloorError):
    """A certificate that cannot be signed or is not what it should be."""


def signed(public_key: str, name: str, days: int, authority: str, authority_key: str) -> str:
    """A certificate in PEM for the owner of a public key, as TLS client and server.

    All texts are PEM. Raises `CertificateError`; its text holds nothing of the key.
    """
    issuer = _certificate(authority)
    signer = _private_key(authority_key)
    if signer.public_key() != issuer.public_key():
        raise CertificateError(
            "center.authority: the credential's key does not belong to the certificate"
        )
    try:
        subject = serialization.load_pem_public_key(public_key.encode())
    except ValueError as error:
        raise CertificateError(f"{name}: its public key cannot be read: {error}") from error
    if not isinstance(subject, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise CertificateError(f"{name}: its key is neither an elliptic curve's nor RSA's")
    now = datetime.now(UTC).replace(microsecond=0)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])]))
        .issuer_name(issuer.subject)
        .public_key(subject)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(min(now + timedelta(days=days), issuer.not_valid_after_utc))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage(
                [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
            ),
            critical=False,
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(subject), critical=False)
        .sign(signer, hashes.SHA384())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def fault(certificate: str, name: str, public_key: str, authority: str) -> str:
    """What is wrong with a host's certificate; empty when it is good for some time yet.

    `public_key` is the public half of the key that is on the host.
    """
    try:
        found = _certificate(certificate)
        found.verify_directly_issued_by(_certificate(authority))
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        key = serialization.load_pem_public_key(public_key.encode())
    except (CertificateError, ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return "the authority has not signed it"
    if names.get_values_for_type(x509.DNSName) != [name]:
        return "it is for another name"
    if found.public_key() != key:
        return "it is for another key"
    life = found.not_valid_after_utc - found.not_valid_before_utc
    if datetime.now(UTC) > found.not_valid_after_utc - life / 4:
        return f"it ends on {found.not_valid_after_utc:%Y-%m-%d}"
    return ""


def _certificate(text: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(text.encode())
    except ValueError as error:
        raise CertificateError(f"a certificate cannot be read: {error}") from error


def _private_key(text: str) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    try:
        key = serialization.load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError):
        # Without "from": nobody can say what an error about a key holds.
        raise CertificateError(
            "center.authority: the credential holds no private key in PEM without a passphrase"
        ) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise CertificateError("center.authority: its key is neither an elliptic curve's nor RSA's")
    return key

"""Certificates as gear has them: what cannot be read is said so, and nothing else is raised."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from monitors.reach.certificate import UnreadableCertificateError, read_certificate

SUBJECT_NAMES, ISSUER_NAMES = b"\x06\x03\x55\x1d\x11", b"\x06\x03\x55\x1d\x12"
"""The OIDs of two extensions, with tag and length."""
DNS_NAME, X400_ADDRESS = b"\x82\x05cam-1", b"\xa3\x05cam-1"


def certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "camera")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(5)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("cam-1")]), critical=False)
        .add_extension(x509.IssuerAlternativeName([x509.DNSName("maker")]), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )


GOOD = certificate()


def test_a_certificate_says_for_whom_and_until_when_it_holds() -> None:
    read = read_certificate(GOOD)
    assert (read.names, read.ends) == (("cam-1",), datetime(2027, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "octets",
    [
        GOOD.replace(ISSUER_NAMES, SUBJECT_NAMES),
        GOOD.replace(DNS_NAME, X400_ADDRESS),
        GOOD[:-1],
        b"",
    ],
    ids=["one extension twice", "a name of an odd kind", "cut off", "nothing"],
)
def test_one_that_breaks_the_rules_is_unreadable(octets: bytes) -> None:
    assert octets != GOOD
    with pytest.raises(UnreadableCertificateError):
        read_certificate(octets)


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_one_wrong_octet_is_read_or_refused(at: int, change: int) -> None:
    octets = bytearray(GOOD)
    octets[at] ^= change
    with suppress(UnreadableCertificateError):
        read_certificate(bytes(octets))

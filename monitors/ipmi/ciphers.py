"""The cipher suites that Watchfloor speaks, and the keys that a login derives for them."""

import hmac
from dataclasses import dataclass

CIPHER_ZERO = 0
"""The suite without any authentication; asked for only to prove that it is refused."""


@dataclass(frozen=True, slots=True)
class CipherSuite:
    """One line of table 22-20 (IPMI 2.0): how a session is authenticated, sealed and hidden."""

    number: int
    authentication: int
    integrity: int
    confidentiality: int
    digest: str
    """The hash's name for `hashlib`; empty for suite 0."""
    code_length: int
    """Bytes of the integrity code on each packet and in RAKP 4."""
    proof_length: int
    """Bytes of the key exchange codes in RAKP 2 and 3."""


SUITE_3 = CipherSuite(3, 1, 1, 1, "sha1", 12, 20)
SUITE_17 = CipherSuite(17, 3, 4, 1, "sha256", 16, 32)
SUITE_0 = CipherSuite(CIPHER_ZERO, 0, 0, 0, "", 0, 0)
SUITES = {suite.number: suite for suite in (SUITE_3, SUITE_17)}


@dataclass(frozen=True, slots=True, repr=False)
class SessionKeys:
    """What seals (k1) and hides (k2) the packets of one session."""

    sik: bytes
    k1: bytes
    k2: bytes


def mac(suite: CipherSuite, key: bytes, data: bytes) -> bytes:
    """The suite's keyed hash, untruncated."""
    return hmac.digest(key, data, suite.digest)


def derive_keys(suite: CipherSuite, sik: bytes) -> SessionKeys:
    """The additional keying material of section 13.32; its constants are 20 bytes in each suite."""
    return SessionKeys(
        sik=sik, k1=mac(suite, sik, b"\x01" * 20), k2=mac(suite, sik, b"\x02" * 20)[:16]
    )

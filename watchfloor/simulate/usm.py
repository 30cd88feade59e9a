"""The agent's side of the User-based Security Model: keys, digests and AES (RFC 3414, 3826, 7860).

AES-256 with a digest shorter than its key extends the key as the draft of Blumenthal does, which
net-snmp calls AES-256; `AES-256-C` extends it in the way of Reeder, as Cisco's devices do.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from watchfloor.simulate.errors import GearError

_DIGEST_OCTETS = {"SHA-1": 12, "SHA-224": 16, "SHA-256": 24, "SHA-384": 32, "SHA-512": 48}
"""HMAC-SHA-96 of RFC 3414 and the truncations of RFC 7860 section 4.1."""
_KEY_OCTETS = {"AES-128": 16, "AES-256": 32, "AES-256-C": 32}
_SHORTEST_PASSWORD = 8
_STRETCHED = 1_048_576


@dataclass(frozen=True, slots=True)
class SimulatedUser:
    """A user of an agent, who must authenticate and encrypt (authPriv)."""

    name: str
    auth_password: str = field(repr=False)
    privacy_password: str = field(repr=False)
    auth: str = "SHA-256"
    """SHA-1, SHA-224, SHA-256, SHA-384 or SHA-512."""
    privacy: str = "AES-128"
    """AES-128, AES-256 or AES-256-C."""

    def __post_init__(self) -> None:
        if self.auth not in _DIGEST_OCTETS or self.privacy not in _KEY_OCTETS:
            known = ", ".join([*_DIGEST_OCTETS, *_KEY_OCTETS])
            raise GearError(f"user {self.name}: unknown protocol; choose of {known}")
        if min(len(self.auth_password), len(self.privacy_password)) < _SHORTEST_PASSWORD:
            raise GearError(f"user {self.name}: SNMPv3 needs passwords of 8 characters or more")


class UserKeys:
    """One user's keys on one engine."""

    def __init__(self, user: SimulatedUser, engine_id: bytes) -> None:
        self._hash = _hash_name(user.auth)
        self.digest_octets = _DIGEST_OCTETS[user.auth]
        self._auth_key = _localized(self._hash, user.auth_password, engine_id)
        key = _localized(self._hash, user.privacy_password, engine_id)
        if user.privacy == "AES-256-C":
            key = _extended_by_reeder(self._hash, key, engine_id)
        else:
            key = _extended_by_blumenthal(self._hash, key, _KEY_OCTETS[user.privacy])
        self._aes = AES(key[: _KEY_OCTETS[user.privacy]])
        self._salt = secrets.randbits(64)

    def digest(self, message: bytes) -> bytes:
        """The truncated HMAC over a message whose own digest field holds zeros."""
        return hmac.digest(self._auth_key, message, self._hash)[: self.digest_octets]

    def decrypt(self, boots: int, time_s: int, salt: bytes, content: bytes) -> bytes:
        """The plain scoped PDU."""
        decryptor = self._cipher(boots, time_s, salt).decryptor()
        return decryptor.update(content) + decryptor.finalize()

    def encrypt(self, boots: int, time_s: int, content: bytes) -> tuple[bytes, bytes]:
        """A salt that this engine never used before, and the encrypted scoped PDU."""
        self._salt = (self._salt + 1) % (1 << 64)
        salt = self._salt.to_bytes(8, "big")
        encryptor = self._cipher(boots, time_s, salt).encryptor()
        return salt, encryptor.update(content) + encryptor.finalize()

    def _cipher(self, boots: int, time_s: int, salt: bytes) -> Cipher[CFB]:
        vector = boots.to_bytes(4, "big") + time_s.to_bytes(4, "big") + salt
        return Cipher(self._aes, CFB(vector))


def _hash_name(auth: str) -> str:
    return auth.replace("-", "").lower()


@lru_cache(maxsize=64)
def _stretched(hash_name: str, password: bytes) -> bytes:
    """RFC 3414 A.2.1: the hash of a megabyte of repeated password; dear, so it is kept."""
    repeated = password * (_STRETCHED // len(password) + 1)
    return hashlib.new(hash_name, repeated[:_STRETCHED]).digest()


def _localized(hash_name: str, password: str | bytes, engine_id: bytes) -> bytes:
    secret = password.encode() if isinstance(password, str) else password
    key = _stretched(hash_name, secret)
    return hashlib.new(hash_name, key + engine_id + key).digest()


def _extended_by_blumenthal(hash_name: str, key: bytes, octets: int) -> bytes:
    while len(key) < octets:
        key += hashlib.new(hash_name, key).digest()
    return key


def _extended_by_reeder(hash_name: str, key: bytes, engine_id: bytes) -> bytes:
    octets = _KEY_OCTETS["AES-256-C"]
    part = key
    while len(key) < octets:
        part = _localized(hash_name, part, engine_id)
        key += part
    return key

"""SNMPv3's user-based security: users, their keys per engine, and how messages are signed.

RFC 3414 (USM), RFC 7860 (SHA-2), draft-blumenthal-aes-usm-04 and
draft-reeder-snmpv3-usm-3desede-00 (the two ways in which vendors stretch a key to AES-256).
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

from monitors.snmp.errors import TargetError

MIN_PASSWORD = 8
"""RFC 3414 section 11.2."""
MAX_USER_NAME = 32
_KEY_STREAM_BYTES = 1_048_576
"""RFC 3414 appendix A.2: a password is repeated to one megabyte."""


class Auth(Enum):
    """Authentication protocols: hash and bytes of the code that stands in the message."""

    SHA1 = ("sha1", 12)
    SHA224 = ("sha224", 16)
    SHA256 = ("sha256", 24)
    SHA384 = ("sha384", 32)
    SHA512 = ("sha512", 48)

    def __init__(self, digest: str, code_bytes: int) -> None:
        self.digest = digest
        """The hash's name in hashlib."""
        self.code_bytes = code_bytes
        """How much of the HMAC is sent."""


class Priv(Enum):
    """Privacy protocols, all of them AES in CFB mode: name and bytes of key."""

    AES128 = ("aes128", 16)
    AES256 = ("aes256", 32)
    """Key stretched as Blumenthal's draft says: net-snmp, Juniper, most others."""
    AES256_REEDER = ("aes256-reeder", 32)
    """Key stretched as Reeder's draft says: Cisco and who followed it."""

    @property
    def key_bytes(self) -> int:
        """The cipher's key length."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class UsmUser:
    """An SNMPv3 user. Without `priv` it is authNoPriv; unauthenticated SNMPv3 is not offered."""

    name: str
    auth: Auth
    auth_password: str = field(repr=False)
    priv: Priv | None = None
    priv_password: str = field(default="", repr=False)
    context: str = ""

    def __post_init__(self) -> None:
        if not 1 <= len(self.name.encode()) <= MAX_USER_NAME:
            raise TargetError(f"an SNMPv3 user name has 1 to {MAX_USER_NAME} bytes")
        if len(self.auth_password) < MIN_PASSWORD:
            raise TargetError(f"SNMPv3 user {self.name}: auth password under {MIN_PASSWORD} chars")
        if self.priv is not None and len(self.priv_password) < MIN_PASSWORD:
            raise TargetError(f"SNMPv3 user {self.name}: priv password under {MIN_PASSWORD} chars")


@dataclass(frozen=True, slots=True)
class LocalKeys:
    """One user's keys for one engine."""

    auth: bytes = field(repr=False)
    priv: bytes = field(repr=False)


class KeyRing:
    """Keys per user and engine, derived once: hashing a password costs some milliseconds."""

    def __init__(self) -> None:
        self._passwords: dict[tuple[str, str], bytes] = {}
        self._local: dict[tuple[UsmUser, bytes], LocalKeys] = {}

    def keys(self, user: UsmUser, engine_id: bytes) -> LocalKeys:
        """The user's keys for this engine."""
        found = self._local.get((user, engine_id))
        if found is None:
            found = self._local[user, engine_id] = self._derive(user, engine_id)
        return found

    def forget(self, user: UsmUser, engine_id: bytes) -> None:
        """Drops the keys for an engine that is no more."""
        self._local.pop((user, engine_id), None)

    def _derive(self, user: UsmUser, engine_id: bytes) -> LocalKeys:
        digest = user.auth.digest
        auth = localise(self._master(user.auth_password, digest), engine_id, digest)
        if user.priv is None:
            return LocalKeys(auth, b"")
        key = localise(self._master(user.priv_password, digest), engine_id, digest)
        stretch = stretch_reeder if user.priv is Priv.AES256_REEDER else stretch_blumenthal
        return LocalKeys(auth, stretch(key, engine_id, digest, user.priv.key_bytes))

    def _master(self, password: str, digest: str) -> bytes:
        found = self._passwords.get((password, digest))
        if found is None:
            found = self._passwords[password, digest] = password_to_key(password.encode(), digest)
        return found


def password_to_key(password: bytes, digest: str) -> bytes:
    """RFC 3414 appendix A.2: the user's key, before it is bound to an engine."""
    repeats = _KEY_STREAM_BYTES // len(password) + 1
    return hashlib.new(digest, (password * repeats)[:_KEY_STREAM_BYTES]).digest()


def localise(key: bytes, engine_id: bytes, digest: str) -> bytes:
    """RFC 3414 section 2.6: the key for one engine only."""
    return hashlib.new(digest, key + engine_id + key).digest()


def stretch_blumenthal(key: bytes, engine_id: bytes, digest: str, size: int) -> bytes:
    """draft-blumenthal-aes-usm-04 section 3.1.2.1: append hashes of all so far."""
    del engine_id  # takes no part in this one
    while len(key) < size:
        key += hashlib.new(digest, key).digest()
    return key[:size]


def stretch_reeder(key: bytes, engine_id: bytes, digest: str, size: int) -> bytes:
    """draft-reeder-snmpv3-usm-3desede-00 2.1: append keys whose password is the last one."""
    last = key
    while len(key) < size:
        last = localise(password_to_key(last, digest), engine_id, digest)
        key += last
    return key[:size]


def sign(message: bytes, at: int, auth: Auth, key: bytes) -> bytes:
    """The message with its authentication code at `at`, where zeros stand so far."""
    return message[:at] + _code(message, auth, key) + message[at + auth.code_bytes :]


def authentic(message: bytes, at: int, auth: Auth, key: bytes) -> bool:
    """Whether the code at `at` is right for the message, compared in constant time."""
    end = at + auth.code_bytes
    blank = message[:at] + bytes(auth.code_bytes) + message[end:]
    return hmac.compare_digest(_code(blank, auth, key), message[at:end])


def _code(message: bytes, auth: Auth, key: bytes) -> bytes:
    """The first bytes of the HMAC (RFC 2104); what depends on the key alone is hashed once."""
    begun_inner, begun_outer = _begun_hmac(key, auth.digest)
    inner, outer = begun_inner.copy(), begun_outer.copy()
    inner.update(message)
    outer.update(inner.digest())
    return outer.digest()[: auth.code_bytes]


@lru_cache(maxsize=4096)
def _begun_hmac(key: bytes, digest: str) -> "tuple[hashlib._Hash, hashlib._Hash]":
    """RFC 2104: the inner and the outer hash, which have taken in the key."""
    size = hashlib.new(digest).block_size
    block = int.from_bytes(key.ljust(size, b"\0"))  # a key for one engine is a digest, no longer
    inner, outer = (int.from_bytes(bytes((pad,)) * size) ^ block for pad in (0x36, 0x5C))
    return hashlib.new(digest, inner.to_bytes(size)), hashlib.new(digest, outer.to_bytes(size))


class Salt:
    """The 64-bit counter of RFC 3826 section 3.1.2.1, which must never repeat under one key."""

    def __init__(self) -> None:
        self._next = secrets.randbits(64)

    def take(self) -> bytes:
        """The next salt, eight bytes."""
        self._next = (self._next + 1) & 0xFFFF_FFFF_FFFF_FFFF
        return self._next.to_bytes(8)

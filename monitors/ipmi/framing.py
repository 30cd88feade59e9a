"""Packets around messages: RMCP, the sessionless wrappers, and the sealed packets of a session."""

import hmac
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from monitors.ipmi.ciphers import CipherSuite, SessionKeys
from monitors.ipmi.errors import MalformedPacketError, StrayPacketError

LARGEST_PACKET = 1024
"""Bytes. RMCP messages stay far below; more is not read."""
RMCP = b"\x06\x00\xff\x07"
"""RMCP version 1.0, no acknowledgement wanted, class IPMI (table 13-1)."""
AUTH_NONE = 0x00
AUTH_RMCP_PLUS = 0x06
PAYLOAD_IPMI = 0x00
PAYLOAD_OPEN_REQUEST = 0x10
PAYLOAD_RAKP1 = 0x12
PAYLOAD_RAKP3 = 0x14
_RMCP_PLUS = bytes((AUTH_RMCP_PLUS,))
SEALED_IPMI = 0xC0 | PAYLOAD_IPMI
"""Encrypted and authenticated."""

_SESSIONLESS_15 = struct.Struct("<BIIB")
_HEADER_20 = struct.Struct("<BBIIH")
_HEADER_END = len(RMCP) + _HEADER_20.size
_BLOCK = 16
_NEXT_HEADER = 0x07
_INTEGRITY_TRAILER = b"\xff\xff\x02\x07"
"""Two bytes of pad, their count and the next header: what 12 + 16 n bytes always need."""
_PADDING = tuple(bytes(range(1, count + 1)) + bytes((count,)) for count in range(_BLOCK))
_VECTORS_AT_ONCE = 64
_SEQUENCES = 1 << 32
_WINDOW = 32


def wrap_sessionless(message: bytes) -> bytes:
    """An IPMI message outside any session, in the IPMI 1.5 format that every BMC takes."""
    return RMCP + _SESSIONLESS_15.pack(AUTH_NONE, 0, 0, len(message)) + message


def unwrap_sessionless(packet: bytes) -> bytes:
    """The IPMI message of a sessionless packet; raises MalformedPacketError."""
    if is_rmcp_plus(packet):
        kind, message = unwrap_handshake(packet)
        if kind != PAYLOAD_IPMI:
            raise MalformedPacketError(f"payload type {kind:#04x} where a response was due")
        return message
    start = len(RMCP) + _SESSIONLESS_15.size
    if len(packet) < start:
        raise MalformedPacketError(f"packet of {len(packet)} bytes")
    authentication, _, session, length = _SESSIONLESS_15.unpack_from(packet, len(RMCP))
    if authentication != AUTH_NONE or session:
        raise MalformedPacketError("packet of a session that nobody opened")
    return _exactly(packet, start, length)


def wrap_handshake(kind: int, payload: bytes) -> bytes:
    """An RMCP+ payload before the session exists."""
    return RMCP + _HEADER_20.pack(AUTH_RMCP_PLUS, kind, 0, 0, len(payload)) + payload


def unwrap_handshake(packet: bytes) -> tuple[int, bytes]:
    """Payload type and payload of an RMCP+ packet outside a session."""
    if len(packet) < _HEADER_END or not is_rmcp_plus(packet):
        raise MalformedPacketError("packet that is not RMCP+")
    _, kind, session, _, length = _HEADER_20.unpack_from(packet, len(RMCP))
    if session or kind & 0xC0:
        raise StrayPacketError("packet of a session that is not open")
    return kind, _exactly(packet, _HEADER_END, length)


def is_ipmi(packet: bytes) -> bool:
    """Whether the packet claims to be RMCP of class IPMI, and has a sane length."""
    return (
        5 <= len(packet) <= LARGEST_PACKET and packet[0] == RMCP[0] and packet[3] & 0x1F == RMCP[3]
    )


def is_rmcp_plus(packet: bytes) -> bool:
    """Whether an RMCP packet carries the IPMI 2.0 session header."""
    return len(packet) > len(RMCP) and packet[4] == AUTH_RMCP_PLUS


def session_id(packet: bytes) -> int:
    """The console's session id that an RMCP+ packet names; 0 outside a session."""
    return int.from_bytes(packet[6:10], "little") if packet[4:5] == _RMCP_PLUS else 0


def _exactly(packet: bytes, start: int, length: int) -> bytes:
    # Some BMCs add a pad byte to packets of certain lengths, as old network chips needed.
    if not start + length <= len(packet) <= start + length + 1:
        raise MalformedPacketError(f"length {length} in a packet of {len(packet)} bytes")
    return packet[start : start + length]


class SealedFraming:
    """The packets of one session: numbered, encrypted with AES-128-CBC and authenticated."""

    def __init__(
        self, suite: CipherSuite, keys: SessionKeys, console_session: int, managed_session: int
    ) -> None:
        self._digest = suite.digest
        self._code_length = suite.code_length
        self._k1 = keys.k1
        # Set up once for the session: see `wrap` and `_reveal` for why one chain each is enough.
        cipher = Cipher(algorithms.AES(keys.k2), modes.CBC(bytes(_BLOCK)))
        self._encryptor = cipher.encryptor()
        self._decryptor = cipher.decryptor()
        self._console_session = console_session
        self._managed_session = managed_session
        self._vectors = b""
        self._vectors_used = 0
        self._sent = 0
        self._received = 0
        self._seen = 0

    @property
    def console_session(self) -> int:
        """The session id that the BMC's packets carry."""
        return self._console_session

    @property
    def managed_session(self) -> int:
        """The session id that our packets carry."""
        return self._managed_session

    def wrap(self, message: bytes) -> bytes:
        """The message as the session's next packet."""
        self._sent = self._sent % (_SEQUENCES - 1) + 1
        # A random block, encrypted first, is the unpredictable vector of the blocks behind it.
        padding = _PADDING[-(len(message) + 1) % _BLOCK]
        hidden = self._encryptor.update(self._vector() + message + padding)
        header = _HEADER_20.pack(
            AUTH_RMCP_PLUS, SEALED_IPMI, self._managed_session, self._sent, len(hidden)
        )
        sealed = header + hidden + _INTEGRITY_TRAILER
        return RMCP + sealed + self._code(sealed)

    def unwrap(self, packet: bytes) -> bytes:
        """The message of a packet that proves to be new and from the BMC.

        Raises MalformedPacketError otherwise. Nothing is believed before the integrity code fits.
        """
        if len(packet) < _HEADER_END + 2 * _BLOCK + 2 + self._code_length:
            raise MalformedPacketError(f"sealed packet of {len(packet)} bytes")
        code = packet[-self._code_length :]
        if not hmac.compare_digest(self._code(packet[4 : -self._code_length]), code):
            raise MalformedPacketError("packet with a wrong integrity code")
        _, kind, session, sequence, length = _HEADER_20.unpack_from(packet, len(RMCP))
        if kind != SEALED_IPMI or session != self._console_session:
            raise MalformedPacketError("packet of another session or kind")
        self._check_trailer(packet, length)
        message = self._reveal(packet[_HEADER_END : _HEADER_END + length])
        self._admit(sequence)
        return message

    def _vector(self) -> bytes:
        """A random block; many are drawn at once, since each call of the kernel costs more."""
        self._vectors_used += _BLOCK
        if self._vectors_used >= len(self._vectors):
            self._vectors, self._vectors_used = os.urandom(_BLOCK * _VECTORS_AT_ONCE), 0
        return self._vectors[self._vectors_used : self._vectors_used + _BLOCK]

    def _code(self, sealed: bytes) -> bytes:
        return hmac.digest(self._k1, sealed, self._digest)[: self._code_length]

    def _check_trailer(self, packet: bytes, length: int) -> None:
        tail = packet[_HEADER_END + length : -self._code_length]
        if len(tail) < 2 or tail[-1] != _NEXT_HEADER or tail[-2] != len(tail) - 2:
            raise MalformedPacketError("sealed packet with a wrong length or trailer")

    def _reveal(self, payload: bytes) -> bytes:
        if len(payload) < 2 * _BLOCK or len(payload) % _BLOCK:
            raise MalformedPacketError(f"encrypted payload of {len(payload)} bytes")
        # The first block out is the vector's own, chained to the packet before: of no meaning.
        plain = self._decryptor.update(payload)[_BLOCK:]
        count = plain[-1]
        if count >= _BLOCK or not plain.endswith(_PADDING[count]):
            raise MalformedPacketError("decrypted payload with wrong padding")
        return plain[: -count - 1]

    def _admit(self, sequence: int) -> None:
        """Refuses a packet that came before, by the sliding window of section 6.12.13."""
        ahead = (sequence - self._received) % _SEQUENCES
        if 0 < ahead < _SEQUENCES // 2:
            self._seen = (self._seen << min(ahead, _WINDOW) | 1) & ((1 << _WINDOW) - 1)
            self._received = sequence
            return
        behind = (self._received - sequence) % _SEQUENCES
        if behind >= _WINDOW or self._seen >> behind & 1:
            raise StrayPacketError("packet that came before")
        self._seen |= 1 << behind

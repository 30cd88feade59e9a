"""RMCP+ packets and their protection: IPMI v2.0 sections 13.6 to 13.29."""

import hmac
import secrets
import struct
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

IPMI_HEADER = b"\x06\x00\xff\x07"
ASF_HEADER = b"\x06\x00\xff\x06"
IPMI_MESSAGE, OPEN_REQUEST, OPEN_RESPONSE = 0x00, 0x10, 0x11
RAKP_1, RAKP_2, RAKP_3, RAKP_4 = 0x12, 0x13, 0x14, 0x15

_FORMAT_15, _FORMAT_RMCP_PLUS = 0x00, 0x06
_ENCRYPTED, _AUTHENTICATED = 0x80, 0x40
_NEXT_HEADER = 0x07
_BLOCK = 16


class RmcpError(ValueError):
    """A packet that a BMC drops without a word."""


class CipherSuite(NamedTuple):
    """The algorithm numbers of IPMI v2.0 tables 13-17 to 13-19."""

    authentication: int
    integrity: int
    confidentiality: int


CIPHER_SUITES = {
    0: CipherSuite(0, 0, 0),
    1: CipherSuite(1, 0, 0),
    2: CipherSuite(1, 1, 0),
    3: CipherSuite(1, 1, 1),
    15: CipherSuite(3, 0, 0),
    16: CipherSuite(3, 4, 0),
    17: CipherSuite(3, 4, 1),
}
"""Table 22-20, as far as HMAC-SHA1, HMAC-SHA256 and AES-CBC-128 go."""
_HASHES = {1: "sha1", 3: "sha256"}
_CODE_OCTETS = {1: 12, 3: 16}
"""How much of the HMAC protects RAKP 4 and, with the matching integrity algorithm, a packet."""


class Packet(NamedTuple):
    """What stands around a payload, and where the payload lies in the datagram."""

    payload_type: int
    encrypted: bool
    authenticated: bool
    session_id: int
    sequence: int
    start: int
    stop: int
    rmcp_plus: bool


def read_packet(data: bytes) -> Packet:
    """Reads the wrapper of one datagram. Raises RmcpError for what is no IPMI packet."""
    if data[:4] != IPMI_HEADER or len(data) < 14:
        raise RmcpError("no IPMI packet")
    if data[4] == _FORMAT_15:
        sequence, session_id, length = struct.unpack_from("<IIB", data, 5)
        packet = Packet(IPMI_MESSAGE, False, False, session_id, sequence, 14, 14 + length, False)
    elif data[4] == _FORMAT_RMCP_PLUS and len(data) >= 16:
        kind, session_id, sequence, length = struct.unpack_from("<BIIH", data, 5)
        encrypted, signed = bool(kind & _ENCRYPTED), bool(kind & _AUTHENTICATED)
        stop = 16 + length
        packet = Packet(kind & 0x3F, encrypted, signed, session_id, sequence, 16, stop, True)
    else:
        raise RmcpError("an authentication format that is not served")
    if packet.stop > len(data):
        raise RmcpError("the payload is cut off")
    return packet


def wrap_plain(payload_type: int, payload: bytes, *, rmcp_plus: bool) -> bytes:
    """A packet outside of any session."""
    if not rmcp_plus:
        return IPMI_HEADER + struct.pack("<BIIB", _FORMAT_15, 0, 0, len(payload)) + payload
    header = struct.pack("<BBIIH", _FORMAT_RMCP_PLUS, payload_type, 0, 0, len(payload))
    return IPMI_HEADER + header + payload


@dataclass(slots=True)
class Exchange:
    """What both sides of a RAKP exchange know (section 13.31): its codes prove the password."""

    suite: CipherSuite
    console_id: int
    bmc_id: int
    console_random: bytes
    bmc_random: bytes
    guid: bytes
    role: int
    user: bytes
    password: bytes

    def rakp_2_code(self) -> bytes:
        """The BMC's proof that it knows the password."""
        ids = struct.pack("<II", self.console_id, self.bmc_id)
        randoms = self.console_random + self.bmc_random
        return self._hmac(self.password, ids + randoms + self.guid + self._who())

    def rakp_3_code(self) -> bytes:
        """The console's proof."""
        console_id = struct.pack("<I", self.console_id)
        return self._hmac(self.password, self.bmc_random + console_id + self._who())

    def rakp_4_code(self) -> bytes:
        """The BMC's proof that it has the same session key."""
        if not self.suite.authentication:
            return b""
        bmc_id = struct.pack("<I", self.bmc_id)
        code = self._hmac(self.session_key(), self.console_random + bmc_id + self.guid)
        return code[: _CODE_OCTETS[self.suite.authentication]]

    def session_key(self) -> bytes:
        """The SIK. No BMC key (K_g) is set, so the password takes its place."""
        return self._hmac(self.password, self.console_random + self.bmc_random + self._who())

    def derived_key(self, number: int) -> bytes:
        """K1 (integrity) or K2 (confidentiality), section 13.32."""
        return self._hmac(self.session_key(), bytes((number,)) * 20)

    def _who(self) -> bytes:
        return bytes((self.role, len(self.user))) + self.user

    def _hmac(self, key: bytes, message: bytes) -> bytes:
        if not self.suite.authentication:
            return b""
        return hmac.digest(key, message, _HASHES[self.suite.authentication])


class Protection:
    """Signs and encrypts the packets of one session."""

    def __init__(self, exchange: Exchange) -> None:
        self._suite = exchange.suite
        self._hash = _HASHES.get(exchange.suite.authentication, "sha1")
        self._integrity_key = exchange.derived_key(1)
        self._aes = AES(exchange.derived_key(2)[:16]) if self._suite.confidentiality else None
        self._console_id = exchange.console_id
        self._sequence = 0

    def unwrap(self, data: bytes, packet: Packet) -> bytes:
        """The plain payload. Raises RmcpError when it is less protected than agreed, or forged."""
        agreed = bool(self._suite.integrity), bool(self._suite.confidentiality)
        if (packet.authenticated, packet.encrypted) != agreed:
            raise RmcpError("not protected as agreed")
        if packet.authenticated and not self._is_authentic(data, packet):
            raise RmcpError("wrong integrity code")
        payload = data[packet.start : packet.stop]
        return self._decrypted(payload) if packet.encrypted else payload

    def wrap(self, payload: bytes) -> bytes:
        """A packet for the console."""
        self._sequence += 1
        kind = IPMI_MESSAGE
        if self._suite.confidentiality:
            payload, kind = self._encrypted(payload), kind | _ENCRYPTED
        if self._suite.integrity:
            kind |= _AUTHENTICATED
        header = struct.pack(
            "<BBIIH", _FORMAT_RMCP_PLUS, kind, self._console_id, self._sequence, len(payload)
        )
        body = header + payload
        if self._suite.integrity:
            pad = -(len(body) + 2) % 4
            body += b"\xff" * pad + bytes((pad, _NEXT_HEADER))
            body += self._code(body)
        return IPMI_HEADER + body

    def _code(self, signed: bytes) -> bytes:
        octets = _CODE_OCTETS[self._suite.authentication]
        return hmac.digest(self._integrity_key, signed, self._hash)[:octets]

    def _is_authentic(self, data: bytes, packet: Packet) -> bool:
        octets = _CODE_OCTETS[self._suite.authentication]
        end = len(data) - octets
        if end < packet.stop + 2 or data[end - 1] != _NEXT_HEADER:
            return False
        return hmac.compare_digest(self._code(data[4:end]), data[end:])

    def _decrypted(self, payload: bytes) -> bytes:
        """Section 13.29: a vector, then blocks; the pad counts 1, 2, 3 … and ends in its length."""
        assert self._aes is not None
        if len(payload) < 2 * _BLOCK or len(payload) % _BLOCK:
            raise RmcpError("no whole AES blocks")
        decryptor = Cipher(self._aes, CBC(payload[:_BLOCK])).decryptor()
        plain = decryptor.update(payload[_BLOCK:]) + decryptor.finalize()
        pad = plain[-1]
        if pad >= _BLOCK or plain[-1 - pad : -1] != bytes(range(1, pad + 1)):
            raise RmcpError("wrong confidentiality pad")
        return plain[: -1 - pad]

    def _encrypted(self, payload: bytes) -> bytes:
        assert self._aes is not None
        pad = -(len(payload) + 1) % _BLOCK
        plain = payload + bytes(range(1, pad + 1)) + bytes((pad,))
        vector = secrets.token_bytes(_BLOCK)
        encryptor = Cipher(self._aes, CBC(vector)).encryptor()
        return vector + encryptor.update(plain) + encryptor.finalize()

"""The login of IPMI 2.0 (sections 13.17 to 13.24): its messages and its proofs. Pure."""

import hmac
import struct
from dataclasses import dataclass

from monitors.ipmi.ciphers import CipherSuite, SessionKeys, derive_keys, mac
from monitors.ipmi.errors import MalformedPacketError, WrongPasswordError

RANDOM_BYTES = 16
GUID_BYTES = 16
NAME_ONLY = 0x10
"""The BMC looks the user up by name alone, so that a strong user may ask for little."""
STATUS_OK = 0x00
STATUS_INVALID_SESSION = 0x02
STATUS_WRONG_PROOF = 0x0F
_OPEN = struct.Struct("<BBBxI")
_OPEN_RESPONSE = 36
_ALGORITHM = struct.Struct("<BxxBBxxx")
_RAKP = struct.Struct("<BBxxI")
_RAKP2_PROOF_AT = _RAKP.size + RANDOM_BYTES + GUID_BYTES

STATUS_TEXTS = {
    0x01: "no free session",
    STATUS_INVALID_SESSION: "invalid session id",
    0x03: "invalid payload type",
    0x04: "invalid authentication algorithm",
    0x05: "invalid integrity algorithm",
    0x06: "no matching authentication payload",
    0x07: "no matching integrity payload",
    0x08: "inactive session id",
    0x09: "invalid role",
    0x0A: "role or privilege not allowed",
    0x0B: "no free session at that role",
    0x0C: "invalid name length",
    0x0D: "unknown user name",
    0x0E: "unknown GUID",
    STATUS_WRONG_PROOF: "invalid integrity check value",
    0x10: "invalid confidentiality algorithm",
    0x11: "no matching cipher suite",
    0x12: "illegal parameter",
}
"""RMCP+ and RAKP status codes (table 13-15)."""
CIPHER_STATUSES = frozenset({0x04, 0x05, 0x06, 0x07, 0x10, 0x11})
PRIVILEGE_STATUSES = frozenset({0x09, 0x0A})
USER_STATUSES = frozenset({0x0C, 0x0D})


@dataclass(frozen=True, slots=True, repr=False)
class Claim:
    """What the console brings into a handshake."""

    suite: CipherSuite
    user: bytes
    password: bytes
    privilege: int
    console_session: int
    console_random: bytes

    @property
    def role(self) -> bytes:
        """Role, name length and name, as they stand in every proof."""
        return bytes((NAME_ONLY | self.privilege, len(self.user))) + self.user


@dataclass(frozen=True, slots=True, repr=False)
class Challenge:
    """What the BMC brings into a handshake."""

    managed_session: int
    managed_random: bytes
    guid: bytes


class RefusedError(MalformedPacketError):
    """The BMC ended the handshake with a status code."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(STATUS_TEXTS.get(status, "unknown status") + f" ({status:#04x})")


def encode_open_request(
    tag: int, privilege: int, console_session: int, suite: CipherSuite
) -> bytes:
    """RMCP+ Open Session Request (table 13-9)."""
    return _OPEN.pack(tag, privilege, 0, console_session) + b"".join(
        _ALGORITHM.pack(kind, 8, algorithm)
        for kind, algorithm in enumerate(
            (suite.authentication, suite.integrity, suite.confidentiality)
        )
    )


def parse_open_response(payload: bytes, console_session: int, suite: CipherSuite) -> int:
    """The BMC's session id; raises RefusedError or MalformedPacketError (table 13-10)."""
    _check_status(payload)
    if len(payload) < _OPEN_RESPONSE or _session_of(payload) != console_session:
        raise MalformedPacketError("open session response that is short or not for us")
    chosen = tuple(payload[at + 4] & 0x3F for at in (12, 20, 28))
    if chosen != (suite.authentication, suite.integrity, suite.confidentiality):
        raise MalformedPacketError("open session response with another cipher suite")
    managed = int.from_bytes(payload[8:12], "little")
    if not managed:
        raise MalformedPacketError("open session response without a session id")
    return managed


def encode_rakp1(tag: int, claim: Claim, managed_session: int) -> bytes:
    """RAKP Message 1 (table 13-11)."""
    role, length = claim.role[:1], claim.role[1:2]
    head = _RAKP.pack(tag, 0, managed_session) + claim.console_random
    return head + role + b"\0\0" + length + claim.user


def parse_rakp2(payload: bytes, claim: Claim, managed_session: int) -> Challenge:
    """The BMC's challenge, once its proof fits (table 13-12).

    Raises WrongPasswordError when the BMC proves to hold another password, RefusedError and
    MalformedPacketError as they come.
    """
    _check_status(payload)
    end = _RAKP2_PROOF_AT + claim.suite.proof_length
    if len(payload) < end or _session_of(payload) != claim.console_session:
        raise MalformedPacketError("RAKP 2 that is short or not for us")
    challenge = Challenge(
        managed_session=managed_session,
        managed_random=payload[_RAKP.size : _RAKP.size + RANDOM_BYTES],
        guid=payload[_RAKP.size + RANDOM_BYTES : _RAKP2_PROOF_AT],
    )
    expected = mac(claim.suite, claim.password, _bmc_statement(claim, challenge))
    if not hmac.compare_digest(expected, payload[_RAKP2_PROOF_AT:end]):
        raise WrongPasswordError("the BMC's proof does not fit the password")
    return challenge


def encode_rakp3(tag: int, claim: Claim, challenge: Challenge) -> bytes:
    """RAKP Message 3 (table 13-13), with our proof."""
    statement = challenge.managed_random + claim.console_session.to_bytes(4, "little") + claim.role
    proof = mac(claim.suite, claim.password, statement)
    return _RAKP.pack(tag, STATUS_OK, challenge.managed_session) + proof


def session_keys(claim: Claim, challenge: Challenge) -> SessionKeys:
    """The session's keys (section 13.31); the user's key stands in for an unset BMC key (Kg)."""
    seed = claim.console_random + challenge.managed_random + claim.role
    return derive_keys(claim.suite, mac(claim.suite, claim.password, seed))


def check_rakp4(payload: bytes, claim: Claim, challenge: Challenge, keys: SessionKeys) -> None:
    """Raises unless the BMC proves that it holds the session's key (table 13-14)."""
    _check_status(payload)
    end = _RAKP.size + claim.suite.code_length
    if len(payload) < end or _session_of(payload) != claim.console_session:
        raise MalformedPacketError("RAKP 4 that is short or not for us")
    statement = (
        claim.console_random + challenge.managed_session.to_bytes(4, "little") + challenge.guid
    )
    expected = mac(claim.suite, keys.sik, statement)[: claim.suite.code_length]
    if not hmac.compare_digest(expected, payload[_RAKP.size : end]):
        raise WrongPasswordError("the BMC's last proof does not fit: a BMC key (Kg) may be set")


def _check_status(payload: bytes) -> None:
    if len(payload) < 2:
        raise MalformedPacketError(f"handshake message of {len(payload)} bytes")
    if payload[1] != STATUS_OK:
        raise RefusedError(payload[1])


def _session_of(payload: bytes) -> int:
    return int.from_bytes(payload[4:8], "little")


def _bmc_statement(claim: Claim, challenge: Challenge) -> bytes:
    return (
        claim.console_session.to_bytes(4, "little")
        + challenge.managed_session.to_bytes(4, "little")
        + claim.console_random
        + challenge.managed_random
        + challenge.guid
        + claim.role
    )

"""An SNMPv3 session: learns the agent's engine and clock, believes only what is authenticated."""

from dataclasses import dataclass

from monitors.probe import ProblemKind
from monitors.snmp import ber
from monitors.snmp.errors import DecodeError
from monitors.snmp.message import (
    REPORT,
    RESPONSE,
    Ask,
    Pdu,
    ask_get,
    decode_pdu,
    encode_pdu,
)
from monitors.snmp.oid import encode_oid
from monitors.snmp.session import AskAgain, Disbelieved, Refused, Verdict
from monitors.snmp.template import Template
from monitors.snmp.usm import KeyRing, LocalKeys, Salt, UsmUser, authentic, sign
from monitors.snmp.usm_cipher import decrypt, encrypt
from monitors.snmp.usm_message import (
    AUTH_FLAG,
    MAX_BOOTS,
    PRIV_FLAG,
    REPORTABLE_FLAG,
    Envelope,
    Opener,
    UsmMessage,
)

TIME_WINDOW_S = 150
"""RFC 3414 section 2.2.3."""
MAX_ENGINE_ID = 32

_USM_STATS = "1.3.6.1.6.3.15.1.1"
UNSUPPORTED_LEVELS = encode_oid(f"{_USM_STATS}.1.0")
NOT_IN_TIME_WINDOWS = encode_oid(f"{_USM_STATS}.2.0")
UNKNOWN_USERS = encode_oid(f"{_USM_STATS}.3.0")
UNKNOWN_ENGINES = encode_oid(f"{_USM_STATS}.4.0")
WRONG_DIGESTS = encode_oid(f"{_USM_STATS}.5.0")
DECRYPTION_ERRORS = encode_oid(f"{_USM_STATS}.6.0")
UNAVAILABLE_CONTEXTS = encode_oid("1.3.6.1.6.3.12.1.4.0")
UNKNOWN_CONTEXTS = encode_oid("1.3.6.1.6.3.12.1.5.0")

_CREDENTIAL_REPORTS = {
    UNSUPPORTED_LEVELS: "the agent does not allow {level} for SNMPv3 user {user}",
    UNKNOWN_USERS: "the agent does not know SNMPv3 user {user}",
    WRONG_DIGESTS: "wrong auth password or auth protocol for SNMPv3 user {user}",
    DECRYPTION_ERRORS: "wrong priv password or priv protocol for SNMPv3 user {user}",
}
_OTHER_REPORTS = {
    NOT_IN_TIME_WINDOWS: "the agent's SNMPv3 clock does not hold still: its time window is missed",
    UNAVAILABLE_CONTEXTS: "the agent has SNMPv3 context {context!r} not at hand",
    UNKNOWN_CONTEXTS: "the agent does not know SNMPv3 context {context!r}",
}


@dataclass(slots=True)
class _Engine:
    """What the agent said of itself; trusted once it was said in an authenticated message."""

    engine_id: bytes
    keys: LocalKeys
    boots: int
    time_s: int
    heard_at: float
    trusted: bool = False

    def clock(self, now: float) -> int:
        """The agent's snmpEngineTime now, as far as we know."""
        return self.time_s + int(now - self.heard_at)


class UsmSession:
    """SNMPv3 with one user at one agent (RFC 3414 sections 3 and 4)."""

    def __init__(self, user: UsmUser, keys: KeyRing, salt: Salt) -> None:
        self._user = user
        self._name = user.name.encode()
        self._code_bytes = user.auth.code_bytes
        self._keys = keys
        self._salt = salt
        self._context_tlv = ber.write(ber.OCTET_STRING, user.context.encode())
        self._engine: _Engine | None = None
        self._scope = b""
        """Engine and context as every scoped PDU names them, once the engine is known."""
        self._envelope = (-1, -1), _DISCOVERY
        """The engine's moment that requests state, and what surrounds them for that second."""
        self._opener = Opener()
        self._refused_digests = 0

    def encode(self, ask: Ask, message_id: int, now: float) -> bytes:
        """The sealed message; a discovery message while the engine is unknown."""
        engine = self._engine
        if engine is None:
            return _discovery(message_id)
        user, keys, salt = self._user, engine.keys, b""
        boots, time_s = moment = engine.boots, engine.clock(now)
        if moment != self._envelope[0]:
            self._envelope = moment, self._envelope_at(engine.engine_id, *moment)
        envelope = self._envelope[1]
        data = ber.write(ber.SEQUENCE, self._scope + encode_pdu(ask, message_id))
        if user.priv is not None:
            salt = self._salt.take()
            data = ber.write(ber.OCTET_STRING, encrypt(data, keys.priv, boots, time_s, salt))
        message = envelope.around(message_id, salt, data)
        return sign(message, envelope.code_at(message, salt, data), user.auth, keys.auth)

    def _envelope_at(self, engine_id: bytes, boots: int, time_s: int) -> Envelope:
        flags = AUTH_FLAG | REPORTABLE_FLAG | (PRIV_FLAG if self._user.priv is not None else 0)
        return Envelope.of(
            engine_id, boots, time_s, self._name, flags=flags, code_bytes=self._code_bytes
        )

    def judge(
        self,
        packet: bytes,
        at: int,
        end: int,
        message_id: int,
        now: float,
        *,
        expected: Template | None = None,
    ) -> Verdict:
        """Believes a Response only when it is authentic, timely and as private as the request."""
        message = self._opener.open(packet, at, end)
        if message.message_id != message_id:
            raise DecodeError("not a reply to this message")
        if not message.flags & AUTH_FLAG:
            return self._judge_plain(packet, message, now)
        engine = self._engine
        if engine is None:
            return Disbelieved("sealed with a key that is not known yet")
        if message.engine_id != engine.engine_id or message.user != self._name:
            return Disbelieved("from another engine or user")
        if message.code_bytes != self._code_bytes or not authentic(
            packet[:end], message.code_at, self._user.auth, engine.keys.auth
        ):
            self._refused_digests += 1
            return Disbelieved("not authentic")
        if not self._timely(engine, message, now):
            return Disbelieved("outside the time window")
        return self._judge_authentic(packet, message, message_id, engine.keys.priv, expected)

    def _judge_authentic(
        self,
        packet: bytes,
        message: UsmMessage,
        message_id: int,
        key: bytes,
        expected: Template | None,
    ) -> Verdict:
        sealed = bool(message.flags & PRIV_FLAG)
        try:
            pdu = self._open_scoped(packet, message, key, expected)
        except DecodeError:
            if not sealed:
                raise
            return self._refuse(DECRYPTION_ERRORS, authentic=True)
        if pdu.tag == REPORT:
            return self._judge_report(pdu)
        if sealed != (self._user.priv is not None) or pdu.request_id != message_id:
            return Disbelieved("less private than the request, or to another request")
        return pdu

    def _open_scoped(
        self, packet: bytes, message: UsmMessage, key: bytes, expected: Template | None
    ) -> Pdu:
        at, end = message.data_at, message.end
        if message.flags & PRIV_FLAG:
            sealed, _ = ber.read_octets(packet, at, end)
            packet = decrypt(sealed, key, message.boots, message.time_s, message.salt)
            at, end = 0, len(packet)
        return _decode_scoped(packet, at, end, expected, self._scope)

    def _judge_report(self, pdu: Pdu) -> Verdict:
        """An authenticated Report: its clock has been taken over already."""
        name = pdu.oids[0] if pdu.oids else b""
        if name == NOT_IN_TIME_WINDOWS:
            return AskAgain()
        return self._refuse(name, authentic=True)

    def _judge_plain(self, packet: bytes, message: UsmMessage, now: float) -> Verdict:
        """An unauthenticated message can introduce an engine or give a diagnosis, nothing more."""
        if message.flags & PRIV_FLAG:
            return Disbelieved("encrypted without authentication")
        pdu = _decode_scoped(packet, message.data_at, message.end)
        if pdu.tag != REPORT or not pdu.oids:
            return Disbelieved("an answer without authentication")
        if pdu.oids[0] == UNKNOWN_ENGINES:
            return self._meet(message, now)
        return self._refuse(pdu.oids[0], authentic=False)

    def _meet(self, message: UsmMessage, now: float) -> Verdict:
        if not 1 <= len(message.engine_id) <= MAX_ENGINE_ID:
            raise DecodeError("an engine ID has 1 to 32 bytes")
        if self._engine is not None and self._engine.engine_id == message.engine_id:
            return Refused(ProblemKind.FAILED, "the agent does not know its own engine ID", False)
        keys = self._keys.keys(self._user, message.engine_id)
        self._engine = _Engine(message.engine_id, keys, message.boots, message.time_s, now)
        self._scope = ber.write(ber.OCTET_STRING, message.engine_id) + self._context_tlv
        self._envelope = (-1, -1), _DISCOVERY
        self._refused_digests = 0
        return AskAgain()

    def _timely(self, engine: _Engine, message: UsmMessage, now: float) -> bool:
        """RFC 3414 section 3.2 step 7b: checks the agent's clock, then follows it."""
        if message.boots == MAX_BOOTS:
            return False
        moment = (message.boots, message.time_s)
        if engine.trusted and moment < (engine.boots, engine.clock(now) - TIME_WINDOW_S):
            return False
        if not engine.trusted or moment > (engine.boots, engine.time_s):
            engine.boots, engine.time_s, engine.heard_at = *moment, now
            engine.trusted = True
        return True

    def _refuse(self, name: bytes, *, authentic: bool) -> Refused:
        user = self._user
        words = {
            "user": user.name,
            "context": user.context,
            "level": "authPriv" if user.priv else "authNoPriv",
        }
        if text := _CREDENTIAL_REPORTS.get(name):
            return Refused(ProblemKind.CREDENTIAL, text.format(**words), authentic)
        text = _OTHER_REPORTS.get(name, "the agent sent an SNMPv3 Report that says nothing known")
        return Refused(ProblemKind.FAILED, text.format(**words), authentic)

    def silence_hint(self) -> str:
        """Names the suspect when the agent introduced itself and then kept silent."""
        if self._engine is None:
            return ""
        if self._refused_digests:
            return f"its answers are not authentic: auth password of {self._user.name}"
        if not self._engine.trusted:
            suspects = "user, priv password or priv protocol" if self._user.priv else "user"
            return f"it answers SNMPv3 discovery, then no request of {self._user.name}: {suspects}"
        return ""

    def reset(self) -> None:
        """Forgets engine and clock: after silence another device may have the address."""
        if self._engine is not None:
            self._keys.forget(self._user, self._engine.engine_id)
        self._engine = None
        self._refused_digests = 0


_DISCOVERY = Envelope.of(b"", 0, 0, b"", flags=REPORTABLE_FLAG, code_bytes=0)


def _discovery(message_id: int) -> bytes:
    """RFC 3414 section 4: an empty, unauthenticated request makes the agent name itself."""
    nowhere = ber.write(ber.OCTET_STRING, b"") * 2
    scoped = ber.write(ber.SEQUENCE, nowhere + encode_pdu(ask_get(()), message_id))
    return _DISCOVERY.around(message_id, b"", scoped)


def _decode_scoped(
    packet: bytes, at: int, end: int, expected: Template | None = None, scope: bytes = b""
) -> Pdu:
    """The PDU in a scoped PDU; `scope` is how it will most likely name its engine and context."""
    start, stop = ber.expect(packet, at, end, ber.SEQUENCE)
    if scope and packet.startswith(scope, start, stop):
        start += len(scope)
    else:
        _, start = ber.read_octets(packet, start, stop)
        _, start = ber.read_octets(packet, start, stop)
    pdu = decode_pdu(packet, start, stop, expected)
    if pdu.tag not in (RESPONSE, REPORT):
        raise DecodeError("neither a Response nor a Report")
    return pdu

"""SNMPv3 as an authoritative engine speaks it: discovery, reports, answers (RFC 3412, 3414)."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from watchfloor.simulate import ber
from watchfloor.simulate.ber import BerError, Oid
from watchfloor.simulate.snmp_pdu import (
    AUTHORIZATION_ERROR,
    REPORT,
    Request,
    Responder,
    read_request,
    write_pdu,
)
from watchfloor.simulate.snmp_values import LiveValues
from watchfloor.simulate.snmprec import COUNTER32
from watchfloor.simulate.usm import SimulatedUser, UserKeys

VERSION_3 = 3
_USM = 3
_AUTH, _PRIV, _REPORTABLE = 1, 2, 4
_AUTH_PRIV = _AUTH | _PRIV
_TIME_WINDOW_S = 150
_LAST_BOOTS = 0x7FFFFFFF
_SMALLEST_MAX_SIZE = 484
_LONGEST_NAME = 32

_USM_STATS: Oid = (1, 3, 6, 1, 6, 3, 15, 1, 1)
_UNSUPPORTED_LEVEL, _NOT_IN_WINDOW, _UNKNOWN_USER = 1, 2, 3
_UNKNOWN_ENGINE, _WRONG_DIGEST, _DECRYPTION_ERROR = 4, 5, 6
_UNKNOWN_CONTEXT: Oid = (1, 3, 6, 1, 6, 3, 12, 1, 5, 0)
_UNKNOWN_PDU_HANDLER: Oid = (1, 3, 6, 1, 6, 3, 11, 2, 1, 3, 0)


@dataclass(frozen=True, slots=True)
class _Message:
    """A v3 message with the security model's fields read and the scoped PDU still as it came."""

    message_id: int
    max_size: int
    flags: int
    engine_id: bytes
    boots: int
    time_s: int
    user: bytes
    digest: bytes
    digest_at: int
    salt: bytes
    scoped: bytes


class _Report(Exception):  # noqa: N818  (a report is an answer, not an error of the simulator)
    """The message is answered with the Report of this counter."""

    def __init__(self, counter: Oid, keys: UserKeys | None = None) -> None:
        self.counter = counter
        self.keys = keys
        """Set when the report itself is authenticated."""


class V3Engine:
    """One authoritative engine with its users."""

    def __init__(
        self, users: Sequence[SimulatedUser], engine_id: bytes, values: LiveValues, max_size: int
    ) -> None:
        self.engine_id = engine_id
        self._keys = {user.name.encode(): UserKeys(user, engine_id) for user in users}
        self._values = values
        self._max_size = max_size
        self._counted: dict[Oid, int] = {}

    def answer(self, data: bytes, at: int, end: int, responder: Responder) -> bytes | None:
        """The answer to the message whose fields after the version lie in `data[at:end]`.

        None where the RFCs say that the message is discarded. Raises BerError for garbage.
        """
        message = _read_message(data, at, end)
        if message is None:
            return None
        try:
            return self._secured_answer(message, data, responder)
        except _Report as report:
            return self._report(message, report) if message.flags & _REPORTABLE else None

    def trap(self, pdu: bytes) -> bytes:
        """A trap, sealed by the first user: of traps, the sender's engine is the authority."""
        user, keys = next(iter(self._keys.items()))
        message = _Message(
            secrets.randbelow(_LAST_BOOTS), self._max_size, _AUTH_PRIV, self.engine_id, 0, 0,
            user, b"", 0, b"", b"",
        )  # fmt: skip
        return self._write(message, _AUTH_PRIV, keys, pdu)

    def _secured_answer(self, message: _Message, data: bytes, responder: Responder) -> bytes:
        keys = self._authenticated(message, data)
        level = message.flags & _AUTH_PRIV
        scoped = message.scoped
        if level == _AUTH_PRIV:
            assert keys is not None
            scoped = self._decrypted(message, keys)
        context, request = self._read_scoped(scoped, level, keys)
        if context:
            raise _Report(_UNKNOWN_CONTEXT, keys)
        if level != _AUTH_PRIV:
            pdu = responder.error(request.request_id, AUTHORIZATION_ERROR)
        else:
            overhead = 160 + 2 * len(self.engine_id) + len(message.user)
            room = min(message.max_size, self._max_size) - overhead
            pdu = responder.answer(request, room)
        return self._write(message, level, keys, pdu)

    def _authenticated(self, message: _Message, data: bytes) -> UserKeys | None:
        """The checks of RFC 3414 section 3.2 in their order; the user's keys if authenticated."""
        if message.engine_id != self.engine_id:
            raise _Report((*_USM_STATS, _UNKNOWN_ENGINE, 0))
        keys = self._keys.get(message.user)
        if keys is None:
            raise _Report((*_USM_STATS, _UNKNOWN_USER, 0))
        if not message.flags & _AUTH:
            return None
        if not _digest_matches(message, data, keys):
            raise _Report((*_USM_STATS, _WRONG_DIGEST, 0))
        boots = self._values.boots
        late = abs(message.time_s - self._values.engine_time_s) > _TIME_WINDOW_S
        if late or message.boots != boots or boots == _LAST_BOOTS:
            raise _Report((*_USM_STATS, _NOT_IN_WINDOW, 0), keys)
        return keys

    def _decrypted(self, message: _Message, keys: UserKeys) -> bytes:
        encrypted = ber.expect(message.scoped, 0, len(message.scoped), ber.OCTET_STRING)
        if len(message.salt) != 8:
            raise _Report((*_USM_STATS, _DECRYPTION_ERROR, 0))
        content = message.scoped[encrypted.start : encrypted.stop]
        return keys.decrypt(message.boots, message.time_s, message.salt, content)

    def _read_scoped(
        self, scoped: bytes, level: int, keys: UserKeys | None
    ) -> tuple[bytes, Request]:
        """The context name and the request. A wrong privacy key shows here, as no BER at all."""
        try:
            outer = ber.expect(scoped, 0, len(scoped), ber.SEQUENCE)
            engine_id, at = ber.read_octets(scoped, outer.start, outer.stop)
            context, at = ber.read_octets(scoped, at, outer.stop)
            request = read_request(scoped, at, outer.stop)
        except BerError:
            if level != _AUTH_PRIV:
                raise
            raise _Report((*_USM_STATS, _DECRYPTION_ERROR, 0)) from None
        if engine_id != self.engine_id:
            raise _Report(_UNKNOWN_PDU_HANDLER, keys)
        return context, request

    def _report(self, message: _Message, report: _Report) -> bytes:
        count = self._counted[report.counter] = self._counted.get(report.counter, 0) + 1
        name = ber.tlv(ber.OBJECT_IDENTIFIER, ber.encode_oid(report.counter))
        value = ber.tlv(COUNTER32, ber.integer_content(count))
        pdu = write_pdu(
            REPORT, _plain_request_id(message), 0, 0, ber.tlv(ber.SEQUENCE, name + value)
        )
        return self._write(message, _AUTH if report.keys else 0, report.keys, pdu)

    def _write(self, message: _Message, level: int, keys: UserKeys | None, pdu: bytes) -> bytes:
        """The whole message at this security level, with the digest filled in last."""
        boots, time_s = self._values.boots, self._values.engine_time_s
        engine = ber.tlv(ber.OCTET_STRING, self.engine_id)
        scoped = ber.tlv(ber.SEQUENCE, engine + ber.tlv(ber.OCTET_STRING, b"") + pdu)
        salt = b""
        if keys is not None and level == _AUTH_PRIV:
            salt, encrypted = keys.encrypt(boots, time_s, scoped)
            scoped = ber.tlv(ber.OCTET_STRING, encrypted)
        blank = bytes(keys.digest_octets) if keys is not None else b""
        after_digest = ber.tlv(ber.OCTET_STRING, salt)
        security = ber.tlv(
            ber.SEQUENCE,
            engine
            + ber.integer(boots)
            + ber.integer(time_s)
            + ber.tlv(ber.OCTET_STRING, message.user)
            + ber.tlv(ber.OCTET_STRING, blank)
            + after_digest,
        )
        header = ber.integer(message.message_id) + ber.integer(self._max_size)
        header += ber.tlv(ber.OCTET_STRING, bytes((level,))) + ber.integer(_USM)
        body = ber.integer(VERSION_3) + ber.tlv(ber.SEQUENCE, header)
        body += ber.tlv(ber.OCTET_STRING, security) + scoped
        whole = ber.tlv(ber.SEQUENCE, body)
        if keys is None:
            return whole
        digest_stop = len(whole) - len(scoped) - len(after_digest)
        digest_start = digest_stop - keys.digest_octets
        return whole[:digest_start] + keys.digest(whole) + whole[digest_stop:]


def _read_message(data: bytes, at: int, end: int) -> _Message | None:
    """None for a security model or flags that are discarded without an answer (RFC 3412 7.2)."""
    header = ber.expect(data, at, end, ber.SEQUENCE)
    message_id, at = ber.read_integer(data, header.start, header.stop)
    max_size, at = ber.read_integer(data, at, header.stop)
    flags, at = ber.read_octets(data, at, header.stop)
    model, at = ber.read_integer(data, at, header.stop)
    if model != _USM or len(flags) != 1 or flags[0] & _AUTH_PRIV == _PRIV:
        return None
    if max_size < _SMALLEST_MAX_SIZE:
        return None
    outer = ber.expect(data, header.stop, end, ber.OCTET_STRING)
    inner = ber.expect(data, outer.start, outer.stop, ber.SEQUENCE)
    engine_id, at = ber.read_octets(data, inner.start, inner.stop)
    boots, at = ber.read_integer(data, at, inner.stop)
    time_s, at = ber.read_integer(data, at, inner.stop)
    user, at = ber.read_octets(data, at, inner.stop)
    digest, at = ber.read_octets(data, at, inner.stop)
    salt, _ = ber.read_octets(data, at, inner.stop)
    if boots < 0 or time_s < 0 or max(len(engine_id), len(user)) > _LONGEST_NAME:
        return None
    scoped = data[outer.stop : end]
    digest_at = at - len(digest)
    return _Message(
        message_id, max_size, flags[0], engine_id, boots, time_s,
        user, digest, digest_at, salt, scoped,
    )  # fmt: skip


def _digest_matches(message: _Message, data: bytes, keys: UserKeys) -> bool:
    if len(message.digest) != keys.digest_octets:
        return False
    after = message.digest_at + keys.digest_octets
    blanked = data[: message.digest_at] + bytes(keys.digest_octets) + data[after:]
    return keys.digest(blanked) == message.digest


def _plain_request_id(message: _Message) -> int:
    """The request-id where it can be read without a key, otherwise 0 (RFC 3412 section 7.1.3)."""
    if message.flags & _PRIV:
        return 0
    try:
        outer = ber.expect(message.scoped, 0, len(message.scoped), ber.SEQUENCE)
        _, at = ber.read_octets(message.scoped, outer.start, outer.stop)
        _, at = ber.read_octets(message.scoped, at, outer.stop)
        return read_request(message.scoped, at, outer.stop).request_id
    except BerError:
        return 0

"""SNMPv3 for who listens: which traps are authentic, and how informs are let in and answered.

RFC 3414 section 3.2. Of a trap, the sender's engine is the authority over keys and clock; of an
inform, ours is.
"""

from collections import OrderedDict
from dataclasses import dataclass

from monitors.receiver.drops import DroppedError
from monitors.receiver.notification import Notification, read_notification
from monitors.receiver.own_engine import LAST_BOOTS, OwnEngine
from monitors.snmp import ber
from monitors.snmp.errors import DecodeError
from monitors.snmp.message import REPORT
from monitors.snmp.usm import KeyRing, LocalKeys, Salt, UsmUser, authentic, sign
from monitors.snmp.usm_cipher import decrypt, encrypt
from monitors.snmp.usm_message import (
    AUTH_FLAG,
    PRIV_FLAG,
    REPORTABLE_FLAG,
    Envelope,
    UsmMessage,
    open_usm,
)
from monitors.snmp.usm_session import (
    MAX_ENGINE_ID,
    NOT_IN_TIME_WINDOWS,
    TIME_WINDOW_S,
    UNKNOWN_ENGINES,
)

SHORTEST_ENGINE_ID = 5
MOST_ENGINES = 4
"""Of one device: both members of a pair, or what was there before a repair."""
_COUNTER32 = 0x41


@dataclass(slots=True)
class _Peer:
    """An engine that has sent something authentic, and its clock then."""

    device: str
    keys: LocalKeys
    boots: int
    time_s: int
    heard_at: float

    def timely(self, message: UsmMessage, now: float) -> bool:
        """RFC 3414 section 3.2 step 7b: not older than the window; then follows the clock."""
        if message.boots == LAST_BOOTS:
            return False
        moment = (message.boots, message.time_s)
        late = int(self.time_s + now - self.heard_at) - TIME_WINDOW_S
        if moment < (self.boots, late):
            return False
        if moment > (self.boots, self.time_s):
            self.boots, self.time_s, self.heard_at = *moment, now
        return True


@dataclass(frozen=True, slots=True)
class Opened:
    """A message that may be believed, or only what is to be said to its sender."""

    notification: Notification | None
    answer: bytes | None = None
    """The sealed Response of an inform, or the Report of a discovery; sent once it is kept."""


class UsmReceiver:
    """Opens v3 messages of known senders. Memory is bounded by the number of devices."""

    def __init__(self, engine: OwnEngine) -> None:
        self._engine = engine
        self._ring = KeyRing()
        self._salt = Salt()
        self._peers: OrderedDict[bytes, _Peer] = OrderedDict()
        self._reports = 0

    def open(self, packet: bytes, at: int, end: int, device: str, user: UsmUser) -> Opened:
        """Believes what `user` of `device` has sealed. Raises DroppedError, DecodeError."""
        message = open_usm(packet, at, end)
        ours = message.engine_id == self._engine.engine_id
        if message.flags & REPORTABLE_FLAG and not ours:
            return Opened(None, self._report(message, UNKNOWN_ENGINES))
        if message.user != user.name.encode():
            raise DroppedError("user")
        wanted = AUTH_FLAG | (PRIV_FLAG if user.priv is not None else 0)
        if message.flags & (AUTH_FLAG | PRIV_FLAG) != wanted:
            raise DroppedError("level")
        if not SHORTEST_ENGINE_ID <= len(message.engine_id) <= MAX_ENGINE_ID:
            raise DroppedError("engine")
        if ours:
            return self._open_to_us(packet[:end], message, user)
        return Opened(self._open_of_peer(packet[:end], message, device, user))

    def _open_to_us(self, packet: bytes, message: UsmMessage, user: UsmUser) -> Opened:
        keys = self._ring.keys(user, self._engine.engine_id)
        if not _is_authentic(packet, message, user, keys):
            raise DroppedError("digest")
        apart = abs(message.time_s - self._engine.time_s)
        if message.boots != self._engine.boots or apart > TIME_WINDOW_S:
            return Opened(None, self._report(message, NOT_IN_TIME_WINDOWS, user, keys))
        context, notification = _read_scoped(packet, message, keys)
        if not notification.confirmed:
            raise DroppedError("engine")  # a trap is sealed to its sender's engine, never to ours
        sealed = self._seal(message, notification.response(), user, keys, context)
        return Opened(notification, sealed)

    def _open_of_peer(
        self, packet: bytes, message: UsmMessage, device: str, user: UsmUser
    ) -> Notification:
        now = self._engine.clock()
        peer = self._peers.get(message.engine_id)
        if peer is not None and peer.device != device:
            raise DroppedError("engine")  # it belongs to another device: a copy, or a replay
        keys = self._ring.keys(user, message.engine_id) if peer is None else peer.keys
        if peer is None:
            self._ring.forget(user, message.engine_id)  # kept by the peer, once it is one
        if not _is_authentic(packet, message, user, keys):
            raise DroppedError("digest")
        if peer is None:
            peer = _Peer(device, keys, message.boots, message.time_s, now)
        if not peer.timely(message, now):
            raise DroppedError("time")
        _, notification = _read_scoped(packet, message, keys)
        if notification.confirmed:
            raise DroppedError("engine")  # an inform is sealed to our engine
        self._remember(message.engine_id, peer)
        return notification

    def _remember(self, engine_id: bytes, peer: _Peer) -> None:
        self._peers[engine_id] = peer
        self._peers.move_to_end(engine_id)
        known = [each for each, other in self._peers.items() if other.device == peer.device]
        for oldest in known[:-MOST_ENGINES]:
            del self._peers[oldest]

    def _report(
        self,
        message: UsmMessage,
        counter: bytes,
        user: UsmUser | None = None,
        keys: LocalKeys | None = None,
    ) -> bytes:
        """Tells a sender of informs our id or our clock (RFC 3414 section 4)."""
        self._reports = (self._reports + 1) % 2**31
        value = ber.write(_COUNTER32, ber.write_integer(self._reports)[2:])
        varbind = ber.write(ber.SEQUENCE, ber.write(ber.OBJECT_IDENTIFIER, counter) + value)
        numbers = ber.write_integer(0) * 3
        pdu = ber.write(REPORT, numbers + ber.write(ber.SEQUENCE, varbind))
        return self._seal(message, pdu, user, keys, private=False)

    def _seal(
        self,
        message: UsmMessage,
        pdu: bytes,
        user: UsmUser | None,
        keys: LocalKeys | None,
        context: bytes | None = None,
        *,
        private: bool = True,
    ) -> bytes:
        """The whole answer, with our id and clock, sealed as far as keys are given."""
        engine = self._engine
        engine_tlv = ber.write(ber.OCTET_STRING, engine.engine_id)
        if context is None:
            context = engine_tlv + ber.write(ber.OCTET_STRING, b"")
        data = ber.write(ber.SEQUENCE, context + pdu)
        boots, time_s, salt, flags, size = engine.boots, engine.time_s, b"", 0, 0
        if user is not None and keys is not None:
            flags, size = AUTH_FLAG, user.auth.code_bytes
            if private and user.priv is not None:
                salt, flags = self._salt.take(), flags | PRIV_FLAG
                data = ber.write(ber.OCTET_STRING, encrypt(data, keys.priv, boots, time_s, salt))
        addressee = message.user[:MAX_ENGINE_ID]
        envelope = Envelope.of(
            engine.engine_id, boots, time_s, addressee, flags=flags, code_bytes=size
        )
        whole = envelope.around(message.message_id & 0x7FFFFFFF, salt, data)
        if user is None or keys is None:
            return whole
        return sign(whole, envelope.code_at(whole, salt, data), user.auth, keys.auth)


def _is_authentic(packet: bytes, message: UsmMessage, user: UsmUser, keys: LocalKeys) -> bool:
    return message.code_bytes == user.auth.code_bytes and authentic(
        packet, message.code_at, user.auth, keys.auth
    )


def _read_scoped(packet: bytes, message: UsmMessage, keys: LocalKeys) -> tuple[bytes, Notification]:
    """The context, engine and name as they stand there, and the notification.

    Both belong into the answer as they came (RFC 3412 section 7.1 step 2).
    """
    at, end = message.data_at, message.end
    if message.flags & PRIV_FLAG:
        sealed, _ = ber.read_octets(packet, at, end)
        packet = decrypt(sealed, keys.priv, message.boots, message.time_s, message.salt)
        at, end = 0, len(packet)
    try:
        begin, stop = ber.expect(packet, at, end, ber.SEQUENCE)
        _, start = ber.read_octets(packet, begin, stop)
        _, start = ber.read_octets(packet, start, stop)
        return packet[begin:start], read_notification(packet, start, stop)
    except DecodeError:
        if message.flags & PRIV_FLAG:
            raise DroppedError("privacy") from None  # the wrong key makes noise
        raise

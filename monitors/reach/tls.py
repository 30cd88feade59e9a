"""A TLS service: its certificate's chain, name and days left, and the protocol that it speaks."""

import asyncio
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime

from inventory.reach import TlsCheck
from monitors.net.connection import Connection, Peer
from monitors.net.errors import GarbageError, TlsError, TrustError, network_error
from monitors.net.trust import Trust
from monitors.reach.asker import Place
from monitors.reach.certificate import Certificate, UnreadableCertificateError, read_certificate
from monitors.reach.part import Part, graded_down
from monitors.reading import Reading, SensorClass, State

DAY_S = 86_400
_ORDER = ("SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a handshake showed."""

    version: str
    """`TLSv1.2`."""
    certificate: bytes


@dataclass(slots=True)
class TlsAsker:
    """Shakes hands, and judges what it sees."""

    part: Part
    place: Place
    check: TlsCheck
    trust: Trust

    async def ask(self) -> tuple[Reading, ...]:
        """Raises NetError where no handshake comes about at all."""
        distrust = ""
        peer = self.place.peer("TLS service", self.check.timeout_s, self.trust)
        try:
            seen = await _shake_hands(peer)
        except TrustError as error:
            distrust = str(error)
            seen = await _shake_hands_with_anyone(peer)
        except TlsError:
            seen = await _shake_hands_with_anyone(peer)
        return self._judged(seen, distrust, datetime.now(UTC))

    def _judged(self, seen: Seen, distrust: str, now: datetime) -> tuple[Reading, ...]:
        try:
            certificate = read_certificate(seen.certificate)
        except UnreadableCertificateError as error:
            raise GarbageError(
                f"TLS service {self.place.name} shows a certificate that cannot be read ({error}):"
                " give it another one"
            ) from error
        mistake = distrust or self._mistake(certificate, now)
        left_s = certificate.seconds_left(now)
        return (
            self.part.fails(mistake) if mistake else self.part.answers(f"holds, {seen.version}"),
            self.part.measured(
                SensorClass.VALIDITY,
                "Validity",
                left_s,
                graded_down(left_s / DAY_S, self.check.days),
            ),
            self._version(seen.version),
        )

    def _mistake(self, certificate: Certificate, now: datetime) -> str:
        if certificate.begins > now:
            return f"its certificate holds from {certificate.begins:%Y-%m-%d %H:%M} UTC on"
        if certificate.ends <= now:
            return f"its certificate ended on {certificate.ends:%Y-%m-%d %H:%M} UTC"
        if self.check.name and not self.trust.sha256 and not certificate.is_for(self.check.name):
            return f"its certificate does not name {self.check.name}"
        return ""

    def _version(self, version: str) -> Reading:
        rank = _ORDER.index(version) if version in _ORDER else -1
        old = rank < _ORDER.index(f"TLSv{self.check.oldest}")
        state = State.WARNING if old else State.OK
        return self.part.stated("Protocol", float(rank), state, version)


async def _shake_hands(peer: Peer) -> Seen:
    return await _seen(await Connection.open(peer))


async def _shake_hands_with_anyone(peer: Peer) -> Seen:
    """With old protocols and untrusted certificates, too: only to see them; nothing is sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    name = (peer.trust.name if peer.trust else "") or peer.host
    try:
        async with asyncio.timeout(peer.timeout_s):
            reader, writer = await asyncio.open_connection(
                peer.host, peer.port, ssl=context, server_hostname=name
            )
    except OSError as error:
        raise network_error(peer.where, error, peer.timeout_s) from error
    return await _seen(Connection(peer, reader, writer))


async def _seen(connection: Connection) -> Seen:
    session = connection.tls
    assert session is not None
    seen = Seen(session.version() or "", connection.certificate)
    await connection.close()
    return seen

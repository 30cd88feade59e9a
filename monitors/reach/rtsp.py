"""A video stream over RTSP: whether the server describes it (RFC 2326, OPTIONS and DESCRIBE)."""

import re
import secrets
import time
from dataclasses import dataclass, field

from inventory.reach import RtspCheck
from inventory.secrets import SecretText
from monitors.net.connection import Connection
from monitors.net.digest import Asked, NoDigestError, answer, best_challenge
from monitors.net.errors import CredentialError, GarbageError
from monitors.net.head import Head, MalformedHeadError
from monitors.reach.asker import Place
from monitors.reach.part import Part
from monitors.reading import Reading, SensorClass, State

LONGEST_DESCRIPTION = 64 * 1024
_MEDIA = re.compile(rb"^m=([a-z]{1,16}) ", re.MULTILINE)
_UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True)
class Login:
    """A user of the server."""

    user: str
    password: SecretText = field(repr=False)


@dataclass(slots=True)
class RtspAsker:
    """Asks for one stream's description; does not play it."""

    part: Part
    place: Place
    check: RtspCheck
    url: str
    """As the server knows it."""
    login: Login | None = None

    async def ask(self) -> tuple[Reading, ...]:
        """Raises NetError where no answer comes, or only one that asks for a password."""
        start = time.perf_counter()
        connection = await Connection.open(self.place.peer("stream at", self.check.timeout_s))
        try:
            head, body = await self._answer(connection)
        finally:
            await connection.close()
        took_s = time.perf_counter() - start
        return (
            self._stated(head, body),
            self.part.measured(SensorClass.DELAY, "Answer", took_s),
        )

    async def _answer(self, connection: Connection) -> tuple[Head, bytes]:
        head, body = await self._ask_once(connection, 1)
        if head.status != _UNAUTHORIZED:
            return head, body
        proof = self._proof(connection, head)
        head, body = await self._ask_once(connection, 2, proof)
        if head.status == _UNAUTHORIZED:
            raise CredentialError(
                f"{connection.peer.where} rejects the user or the password:"
                " compare the credential with the camera's own list"
            )
        return head, body

    async def _ask_once(
        self, connection: Connection, number: int, proof: str = ""
    ) -> tuple[Head, bytes]:
        connection.send(question(self.check.method, self.url, number, proof))
        head = await connection.read_head()
        try:
            said = head.length
        except MalformedHeadError as error:
            raise GarbageError(f"{connection.peer.where}: {error}: check its firmware") from error
        # Without a length, an RTSP answer has no body (section 4.4).
        body = await connection.read_body(head, LONGEST_DESCRIPTION) if said else b""
        return head, body

    def _proof(self, connection: Connection, head: Head) -> str:
        where = connection.peer.where
        if self.login is None:
            raise CredentialError(f"{where} wants a password: name a `credential` of its own")
        try:
            challenge = best_challenge(head.all("www-authenticate"))
        except NoDigestError as error:
            raise CredentialError(
                f"{where} wants the password in clear text: switch it to digest authentication"
            ) from error
        asked = Asked(self.check.method.upper(), self.url, self.login.user, secrets.token_hex(8))
        return answer(challenge, asked, self.login.password.reveal())

    def _stated(self, head: Head, body: bytes) -> Reading:
        text = f"{head.status} {head.reason}".strip()
        if head.status != 200:
            return self.part.stated(self.part.name, float(head.status), State.CRITICAL, text)
        if self.check.method == "options":
            return self.part.stated(self.part.name, 200.0, State.OK, "answers")
        media = [kind.decode() for kind in _MEDIA.findall(body)]
        if "video" not in media:
            text = "describes no video" + (f", only {', '.join(media[:4])}" if media else "")
            return self.part.stated(self.part.name, 200.0, State.CRITICAL, text)
        return self.part.stated(self.part.name, 200.0, State.OK, ", ".join(media[:4]))


def question(method: str, url: str, number: int, proof: str = "") -> bytes:
    """One request, with its sequence number and what proves the password."""
    lines = [f"{method.upper()} {url} RTSP/1.0", f"CSeq: {number}", "User-Agent: watchfloor"]
    if method == "describe":
        lines.append("Accept: application/sdp")
    if proof:
        lines.append(f"Authorization: {proof}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8")

"""A session with one BMC: one kept connection, a token, and answers remembered by their ETags."""

import asyncio
import contextlib
import json
import re
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass

from monitors.net.connection import Connection, Peer
from monitors.net.errors import HungUpError, NetError
from monitors.net.head import Head
from monitors.redfish.document import LONGEST_DOCUMENT, Document, MalformedDocumentError
from monitors.redfish.errors import (
    ForbiddenError,
    LoginError,
    NotFoundError,
    RedfishError,
    StrangeError,
)
from monitors.redfish.target import RedfishTarget

ROOT = "/redfish/v1/"
SESSIONS = "/redfish/v1/SessionService/Sessions"
MOST_REMEMBERED = 1024 * 1024
"""Octets of answers that are kept for their ETags, all together."""
LONGEST_TOKEN = 1024
GOODBYE_S = 2.0
_ETAG = re.compile(r'(W/)?"[!#-~]{1,200}"')
"""RFC 9110, section 8.8.3."""
_NO_SESSIONS = frozenset({404, 405, 501})


@dataclass(slots=True)
class _Remembered:
    etag: str
    document: Document
    size: int


class RedfishSession:
    """Gets resources. Connects and logs in when need be, and again when the BMC forgot."""

    def __init__(self, target: RedfishTarget, clock: Callable[[], float] = time.monotonic) -> None:
        self.target = target
        self.where = f"BMC {target.address}"
        self.requests = 0
        """Sent so far."""
        self._clock = clock
        self._connection: Connection | None = None
        self._authorization = ""
        """The header that proves who asks, with its end."""
        self._session_path = ""
        self._remembered: dict[str, _Remembered] = {}
        self._refused: LoginError | None = None
        self._refused_until = 0.0

    async def get(self, path: str) -> Document:
        """The resource at a path. Raises NetError; NotFoundError where there is none."""
        if not self._authorization:
            await self._log_in()
        head, body = await self._ask("GET", path)
        if head.status == 401:
            self._authorization = ""  # the session was dropped, or the BMC started anew
            await self._log_in()
            head, body = await self._ask("GET", path)
            if head.status == 401:
                raise self._refuse()
        return self._document(path, head, body)

    async def root(self) -> Document:
        """The service root, which needs no login (DSP0266, section 9.2)."""
        head, body = await self._ask("GET", ROOT)
        return self._document(ROOT, head, body)

    async def close(self) -> None:
        """Ends the session on the BMC, which has few, and the connection. Safe to call twice."""
        path, self._session_path = self._session_path, ""
        if path and self._connection is not None:
            # The BMC ends it by itself after a while if this does not reach it.
            with contextlib.suppress(NetError, TimeoutError):
                async with asyncio.timeout(GOODBYE_S):
                    await self._ask("DELETE", path)
        self._authorization = ""
        await self._hang_up()

    async def drop(self) -> None:
        """Ends the connection: what was asked last may still be on its way."""
        await self._hang_up()

    async def _log_in(self) -> None:
        if self._refused is not None and self._clock() < self._refused_until:
            # As if for the first time: each raise would add to its trace, and keep the frames.
            raise self._refused.with_traceback(None)
        root = await self.root()
        path = root.link("Links", "Sessions") or SESSIONS
        secret = self.target.password.get_secret_value()
        login = json.dumps({"UserName": self.target.user, "Password": secret}).encode()
        head, body = await self._ask("POST", path, login)
        if head.status in (200, 201, 204):
            self._take_token(head, body)
        elif head.status in _NO_SESSIONS:
            pair = f"{self.target.user}:{secret}".encode()
            self._authorization = f"Authorization: Basic {b64encode(pair).decode()}\r\n"
        elif head.status in (400, 401, 403):
            raise self._refuse()
        else:
            raise RedfishError(
                f"{self.where} gives no session ({head.status} {head.reason}): it may have too"
                " many open; close some on its page, or restart the BMC"
            )
        self._refused = None

    def _take_token(self, head: Head, body: bytes) -> None:
        token = head.get("x-auth-token")
        if not token or len(token) > LONGEST_TOKEN or not token.isascii():
            raise StrangeError(f"{self.where} opens a session without a token: check its firmware")
        self._authorization = f"X-Auth-Token: {token}\r\n"
        location = re.sub(r"^https?://[^/]*", "", head.get("location"))
        place = Document({"@odata.id": location}).path
        with contextlib.suppress(MalformedDocumentError):
            place = place or Document.parse(body or b"{}").path
        self._session_path = place

    def _refuse(self) -> LoginError:
        self._refused_until = self._clock() + self.target.credential_pause_s
        self._refused = LoginError(
            f"{self.where} rejects the user {self.target.user} or the password: compare the"
            f" credential with the BMC's users; tried again in {self.target.credential_pause_s:g} s"
        )
        return self._refused

    def _document(self, path: str, head: Head, body: bytes) -> Document:
        known = self._remembered.get(path)
        if head.status == 304 and known is not None:
            return known.document
        if head.status != 200:
            raise self._failure(path, head)
        try:
            document = Document.parse(body)
        except MalformedDocumentError as error:
            raise StrangeError(
                f"{self.where} answers {path} with {error}: check what listens there"
            ) from error
        self._remember(path, _Remembered(head.get("etag"), document, len(body)))
        return document

    def _remember(self, path: str, answer: _Remembered) -> None:
        self._remembered.pop(path, None)
        kept = sum(known.size for known in self._remembered.values())
        if _ETAG.fullmatch(answer.etag) and kept + answer.size <= MOST_REMEMBERED:
            self._remembered[path] = answer

    def _failure(self, path: str, head: Head) -> RedfishError:
        said = f"{head.status} {head.reason}".strip()
        if head.status in (404, 410):
            return NotFoundError(f"{self.where} has nothing at {path}")
        if head.status == 403:
            return ForbiddenError(
                f"{self.where} forbids its user to read {path}: give it a role that may"
            )
        return RedfishError(f"{self.where} answers {path} with {said}: look at the BMC's own log")

    async def _ask(self, method: str, path: str, body: bytes = b"") -> tuple[Head, bytes]:
        """One question on the kept connection; on a new one where the BMC has closed that."""
        kept = self._connection is not None and self._connection.usable
        try:
            return await self._ask_once(method, path, body)
        except HungUpError:
            if not kept or method == "POST":
                raise
            return await self._ask_once(method, path, body)

    async def _ask_once(self, method: str, path: str, body: bytes) -> tuple[Head, bytes]:
        connection = await self._connected()
        whole = False
        try:
            connection.send(self._question(method, path, body))
            self.requests += 1
            head = await connection.read_head()
            content = await connection.read_body(head, LONGEST_DOCUMENT)
            whole = head.keeps_open
        finally:
            if not whole:  # cancelled halfway, too: the rest would be taken for the next answer
                await self._hang_up()
        return head, content

    def _question(self, method: str, path: str, body: bytes) -> bytes:
        known = self._remembered.get(path) if method == "GET" else None
        match = f"If-None-Match: {known.etag}\r\n" if known else ""
        content = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        proof = "" if body and method == "POST" else self._authorization
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self.target.address}\r\n{proof}"
            f"Accept: application/json\r\nOData-Version: 4.0\r\n"
            f"{match}{content if body else ''}\r\n"
        )
        return head.encode("latin-1") + body

    async def _connected(self) -> Connection:
        if self._connection is not None and self._connection.usable:
            return self._connection
        await self._hang_up()
        target = self.target
        peer = Peer(self.where, target.host, target.port, target.timeout_s, target.trust)
        self._connection = await Connection.open(peer)
        return self._connection

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

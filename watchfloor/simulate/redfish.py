"""A BMC that serves a recorded Redfish tree over TLS: sessions, ETags, `$expand` and faults."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from watchfloor.simulate.redfish_tree import RedfishTree
from watchfloor.simulate.tcp_service import TcpService, WireFaults, misbehave

SESSIONS = "/redfish/v1/SessionService/Sessions"
LONGEST_BODY = 64 * 1024
_HUGE = b'{"Members": [' + b'{"a": 1},' * 250_000 + b"{}]}"


@dataclass(slots=True)
class RedfishFaults(WireFaults):
    """How the BMC misbehaves. Each can be set and cleared while it runs."""

    unauthorized: bool = False
    """Reject every session, though the login was right."""
    no_sessions: bool = False
    """Know no SessionService: only Basic authentication is left."""
    full: bool = False
    """Have no session left to give."""
    status: int = 0
    """Answer every resource with this status."""
    truncated: bool = False
    """End each connection in the middle of an answer."""
    huge: bool = False
    """Answer with more than anybody asked for."""
    closes: bool = False
    """Close the connection after every answer."""


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


class SimulatedRedfish(TcpService):
    """One BMC. Its tree can be edited while it runs: `tree`."""

    def __init__(
        self,
        shape: Literal["idrac", "ilo", "openbmc"],
        *,
        tls: ssl.SSLContext,
        user: str = "root",
        password: str = "calvin",  # noqa: S107 - the simulator's own, as pyghmi's examples have it
        host: str = "127.0.0.1",
        port: int = 0,
        etags: bool = True,
    ) -> None:
        super().__init__(host=host, port=port, tls=tls)
        self.tree = RedfishTree.shipped(shape)
        self.faults = RedfishFaults()
        self.tokens: dict[str, str] = {}
        """Session id to token."""
        self.requests: list[str] = []
        """`GET /redfish/v1/`, in the order in which they came."""
        self.logins = 0
        self._user, self._password = user, password
        self._etags = etags

    def forget_sessions(self) -> None:
        """As after a restart of the BMC."""
        self.tokens.clear()

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Requests on one connection, one after the other."""
        while (request := await _read(reader)) is not None:
            self.requests.append(f"{request.method} {request.path}")
            if await misbehave(self.faults, writer):
                continue
            reply = self._reply(request)
            octets = _octets(reply, closes=self.faults.closes)
            if self.faults.truncated:
                writer.write(octets[: len(octets) // 2])
                return
            writer.write(octets)
            await writer.drain()
            if self.faults.closes:
                return

    def _reply(self, request: _Request) -> _Reply:
        path = request.path
        if request.method == "POST" and path.rstrip("/") == SESSIONS:
            return self._log_in(request)
        if path in ("/redfish/v1", "/redfish/v1/"):
            return self._resource("/redfish/v1/", request)
        if not self._is_known(request):
            return _Reply(401, b'{"error": {"code": "Base.1.8.NoValidSession"}}')
        if request.method == "DELETE" and path.startswith(SESSIONS):
            gone = self.tokens.pop(path.rstrip("/").rpartition("/")[2], None)
            return _Reply(204 if gone is not None else 404)
        if request.method != "GET":
            return _Reply(405)
        if self.faults.status:
            return _Reply(self.faults.status)
        return self._resource(path, request)

    def _resource(self, path: str, request: _Request) -> _Reply:
        resource = self.tree.resource(path, request.query)
        if resource is None:
            return _Reply(404, b'{"error": {"code": "Base.1.8.ResourceMissingAtURI"}}')
        if self.faults.huge:
            return _Reply(200, _HUGE)
        body = json.dumps(resource).encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers = (("ETag", etag),) if self._etags else ()
        if self._etags and request.headers.get("if-none-match") == etag:
            return _Reply(304, b"", headers)
        return _Reply(200, body, headers)

    def _log_in(self, request: _Request) -> _Reply:
        if self.faults.no_sessions:
            return _Reply(404)
        if self.faults.full:
            return _Reply(503)
        self.logins += 1
        try:
            said = json.loads(request.body)
            pair = f"{said['UserName']}:{said['Password']}"
        except (ValueError, KeyError, TypeError):
            return _Reply(400)
        if not hmac.compare_digest(pair.encode(), f"{self._user}:{self._password}".encode()):
            return _Reply(401)
        number, token = str(self.logins), secrets.token_hex(16)
        self.tokens[number] = token
        place = f"{SESSIONS}/{number}"
        body = json.dumps({"@odata.id": place, "Id": number, "UserName": self._user}).encode()
        return _Reply(201, body, (("X-Auth-Token", token), ("Location", place)))

    def _is_known(self, request: _Request) -> bool:
        if self.faults.unauthorized:
            return False
        token = request.headers.get("x-auth-token")
        if token is not None:
            return token in self.tokens.values()
        pair = b64encode(f"{self._user}:{self._password}".encode()).decode()
        return hmac.compare_digest(request.headers.get("authorization", ""), f"Basic {pair}")


async def _read(reader: asyncio.StreamReader) -> _Request | None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
    words = first.split(" ")
    if len(words) != 3:
        return None
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines)
    }
    length = int(headers.get("content-length", "0"))
    body = await reader.readexactly(min(length, LONGEST_BODY)) if length else b""
    path, _, query = words[1].partition("?")
    return _Request(words[0], path, query, headers, body)


def _octets(reply: _Reply, *, closes: bool) -> bytes:
    lines = [f"HTTP/1.1 {reply.status} Said so", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in reply.headers]
    if reply.status not in (204, 304):
        lines.append(f"Content-Length: {len(reply.body)}")
    if closes:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + reply.body

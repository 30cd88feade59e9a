"""A camera's or recorder's RTSP server (RFC 2326): OPTIONS and DESCRIBE, behind digest or not."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import secrets
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from watchfloor.simulate.tcp_service import TcpService, WireFaults, misbehave

REALM = "stream"
_REQUEST = re.compile(rb"([A-Z_]{1,16}) (\S{1,1024}) RTSP/1\.0\r\n")
_HEADER = re.compile(rb"^([A-Za-z-]{1,64}): ?(.{0,2048})\r$", re.MULTILINE)
_PARAMETER = re.compile(r'(\w+)="?([^",]*)"?')
_DESCRIPTION = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=Live\r\nt=0 0\r\n"
    "m={media} 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
)


@dataclass(slots=True)
class StreamFaults(WireFaults):
    """What is wrong with the streams."""

    gone: bool = False
    """No stream is found (404), though the server speaks."""
    no_video: bool = False
    """Only sound is left."""
    hang_up: bool = False
    """Close each connection as soon as it is made."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request, its headers in lower case."""

    method: str
    url: str
    headers: dict[str, str]


class SimulatedStreams(TcpService):
    """One server with some streams. With a password, DESCRIBE must prove it by digest."""

    methods: tuple[str, ...] = ("OPTIONS", "DESCRIBE")
    description = _DESCRIPTION

    def __init__(
        self,
        paths: tuple[str, ...] = ("/live",),
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        user: str = "",
        password: str | None = None,
        algorithm: str = "MD5",
        basic_only: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(host=host, port=port, tls=tls)
        self.faults = StreamFaults()
        self._paths = frozenset(paths)
        self._user = user
        self._password = password
        self._algorithm = algorithm
        self._basic_only = basic_only
        self.requests = 0

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Requests on one connection, one after the other."""
        nonce = secrets.token_hex(16)
        while not self.faults.hang_up:
            octets = await reader.readuntil(b"\r\n\r\n")
            self.requests += 1
            request = parse(octets)
            if request is None:
                return
            if await misbehave(self.faults, writer):
                continue
            writer.write(self.answer(request, nonce).encode())
            await writer.drain()

    def answer(self, request: Request, nonce: str) -> str:
        number = request.headers.get("cseq", "0")
        if request.method == "OPTIONS":
            return reply(200, "OK", number, {"Public": ", ".join(self.methods)})
        if request.method not in self.methods:
            return reply(405, "Method Not Allowed", number)
        if self._password is not None and not self._is_proved(request, nonce):
            return reply(401, "Unauthorized", number, {"WWW-Authenticate": self._challenge(nonce)})
        if self.faults.gone or not self._has(request.url):
            return reply(404, "Not Found", number)
        return self.grant(request, number)

    def grant(self, request: Request, number: str) -> str:  # noqa: ARG002 - for those who do more
        """The answer to somebody who may see the stream; DESCRIBE's own."""
        text = self.description.format(media="audio" if self.faults.no_video else "video")
        return reply(200, "OK", number, {"Content-Type": "application/sdp"}, text)

    def _has(self, url: str) -> bool:
        """Whether it is one of the streams, or a track of one."""
        path = urlsplit(url).path.rstrip("/")
        return path in self._paths or path.rpartition("/")[0] in self._paths

    def _challenge(self, nonce: str) -> str:
        if self._basic_only:
            return f'Basic realm="{REALM}"'
        return f'Digest realm="{REALM}", nonce="{nonce}", qop="auth", algorithm={self._algorithm}'

    def _is_proved(self, request: Request, nonce: str) -> bool:
        given = dict(_PARAMETER.findall(request.headers.get("authorization", "")))

        def hashed(text: str) -> str:
            name = self._algorithm.replace("-", "").lower()
            return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()

        user = hashed(f"{self._user}:{REALM}:{self._password}")
        asked = hashed(f"{request.method}:{request.url}")
        middle = f"{nonce}:{given.get('nc')}:{given.get('cnonce')}:auth"
        right = hashed(f"{user}:{middle}:{asked}")
        return hmac.compare_digest(right, given.get("response", ""))


def parse(octets: bytes) -> Request | None:
    """The request in these octets; None where it is none."""
    first = _REQUEST.match(octets)
    if first is None:
        return None
    headers = {
        name.decode().lower(): value.decode("utf-8", "replace")
        for name, value in _HEADER.findall(octets)
    }
    return Request(first[1].decode(), first[2].decode("utf-8", "replace"), headers)


def reply(
    status: int, reason: str, number: str, headers: dict[str, str] | None = None, body: str = ""
) -> str:
    """The text of an answer."""
    lines = [f"RTSP/1.0 {status} {reason}", f"CSeq: {number}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines) + "\r\n\r\n" + body

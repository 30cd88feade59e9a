"""One TCP connection, with TLS or without: opened in time, trusted first, and read in bounds."""

import asyncio
import contextlib
import ssl
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from monitors.net.errors import GarbageError, HungUpError, network_error
from monitors.net.head import END, LONGEST_HEAD, Head, MalformedHeadError, parse_head
from monitors.net.trust import Trust, refused

GOODBYE_S = 0.5
LONGEST_CHUNK_LINE = 256
MOST_CHUNKS = 4096


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is connected to."""

    where: str
    """Names the service and its address, for messages."""
    host: str
    port: int
    timeout_s: float
    """How long any one step may take."""
    trust: Trust | None = None
    """None: without TLS."""


class Connection:
    """Opened by `open`, used for one question after the other, closed by `close`."""

    def __init__(
        self, peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.peer = peer
        self._reader = reader
        self._writer = writer
        self.answered = False
        """Whether anything has come over it yet."""

    @classmethod
    async def open(cls, peer: Peer) -> "Connection":
        """Connects, and refuses who is not trusted. Raises NetError."""
        trust = peer.trust
        try:
            async with asyncio.timeout(peer.timeout_s):
                reader, writer = await asyncio.open_connection(
                    peer.host,
                    peer.port,
                    ssl=trust.context if trust else None,
                    server_hostname=(trust.name or peer.host) if trust else None,
                    limit=LONGEST_HEAD,
                )
        except ssl.SSLCertVerificationError as error:
            raise refused(peer.where, error) from error
        except (OSError, UnicodeError) as error:
            known = error if isinstance(error, OSError) else OSError()
            raise network_error(peer.where, known, peer.timeout_s) from error
        connection = cls(peer, reader, writer)
        if trust is not None:
            try:
                trust.check(peer.where, connection.certificate)
            except BaseException:
                await connection.close()
                raise
        return connection

    @property
    def tls(self) -> ssl.SSLObject | None:
        """The TLS session; None without TLS."""
        found: ssl.SSLObject | None = self._writer.get_extra_info("ssl_object")
        return found

    @property
    def certificate(self) -> bytes:
        """The other side's certificate (DER); empty without TLS."""
        session = self.tls
        return (session.getpeercert(binary_form=True) or b"") if session else b""

    @property
    def usable(self) -> bool:
        """Whether another question can be asked, as far as this side knows."""
        return not self._writer.is_closing() and not self._reader.at_eof()

    def send(self, octets: bytes) -> None:
        """Sends a question; small ones need no waiting."""
        self._writer.write(octets)

    async def read_head(self) -> Head:
        """The head of an answer. Raises NetError."""
        octets = await self._read(self._reader.readuntil(END))
        self.answered = True
        try:
            return parse_head(octets)
        except MalformedHeadError as error:
            raise self._garbage(str(error)) from error

    async def read_body(self, head: Head, most: int) -> bytes:
        """The body that belongs to a head, at most so many bytes. Raises NetError."""
        if head.status < 200 or head.status in (204, 304):
            return b""
        try:
            length, chunked = head.length, head.chunked
        except MalformedHeadError as error:
            raise self._garbage(str(error)) from error
        if chunked:
            return await self._read_chunks(most)
        if length is None:
            return await self._read_to_end(most)
        if length > most:
            raise self._garbage(f"a body of {length} bytes, more than {most}")
        return await self._read(self._reader.readexactly(length)) if length else b""

    async def close(self) -> None:
        """Ends it, without much patience for the other side's manners."""
        self._writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                await self._writer.wait_closed()

    async def _read_chunks(self, most: int) -> bytes:
        """RFC 9112, section 7.1."""
        parts: list[bytes] = []
        room = most
        for _ in range(MOST_CHUNKS):
            line = await self._read(self._reader.readuntil(b"\r\n"))
            size = _chunk_size(line)
            if size is None:
                raise self._garbage("a chunk without a size")
            if size == 0:
                while await self._read(self._reader.readuntil(b"\r\n")) != b"\r\n":
                    room -= LONGEST_CHUNK_LINE
                    if room < 0:
                        raise self._garbage("an endless trailer")
                return b"".join(parts)
            room -= size
            if room < 0:
                raise self._garbage(f"a body of more than {most} bytes")
            parts.append((await self._read(self._reader.readexactly(size + 2)))[:-2])
        raise self._garbage(f"more than {MOST_CHUNKS} chunks")

    async def _read_to_end(self, most: int) -> bytes:
        parts: list[bytes] = []
        room = most
        while part := await self._read(self._reader.read(LONGEST_HEAD)):
            room -= len(part)
            if room < 0:
                raise self._garbage(f"a body of more than {most} bytes")
            parts.append(part)
        return b"".join(parts)

    async def _read(self, reading: Coroutine[Any, Any, bytes]) -> bytes:
        try:
            async with asyncio.timeout(self.peer.timeout_s):
                return await reading
        except asyncio.LimitOverrunError as error:
            raise self._garbage(f"a head of more than {LONGEST_HEAD} bytes") from error
        except asyncio.IncompleteReadError as error:
            raise HungUpError(
                f"{self.peer.where} ended the connection in the middle: look at its service"
            ) from error
        except OSError as error:
            raise network_error(self.peer.where, error, self.peer.timeout_s) from error

    def _garbage(self, what: str) -> GarbageError:
        return GarbageError(
            f"{self.peer.where} answers outside of its protocol ({what}):"
            " check the address and what listens on the port"
        )


def _chunk_size(line: bytes) -> int | None:
    text = line[:LONGEST_CHUNK_LINE].partition(b";")[0].strip()
    digits = text.decode("ascii", "replace")
    if not 0 < len(digits) <= 8 or not all(c in "0123456789abcdefABCDEF" for c in digits):
        return None
    return int(digits, 16)

"""Heads of answers and digests: what is read, what is refused, and that nothing else is raised."""

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.net.connection import Connection, Peer
from monitors.net.digest import Asked, NoDigestError, answer, best_challenge
from monitors.net.errors import GarbageError, NetError, SilentError
from monitors.net.head import MalformedHeadError, parse_head
from watchfloor.simulate.tcp_service import TcpService

USER, PASSWORD = "Mufasa", "Circle of Life"
URI = "/dir/index.html"
NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"


def test_a_head_is_read() -> None:
    head = parse_head(
        b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n"
        b"www-authenticate:  Digest x\r\nContent-Length: 3\r\n\r\n"
    )
    assert (head.status, head.reason, head.length) == (401, "Unauthorized", 3)
    assert head.all("www-authenticate") == ("Basic", "Digest x")
    assert head.keeps_open


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nspace in: name\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 129,
        b"HTTP/1.1 200 OK\r\nA: " + b"b" * 40_000,
    ],
)
def test_what_is_no_head(octets: bytes) -> None:
    with pytest.raises(MalformedHeadError):
        parse_head(octets)


@pytest.mark.parametrize("lines", ["Content-Length: 3\r\nContent-Length: 4", "Content-Length: -1"])
def test_an_unclear_length_is_refused(lines: str) -> None:
    head = parse_head(f"HTTP/1.1 200 OK\r\n{lines}\r\n\r\n".encode())
    with pytest.raises(MalformedHeadError):
        _ = head.length


@given(st.binary(max_size=400))
def test_no_octets_make_the_reader_stumble(octets: bytes) -> None:
    for data in (octets, b"HTTP/1.1 200 OK\r\n" + octets, b"RTSP/1.0 200" + octets):
        with suppress(MalformedHeadError):
            head = parse_head(data)
            assert 100 <= head.status <= 599
            assert "\n" not in head.reason
            _ = head.length, head.chunked, head.keeps_open


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_digests_are_those_of_rfc_7616(algorithm: str, response: str) -> None:
    header = (
        f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm},'
        f' nonce="{NONCE}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    asked = Asked("GET", URI, USER, "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
    proof = answer(best_challenge(["Basic realm=x", header]), asked, PASSWORD)
    assert f'response="{response}"' in proof
    assert PASSWORD not in proof


def test_the_best_digest_is_taken_and_basic_never() -> None:
    md5, sha = (f'Digest realm="r", nonce="n", algorithm={a}' for a in ("MD5", "SHA-256"))
    assert best_challenge([md5, sha]).algorithm == "SHA-256"
    for headers in ([], ['Basic realm="r"'], ['Digest realm="r"'], ["Digest nonce=n, qop=int"]):
        with pytest.raises(NoDigestError):
            best_challenge(headers)


@given(st.text(max_size=300))
def test_no_challenge_makes_it_stumble(text: str) -> None:
    for header in (text, "Digest " + text, f'Digest nonce="n", realm="{text}'):
        with suppress(NoDigestError):
            proof = answer(best_challenge([header]), Asked("GET", "/", "u", "c"), "p")
            assert "\n" not in proof
            assert "\r" not in proof


class Octets(TcpService):
    """Sends the same octets to everybody, then waits."""

    def __init__(self, octets: bytes, *, ends: bool = True) -> None:
        super().__init__()
        self._octets, self._ends = octets, ends

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self._octets)
        await writer.drain()
        if not self._ends:
            await reader.read()


async def body_of(octets: bytes, most: int = 1000, *, ends: bool = True) -> bytes:
    async with Octets(octets, ends=ends) as service:
        host, port = service.address
        connection = await Connection.open(Peer("service", host, port, 0.6))
        try:
            return await connection.read_body(await connection.read_head(), most)
        finally:
            await connection.close()


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"


@pytest.mark.parametrize(
    "octets",
    [
        PLAIN + b"hello",
        CHUNKED + b"2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: x\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\nhello",
    ],
)
async def test_bodies(octets: bytes) -> None:
    assert await body_of(octets) == b"hello"


@pytest.mark.parametrize(
    "octets",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 5000,
        CHUNKED + b"ffffffff\r\n",
        CHUNKED + b"-1\r\n",
        CHUNKED + b"3e9\r\n" + b"x" * 1001 + b"\r\n0\r\n\r\n",
        CHUNKED + b"0\r\n" + b"T: x\r\n" * 1000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 20_000,
    ],
)
async def test_bodies_past_their_bounds(octets: bytes) -> None:
    with pytest.raises(GarbageError):
        await body_of(octets)


async def test_a_truncated_and_a_slow_body() -> None:
    with pytest.raises(NetError, match="in the middle"):
        await body_of(PLAIN + b"hel")
    with pytest.raises(SilentError):
        await body_of(PLAIN + b"hel", ends=False)

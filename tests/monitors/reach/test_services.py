"""Ports, web and TLS, against real servers with an authority of the test's own."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.reach.certificate import UnreadableCertificateError, read_certificate
from monitors.reading import SensorClass, State
from tests.certificates import Authority, Signed
from tests.monitors.reach.reaching import named, only_state, probe
from watchfloor.simulate.tcp_service import TcpService

NAME = "noc.riverside.example"


class Web(TcpService):
    """Answers every request with the same octets."""

    reply = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    asked = b""

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked = await reader.readuntil(b"\r\n\r\n")
        writer.write(self.reply)
        await writer.drain()
        await reader.read(1)


@asynccontextmanager
async def serving(signed: Signed, newest: ssl.TLSVersion | None = None) -> AsyncIterator[Web]:
    async with Web(tls=signed.server(newest)) as web:
        yield web


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


async def test_an_open_and_a_closed_port() -> None:
    async with Web() as web:
        at = {"tcp-22": web.address}
        opened = await probe({"tcp": 22}, at=at).poll()
    closed = await probe({"tcp": 22}, at=at).poll()
    assert only_state(opened) == (State.OK, "accepts connections")
    assert only_state(closed)[0] is State.CRITICAL
    assert "service:tcp-22" in {reading.component for reading in closed.readings}


@pytest.mark.parametrize(
    ("reply", "wanted", "state"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", None, State.OK),
        (b"HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n", None, State.OK),
        (b"HTTP/1.1 500 Oops\r\n\r\n", None, State.CRITICAL),
        (b"HTTP/1.1 401 Unauthorized\r\n\r\n", 401, State.OK),
        (b"HTTP/1.1 200 OK\r\n\r\n", 401, State.CRITICAL),
        (b"SSH-2.0-dropbear\r\n\r\n", None, State.CRITICAL),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10_000, None, State.CRITICAL),
    ],
)
async def test_the_status_is_what_counts(reply: bytes, wanted: int | None, state: State) -> None:
    async with Web() as web:
        web.reply = reply
        check = {"http": "http://10.20.9.5:8080/health?deep=1", "status": wanted}
        poll = await probe(check, at={"http-8080": web.address}).poll()
    assert only_state(poll)[0] is state
    assert web.asked.startswith(b"GET /health?deep=1 HTTP/1.1\r\nHost: 10.20.9.5:8080\r\n")


async def test_web_over_tls_is_trusted_only_as_the_inventory_says(authority: Authority) -> None:
    signed = authority.sign(NAME, "10.20.9.5")
    url = {"http": "https://10.20.9.5/"}
    async with serving(signed) as web:
        at = {"http-443": web.address}
        polls = [
            await probe({**url, **more}, at=at, folder=authority.pem.parent).poll()
            for more in (
                {},
                {"ca": "ca.pem"},
                {"ca": "ca.pem", "name": "other.example"},
                {"ca": "system"},
                {"sha256": signed.sha256},
                {"sha256": "ab" * 32},
                {"ca": "absent.pem"},
            )
        ]
    assert [only_state(poll)[0] for poll in polls[:-1]] == [
        State.OK,
        State.OK,
        State.CRITICAL,
        State.CRITICAL,
        State.OK,
        State.CRITICAL,
    ]
    assert "another certificate than the inventory says" in only_state(polls[5])[1]
    assert polls[6].problem is not None
    assert "absent.pem" in polls[6].problem.message


@pytest.mark.parametrize(
    ("days", "state"), [(300, State.OK), (20, State.WARNING), (3, State.CRITICAL)]
)
async def test_days_left(authority: Authority, days: int, state: State) -> None:
    async with serving(authority.sign(NAME, days=days)) as web:
        poll = await probe({"tls": 443}, at={"tls-443": web.address}).poll()
    found = named(poll)["Validity"]
    assert (found.sensor_class, found.component) == (SensorClass.VALIDITY, "certificate:443")
    assert found.value == pytest.approx(days * 86_400, abs=600)
    assert found.state is state


async def test_an_expired_a_future_and_a_foreign_certificate(authority: Authority) -> None:
    trusted = {"tls": 443, "ca": "ca.pem", "name": NAME}
    soon = datetime.now(UTC) + timedelta(days=2)
    cases = {
        "holds, TLSv1.3": authority.sign(NAME),
        "ended on": authority.sign(NAME, days=-1),
        "holds from": authority.sign(NAME, begins=soon),
        "does not name": authority.sign("other.example"),
        "self-signed": authority.sign(NAME, itself=True),
    }
    seen = {}
    for word, signed in cases.items():
        check = trusted if word in ("holds, TLSv1.3", "self-signed") else {"tls": 443, "name": NAME}
        async with serving(signed) as web:
            asked = probe(check, at={"tls-443": web.address}, folder=authority.pem.parent)
            seen[word] = only_state(await asked.poll())
    assert {word: word in text for word, (_, text) in seen.items()} == dict.fromkeys(cases, True)
    assert [state for state, _ in seen.values()] == [State.OK, *[State.CRITICAL] * 4]


@pytest.mark.parametrize(("oldest", "state"), [("1.2", State.OK), ("1.3", State.WARNING)])
async def test_the_protocol_version(authority: Authority, oldest: str, state: State) -> None:
    async with serving(authority.sign(NAME), ssl.TLSVersion.TLSv1_2) as web:
        poll = await probe({"tls": 443, "oldest": oldest}, at={"tls-443": web.address}).poll()
    version = named(poll)["Protocol"]
    assert (version.text, version.state) == ("TLSv1.2", state)


class Banner(TcpService):
    """Speaks first, and no TLS."""

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail\r\n")
        await reader.read(1)


async def test_a_port_without_tls_is_a_failed_service() -> None:
    async with Banner() as web:
        poll = await probe({"tls": 443}, at={"tls-443": web.address}).poll()
    assert only_state(poll)[0] is State.CRITICAL


@given(st.binary(max_size=300))
def test_no_certificate_makes_it_stumble(octets: bytes) -> None:
    with pytest.raises(UnreadableCertificateError):
        read_certificate(octets)


@given(data=st.data())
def test_no_broken_certificate_makes_it_stumble(tmp_der: bytes, data: st.DataObject) -> None:
    octets = bytearray(tmp_der)
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    with suppress(UnreadableCertificateError):
        read_certificate(bytes(octets))


@pytest.fixture(scope="module")
def tmp_der(authority: Authority) -> bytes:
    return authority.sign(NAME, "*.riverside.example").der


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("noc.riverside.example", True),
        ("NOC.riverside.example.", True),
        ("a.riverside.example", True),
        ("a.b.riverside.example", False),
        ("riverside.example", False),
        ("10.0.0.1", False),
    ],
)
def test_names(tmp_der: bytes, name: str, fits: bool) -> None:
    assert read_certificate(tmp_der).is_for(name) is fits

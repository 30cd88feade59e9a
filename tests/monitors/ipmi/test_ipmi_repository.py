"""Reading the sensor records of BMCs that answer oddly."""

from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import cast

import pytest

from monitors.ipmi import repository
from monitors.ipmi.connection import Connection
from monitors.ipmi.errors import CommandError, IpmiError
from monitors.ipmi.messages import Request, Response
from monitors.ipmi.repository import DEVICE_RECORDS, REPOSITORY, SensorRepository, source_for

INFO = bytes((0x51, 3, 0, 0, 0)) + bytes(9)
Answer = Callable[[Request], Response]


class OddBmc:
    """Stands in for a connection: `read` answers Get SDR."""

    def __init__(self, read: Answer) -> None:
        self.link = SimpleNamespace(where="BMC 192.0.2.1:623")
        self.info = INFO
        self._read = read
        self.reads = 0

    async def ask(self, request: Request) -> Response:
        if request.command in (REPOSITORY.read, DEVICE_RECORDS.read):
            self.reads += 1
            return self._read(request)
        return Response(0, self.info if request.command == REPOSITORY.info else b"\x07\x00")

    async def command(self, request: Request) -> bytes:
        return (await self.ask(request)).data


def repository_of(bmc: OddBmc) -> SensorRepository:
    return SensorRepository(cast(Connection, bmc))


def record(number: int, body: bytes = b"x" * 20) -> bytes:
    return number.to_bytes(2, "little") + bytes((0x51, 0xC0, len(body))) + body


def record_id(request: Request) -> int:
    return int.from_bytes(request.data[2:4], "little")


async def test_a_list_in_a_circle_is_named() -> None:
    bmc = OddBmc(lambda request: Response(0, b"\x01\x00" + record(1)))
    with pytest.raises(IpmiError, match="in a circle"):
        await repository_of(bmc).read(REPOSITORY)
    assert bmc.reads < 5


async def test_a_list_without_end_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "MOST_RECORDS", 50)

    def endless(request: Request) -> Response:
        following = (record_id(request) + 1).to_bytes(2, "little")
        return Response(0, following + record(record_id(request)))

    bmc = OddBmc(endless)
    with pytest.raises(IpmiError, match="more than 50"):
        await repository_of(bmc).read(REPOSITORY)
    assert bmc.reads == 50


@pytest.mark.parametrize("answer", [b"", b"\xff\xff", b"\xff\xff\xff", b"\xff" * 9])
async def test_an_answer_that_never_completes_a_record_ends(answer: bytes) -> None:
    bmc = OddBmc(lambda request: Response(0, answer))
    with pytest.raises(IpmiError):
        await repository_of(bmc).read(REPOSITORY)
    assert bmc.reads < 100


@pytest.mark.parametrize("piece", [1, 7, 33, 250])
async def test_a_long_record_in_any_pieces_stays_in_bounds(piece: int) -> None:
    bmc = OddBmc(lambda request: Response(0, b"\xff\xff" + b"\xfa" * min(piece, request.data[5])))
    sensors = repository_of(bmc)
    with suppress(IpmiError):
        await sensors.read(REPOSITORY)
    assert bmc.reads < 100


async def test_a_refusal_is_named() -> None:
    bmc = OddBmc(lambda request: Response(0xD4, b""))
    with pytest.raises(CommandError, match="privilege too low"):
        await repository_of(bmc).read(REPOSITORY)


async def test_pieces_are_put_together() -> None:
    whole = record(1, bytes(range(60)))

    def in_pieces(request: Request) -> Response:
        offset, count = request.data[4], request.data[5]
        if count > 20:
            return Response(0xCA, b"")
        return Response(0, b"\xff\xff" + whole[offset : offset + count])

    sensors = repository_of(OddBmc(in_pieces))
    await sensors.read(REPOSITORY)
    assert sensors.records == (whole,)


async def test_a_change_is_noticed_but_not_chased(monkeypatch: pytest.MonkeyPatch) -> None:
    bmc = OddBmc(lambda request: Response(0, b"\xff\xff" + record(1)))
    sensors = repository_of(bmc)
    assert sensors.changed(Response(0, INFO))
    await sensors.read(REPOSITORY)
    newer = Response(0, INFO[:5] + b"\x09" + INFO[6:])
    assert not sensors.changed(Response(0, INFO))
    assert not sensors.changed(newer)
    monkeypatch.setattr(repository, "REREAD_S", 0.0)
    assert sensors.changed(newer)
    assert not sensors.changed(Response(0xC1, b""))


def test_where_the_records_are() -> None:
    assert source_for(bytes((0x20, 0x81, 1, 0, 2, 0x9F))) == REPOSITORY
    assert source_for(bytes((0x20, 0x81, 1, 0, 2, 0x01))) == DEVICE_RECORDS
    assert source_for(b"") == REPOSITORY

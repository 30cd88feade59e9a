"""What is said at a door is text from a stranger."""

import asyncio
import json
from pathlib import Path

import pytest

from monitors.discovery.doors import redfish_root
from tests.certificates import Authority


async def test_what_a_redfish_service_calls_itself_disturbs_no_terminal(
    tmp_path: Path, authority: Authority
) -> None:
    name = "Acme\x1b[2J\x07\r\nBMC" + "X" * 200
    body = json.dumps({"RedfishVersion": "1.9.0", "Name": name}).encode()
    signed = authority.sign("bmc", itself=True)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=signed.server())
    async with server:
        port = server.sockets[0].getsockname()[1]
        said, sha256 = await redfish_root("127.0.0.1", 5.0, port)
    assert said.startswith("Acme [2J BMCX")
    assert said.isprintable()
    assert len(said) <= 80
    assert sha256 == signed.sha256


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)

"""Agents for the tests of the SNMP engine: a scripted one that misbehaves, and net-snmp's snmpd."""

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from monitors.snmp import ber
from monitors.snmp.message import RESPONSE, community_preamble
from monitors.snmp.oid import encode_oid
from monitors.snmp.target import Community, SnmpTarget
from tests.wait import until

Answer = Callable[[bytes, "ScriptedAgent"], Sequence[bytes]]
"""Makes the datagrams that answer one request."""


class ScriptedAgent(asyncio.DatagramProtocol):
    """Answers every datagram with what `script` says."""

    def __init__(self, script: Answer) -> None:
        self.script = script
        self.requests: list[bytes] = []
        self.client: tuple[str, int] | None = None
        self.transport: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> "ScriptedAgent":
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self.transport is not None
        self.transport.close()

    @property
    def port(self) -> int:
        assert self.transport is not None
        return int(self.transport.get_extra_info("sockname")[1])

    def target(self, timeout_s: float = 0.15, retries: int = 1, **more: object) -> SnmpTarget:
        """A target that points here."""
        return SnmpTarget(
            "gear",
            "127.0.0.1",
            self.port,
            Community("public"),
            timeout_s=timeout_s,
            retries=retries,
            **more,  # type: ignore[arg-type]
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        assert self.transport is not None
        self.requests.append(data)
        self.client = addr
        for datagram in self.script(data, self):
            self.transport.sendto(datagram, addr)


def request_id_of(request: bytes) -> bytes:
    """The four bytes of a v2c request's id."""
    at = request.index(b"\x02\x04", 7) + 2
    return request[at : at + 4]


def response(
    request: bytes,
    varbinds: Sequence[tuple[str, bytes]],
    *,
    status: int = 0,
    index: int = 0,
    community: bytes = b"public",
) -> bytes:
    """A v2c Response to the request; values are whole tag-length-values."""
    body = b"".join(
        ber.write(ber.SEQUENCE, ber.write(ber.OBJECT_IDENTIFIER, encode_oid(oid)) + tlv)
        for oid, tlv in varbinds
    )
    pdu = b"\x02\x04" + request_id_of(request)
    pdu += ber.write_integer(status) + ber.write_integer(index) + ber.write(ber.SEQUENCE, body)
    return ber.write(ber.SEQUENCE, community_preamble(community) + ber.write(RESPONSE, pdu))


SNMPD_USERS = """\
createUser sha2user SHA-256 authpass1234 AES privpass1234
createUser shauser SHA authpass1234 AES privpass1234
createUser aes256user SHA-512 authpass1234 AES-256 privpass1234
createUser ciscouser SHA authpass1234 AES-256-C privpass1234
createUser authonly SHA-384 authpass1234
rouser sha2user authPriv
rouser shauser authPriv
rouser aes256user authPriv
rouser ciscouser authPriv
rouser authonly authNoPriv
rocommunity public
sysName real-agent
"""


@contextmanager
def running_snmpd(binary: str, folder: Path, port: int = 0, more: str = "") -> Iterator[int]:
    """net-snmp's agent on a (free) loopback port, with the users above; yields the port.

    `more` is added to its configuration.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", port))
        port = probe.getsockname()[1]
    (folder / "snmpd.conf").write_text(SNMPD_USERS + more)
    environment = {**os.environ, "SNMP_PERSISTENT_DIR": str(folder / "persistent"), "MIBS": ""}
    command = [binary, "-f", "-Lf", str(folder / "log"), "-C", "-c", str(folder / "snmpd.conf")]
    command += ["-I", "-smux", "-p", str(folder / "pid"), f"udp:127.0.0.1:{port}"]
    process = subprocess.Popen(command, env=environment)
    try:
        until(lambda: _listens(port) or process.poll() is not None, 15, "snmpd to listen")
        assert process.poll() is None, (folder / "log").read_text()
        yield port
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder / "persistent", ignore_errors=True)


def _listens(port: int) -> bool:
    needle = f":{port:04X} "
    return any(needle in line for line in Path("/proc/net/udp").read_text().splitlines())

"""Knocks at one address without any credential: is there a BMC, a Redfish service, a display?"""

import asyncio
import json
from dataclasses import dataclass

from monitors.ipmi.errors import IpmiError
from monitors.ipmi.link import Link
from monitors.ipmi.login import auth_capabilities_request, parse_auth_capabilities
from monitors.ipmi.target import IPMI_PORT, IpmiTarget, Privilege
from monitors.ipmi.transport import UdpTransport
from monitors.net.connection import Connection, Peer
from monitors.net.errors import NetError
from monitors.net.trust import Trust, fingerprint
from monitors.pjlink.protocol import LONGEST_LINE, NotPjlinkError, parse_greeting
from monitors.pjlink.protocol import PORT as PJLINK_PORT
from monitors.printable import printable

REDFISH_PORT = 443
LARGEST_ROOT = 256 * 1024
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class _NoSecret:
    """Nothing is logged in to here."""

    def get_secret_value(self) -> str:
        return ""


async def bmc_answers(
    transport: UdpTransport, host: str, timeout_s: float, port: int = IPMI_PORT
) -> bool:
    """Whether something speaks IPMI there; no login is tried (IPMI 2.0, section 22.13)."""
    target = IpmiTarget(host, host, "discovery", _NoSecret(), port, timeout_s=timeout_s)
    link = Link(transport, target)
    try:
        async with asyncio.timeout(timeout_s):
            await link.find()
            question = auth_capabilities_request(Privilege.USER)
            (response,) = await link.ask_sessionless([question])
        return response.code == 0 and parse_auth_capabilities(response.data) is not None
    except (IpmiError, TimeoutError):
        return False
    finally:
        link.leave()


async def redfish_root(host: str, timeout_s: float, port: int = REDFISH_PORT) -> tuple[str, str]:
    """The service root's product (or name) and the certificate's SHA-256; empty where none is.

    The root is readable without a login (DSP0266, section 13.3.5). Nothing is sent that is secret,
    so any certificate will do.
    """
    peer = Peer(f"{host}:{port}", host, port, timeout_s, Trust(required=False))
    try:
        async with asyncio.timeout(2 * timeout_s):
            connection = await Connection.open(peer)
            try:
                return await _ask_root(connection), fingerprint(connection.certificate)
            finally:
                await connection.close()
    except (NetError, TimeoutError, ValueError, RecursionError):
        return "", ""


async def _ask_root(connection: Connection) -> str:
    host = connection.peer.host
    literal = f"[{host}]" if ":" in host else host
    request = f"GET /redfish/v1/ HTTP/1.1\r\nHost: {literal}\r\nAccept: application/json\r\n"
    connection.send(f"{request}Connection: close\r\n\r\n".encode())
    head = await connection.read_head()
    root = json.loads(await connection.read_body(head, LARGEST_ROOT))
    if not isinstance(root, dict) or "RedfishVersion" not in root:
        raise ValueError("no service root")
    words = (root.get("Vendor"), root.get("Product"), root.get("Name"))
    named = " ".join(word for word in words[:2] if isinstance(word, str)) or words[2]
    return printable(str(named)[:LONGEST_NAME]) or "Redfish"


async def display_answers(host: str, timeout_s: float, port: int = PJLINK_PORT) -> bool:
    """Whether a display greets there (PJLink, section 4.1)."""
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(host, port, limit=LONGEST_LINE)
            try:
                line = await reader.readuntil(b"\r")
                parse_greeting(line.strip())
            finally:
                writer.close()
    except (
        OSError,
        TimeoutError,
        NotPjlinkError,
        asyncio.IncompleteReadError,
        asyncio.LimitOverrunError,
    ):
        return False
    return True

"""A web page over TLS, with a self-signed certificate that is made on the spot."""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from watchfloor.simulate.tcp_service import TcpService, WireFaults, misbehave

DAYS = 365
_REPLY = "HTTP/1.1 {status} Simulated\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass(slots=True)
class WebFaults(WireFaults):
    """How the page misbehaves."""

    status: int = 200


class SimulatedWeb(TcpService):
    """One page."""

    def __init__(self, name: str, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._name = name
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.show_certificate(DAYS)
        super().__init__(host=host, port=port, tls=self._context)
        self.faults = WebFaults()

    def show_certificate(self, days: float) -> None:
        """From now on, new connections see a certificate that holds for so many days."""
        self.days = days
        with tempfile.TemporaryDirectory() as folder:  # OpenSSL reads keys from files only
            path = Path(folder) / "web.pem"
            path.write_bytes(_self_signed(self._name, days))
            self._context.load_cert_chain(path)

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request."""
        await reader.readuntil(b"\r\n\r\n")
        if not await misbehave(self.faults, writer):
            writer.write(_REPLY.format(status=self.faults.status).encode())
            await writer.drain()


def _self_signed(name: str, days: float) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=DAYS))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )

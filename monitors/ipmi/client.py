"""The door to IPMI: one client for all BMCs of a monitor, with one socket for all."""

from monitors.ipmi.connection import Connection
from monitors.ipmi.target import IpmiTarget
from monitors.ipmi.transport import UdpTransport


class IpmiClient:
    """Hands out connections that share a socket. Needs a running event loop once one is asked."""

    def __init__(self) -> None:
        self._transport = UdpTransport()

    @property
    def strays(self) -> int:
        """Packets that came from addresses nobody asked."""
        return self._transport.strays

    def connect(self, target: IpmiTarget) -> Connection:
        """A connection to one BMC; nothing is sent before it is asked something."""
        return Connection(self._transport, target)

    async def close(self) -> None:
        """Closes the socket. Connections should be closed before. Safe to call twice."""
        self._transport.close()

"""Lets the application lend a browser's or scraper's connection for the length of an answer's body.

ASGI knows no way to the connection under an answer. uvicorn's protocol for HTTP has it, and tells
the application of it in the scope, as an extension of our own.
"""

from typing import Any, cast

import h11
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_EXTENSION = "watchfloor.connection"


class Lent:
    """The connection that a request has come on."""

    def __init__(self, protocol: "LendingProtocol") -> None:
        self._protocol = protocol

    @staticmethod
    def of(scope: Scope) -> "Lent | None":
        """A request's connection; None where the server has no such extension."""
        found = scope.get("extensions", {}).get(_EXTENSION)
        return cast("Lent", found["connection"]) if found else None

    async def descriptor(self) -> int:
        """Its number, once everything that was written has left this process.

        Until `wrote` is called, nothing else may be written. Raises `OSError`.
        """
        transport, flow = self._protocol.transport, self._protocol.flow
        transport.set_write_buffer_limits(high=0)  # so that drained means empty
        await flow.drain()
        transport.set_write_buffer_limits()
        if transport.is_closing():
            raise ConnectionResetError
        return int(transport.get_extra_info("socket").fileno())

    def wrote(self, size: int) -> None:
        """Says that another process has written so many bytes of the body."""
        event = h11.Data(data=cast("bytes", range(size)))  # of data, h11 asks only its length
        self._protocol.conn.send_with_data_passthrough(event)

    def abort(self) -> None:
        """Ends the connection at once: what was written is not the whole."""
        self._protocol.transport.abort()


class LendingProtocol(H11Protocol):
    """uvicorn's protocol, which tells the application of its connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # as uvicorn calls it
        super().__init__(*args, **kwargs)
        self._told = self.app
        self.app = self._tell

    async def _tell(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.scheme == "http":
            extensions = {**scope.get("extensions", {}), _EXTENSION: {"connection": Lent(self)}}
            scope = {**scope, "extensions": extensions}
        await self._told(scope, receive, send)

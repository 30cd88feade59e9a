"""Syslog over TCP (RFC 6587): lines or counted messages, from known addresses only."""

import asyncio
import socket
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from inventory.endpoints import Endpoint
from monitors.receiver.drops import Tally
from monitors.receiver.inbox import SYSLOG
from monitors.receiver.senders import Senders
from monitors.receiver.syslog_line import LONGEST_LINE
from monitors.receiver.udp_port import bind

MOST_CONNECTIONS = 256
MOST_OF_ONE = 4
"""Connections of one address."""
IDLE_S = 3600.0
_MOST_DIGITS = 5
PAUSE_S = 0.01
"""After each message: what one connection can bring is bounded, and the sender has to wait."""


class SyslogStream:
    """A listening socket and its connections."""

    def __init__(self, senders: Senders, take: Callable[[bytes, str], None], tally: Tally) -> None:
        self._senders = senders
        self._take = take
        self._tally = tally
        self._open: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self, where: Endpoint, option: str) -> None:
        """Begins to listen. Raises `ListenError`."""
        listener = bind(where, option, socket.SOCK_STREAM)
        self._server = await asyncio.start_server(self._serve, sock=listener, limit=LONGEST_LINE)

    async def close(self) -> None:
        """Ends every connection."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        address = str(writer.get_extra_info("peername", ("",))[0])
        self._open[address] += 1
        try:
            if not self._senders.at(address):
                self._tally.drop(SYSLOG, "unknown_sender")
            elif self._open[address] > MOST_OF_ONE or len(self._tasks) > MOST_CONNECTIONS:
                self._tally.drop(SYSLOG, "connections")
            else:
                await self._read(reader, address)
        except (OSError, asyncio.IncompleteReadError):
            pass  # it has gone (the way to it, perhaps), or said nothing for an hour
        except asyncio.CancelledError:
            # asyncio before 3.12.1 logs a traceback for a connection's task that ends cancelled.
            pass
        except (ValueError, asyncio.LimitOverrunError):
            self._tally.drop(SYSLOG, "garbage")
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]
            self._tasks.discard(task)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _read(self, reader: asyncio.StreamReader, address: str) -> None:
        while True:
            async with asyncio.timeout(IDLE_S):
                message = await _next_message(reader)
            if message is None:
                return
            if message:
                self._take(message, address)
            await asyncio.sleep(PAUSE_S)


async def _next_message(reader: asyncio.StreamReader) -> bytes | None:
    """One message; None at the end. Raises ValueError for a length that is none."""
    first = await reader.read(1)
    if not first:
        return None
    if not first.isdigit() or first == b"0":  # RFC 6587 section 3.4.2: ends with a line break
        rest = b"" if first == b"\n" else await reader.readline()
        return (first + rest).strip()
    digits = first  # section 3.4.1: counts its octets
    while (digit := await reader.readexactly(1)) != b" ":
        digits += digit
        if not digit.isdigit() or len(digits) > _MOST_DIGITS:
            raise ValueError("no length of a syslog message")
    if int(digits) > LONGEST_LINE:
        raise ValueError("a syslog message that is too long")
    return await reader.readexactly(int(digits))

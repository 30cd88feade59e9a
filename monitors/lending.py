"""How the engine writes a long answer straight into a connection that another process has lent it.

Megabytes of metrics cost most where they are copied: from buffer to buffer, from process to
process. So the web passes the scraper's connection over the engine's socket (SCM_RIGHTS, unix(7)),
and the engine writes its blocks into it as they are.
"""

import asyncio
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from monitors.frames import ChannelError

ARRIVES_WITHIN_S = 5.0
"""How long the engine holds an answer ready for a connection that does not come."""
LONGEST_S = 30.0
"""How long the other side may take to read the answer."""
BLOCKS_AT_ONCE = 1024
"""IOV_MAX of Linux."""
_TOKEN = b"\0"


def lend(channel: socket.socket, descriptor: int) -> None:
    """Passes a descriptor to the process at the other end. Raises `OSError`."""
    socket.send_fds(channel, [_TOKEN], [descriptor])


@contextmanager
def underneath(writer: asyncio.StreamWriter) -> Iterator[socket.socket]:
    """The socket of a stream from which asyncio reads nothing meanwhile."""
    shared = writer.get_extra_info("socket")
    writer.transport.pause_reading()  # type: ignore[attr-defined]  # of a socket, it can
    try:
        with socket.socket(fileno=os.dup(shared.fileno())) as own:
            yield own
    finally:
        writer.transport.resume_reading()  # type: ignore[attr-defined]  # as above


async def borrow(channel: socket.socket) -> socket.socket:
    """The connection that comes over the engine's socket. Raises `ChannelError`."""
    try:
        async with asyncio.timeout(ARRIVES_WITHIN_S):
            await _until_readable(channel)
        token, descriptors, _, _ = socket.recv_fds(channel, 1, 1, socket.MSG_CMSG_CLOEXEC)
    except (TimeoutError, OSError) as error:
        raise ChannelError("engine socket: no connection was lent") from error
    if not token or len(descriptors) != 1:
        raise ChannelError("engine socket: no connection was lent")
    return _as_connection(descriptors[0])


async def write_into(connection: socket.socket, blocks: list[bytes]) -> None:
    """Writes all blocks, and empties the list as it goes: newer ones take the place of many.

    Raises `ChannelError` when the reader goes away or is too slow.
    """
    try:
        async with asyncio.timeout(LONGEST_S):
            while blocks:
                now = blocks[:BLOCKS_AT_ONCE]
                del blocks[:BLOCKS_AT_ONCE]
                await _write_some(connection, now)
    except TimeoutError as error:
        raise ChannelError(f"the reader has not taken all in {LONGEST_S:g} s") from error
    except OSError as error:
        raise ChannelError("the reader has gone away") from error


async def _write_some(connection: socket.socket, left: Sequence[bytes | memoryview]) -> None:
    while left:
        try:
            sent = connection.sendmsg(left)
        except BlockingIOError:
            await _until_writable(connection)
            continue
        left = _behind(left, sent)
        await asyncio.sleep(0)  # whoever else is due


def _behind(blocks: Sequence[bytes | memoryview], sent: int) -> list[bytes | memoryview]:
    """What is left of the blocks once so many bytes have been sent."""
    for at, block in enumerate(blocks):
        if sent < len(block):
            return [memoryview(block)[sent:], *blocks[at + 1 :]]
        sent -= len(block)
    return []


def _as_connection(descriptor: int) -> socket.socket:
    try:
        connection = socket.socket(fileno=descriptor)
    except OSError as error:
        os.close(descriptor)
        raise ChannelError("engine socket: what was lent is no connection") from error
    if connection.type != socket.SOCK_STREAM:
        connection.close()
        raise ChannelError("engine socket: what was lent is no connection")
    connection.setblocking(False)
    return connection


async def _until_readable(channel: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(channel, _settle, ready)
    try:
        await ready
    finally:
        loop.remove_reader(channel)


async def _until_writable(connection: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_writer(connection, _settle, ready)
    try:
        await ready
    finally:
        loop.remove_writer(connection)


def _settle(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)

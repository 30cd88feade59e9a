"""The engine's side of its Unix socket: publishes snapshots, answers commands."""

import asyncio
import logging
import socket
import stat
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from inventory.errors import WatchfloorError
from monitors.frames import LARGEST_REQUEST, ChannelError, Head, encode, read_frame
from monitors.lending import borrow, underneath, write_into
from monitors.snapshot import Snapshot

log = logging.getLogger(__name__)

MOST_CLIENTS = 64
LONGEST_PATH = 100
"""Bytes that a Unix socket's path may have (107 on Linux), with room for a suffix."""


class Refusal(WatchfloorError):  # noqa: N818 - an answer, not a fault of the engine
    """A command was understood and refused."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


Answer = bytes | Sequence[bytes]
"""Long ones come in blocks, which are joined only where they must be."""
Handler = Callable[[str, bytes], Awaitable[Answer]]
"""Answers a command and its body. Raises `Refusal`, or another `WatchfloorError` for 400."""


class _Subscriber:
    """One client that wants snapshots: it is told what changed since it last could listen."""

    def __init__(self) -> None:
        self.behind: set[str] | None = None
        """Devices that changed since the last frame; None: it needs a full snapshot."""
        self.news = asyncio.Event()


class ChannelServer:
    """Listens on a Unix socket that only its own user can open."""

    def __init__(self, path: Path, handler: Handler) -> None:
        self._path = path
        self._handler = handler
        self._latest: Snapshot | None = None
        self._subscribers: set[_Subscriber] = set()
        self._connections: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._server: asyncio.Server | None = None

    @property
    def latest(self) -> Snapshot | None:
        """The whole of what was published; None before the first snapshot."""
        return self._latest

    async def start(self) -> None:
        """Begins to listen. Raises `ChannelError` when the socket cannot be made."""
        if len(bytes(self._path)) > LONGEST_PATH:
            raise ChannelError(f"{self._path}: too long for a socket; set WATCHFLOOR_RUNTIME")
        try:
            self._server = await asyncio.start_unix_server(self._serve, sock=self._bind())
        except OSError as error:
            raise ChannelError(f"{self._path}: cannot listen: {error.strerror}") from error

    async def stop(self) -> None:
        """Ends every connection and removes the socket."""
        self._stopping = True
        if self._server is not None:
            self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self._path.unlink(missing_ok=True)

    def publish(self, snapshot: Snapshot) -> None:
        """Takes over a full or partial snapshot and passes it on, at each client's own pace."""
        changed = set(snapshot.devices) if snapshot.partial else None
        latest = self._latest.updated_by(snapshot) if self._latest else snapshot
        self._latest = latest
        for subscriber in self._subscribers:
            if changed is None or subscriber.behind is None:
                subscriber.behind = None
            else:
                subscriber.behind |= changed
            subscriber.news.set()

    def _bind(self) -> socket.socket:
        """Mode 0600 from the first moment: the umask is not asked."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._path.exists() and not stat.S_ISSOCK(self._path.lstat().st_mode):
            raise ChannelError(f"{self._path}: is no socket; remove it")
        self._path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            # On Linux, the mode of the unbound socket becomes that of the file.
            Path(f"/proc/self/fd/{listener.fileno()}").chmod(0o600)
            listener.bind(str(self._path))
            self._path.chmod(0o600)
        except BaseException:
            listener.close()
            raise
        return listener

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        pushing: asyncio.Task[None] | None = None
        try:
            if len(self._connections) > MOST_CLIENTS:
                return
            while (frame := await read_frame(reader, LARGEST_REQUEST)) is not None:
                head, body = frame
                if head.command == "subscribe":
                    pushing = pushing or asyncio.create_task(self._push(writer))
                    continue
                writer.write(await self._answer(head, body, writer))
                await writer.drain()
        except asyncio.CancelledError:
            # asyncio before 3.12.1 logs a traceback for a connection's task that ends cancelled.
            if not self._stopping:
                raise
        except (ChannelError, ConnectionError) as error:
            log.warning("engine socket: a client was dropped: %s", error)
        finally:
            if pushing is not None:
                pushing.cancel()
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            self._connections.discard(task)

    async def _answer(self, head: Head, body: bytes, writer: asyncio.StreamWriter) -> bytes:
        try:
            answer = await self._handler(head.command, body)
            blocks = [answer] if isinstance(answer, bytes) else list(answer)
            del answer  # so that each block can go as soon as it is written
            if head.lends:
                await _write_elsewhere(head, blocks, writer)
            return encode(Head(kind="answer", number=head.number), b"".join(blocks))
        except Refusal as refusal:
            return _refuse(head, refusal.status, str(refusal))
        except WatchfloorError as error:
            return _refuse(head, 400, str(error))
        except Exception:
            log.exception("engine socket: %s failed", head.command)
            return _refuse(head, 500, "the engine failed; its log says why")

    async def _push(self, writer: asyncio.StreamWriter) -> None:
        subscriber = _Subscriber()
        self._subscribers.add(subscriber)
        if self._latest is not None:
            subscriber.news.set()
        try:
            while True:
                await subscriber.news.wait()
                subscriber.news.clear()
                assert self._latest is not None
                writer.write(encode(Head(kind="snapshot"), self._news_for(subscriber).to_json()))
                await writer.drain()
        except ConnectionError:
            return
        finally:
            self._subscribers.discard(subscriber)

    def _news_for(self, subscriber: _Subscriber) -> Snapshot:
        assert self._latest is not None
        behind, subscriber.behind = subscriber.behind, set()
        if behind is None:
            return self._latest.brief()
        devices = {n: view for n, view in self._latest.devices.items() if n in behind}
        return replace(self._latest, devices=devices, partial=True).brief()


async def _write_elsewhere(head: Head, blocks: list[bytes], writer: asyncio.StreamWriter) -> None:
    """Writes an answer into the connection that is lent for it, and empties its list.

    Raises `ChannelError`.
    """
    with underneath(writer) as channel:
        writer.write(encode(Head(kind="ready", number=head.number, size=sum(map(len, blocks)))))
        await writer.drain()
        with await borrow(channel) as connection:
            await write_into(connection, blocks)


def _refuse(head: Head, status: int, message: str) -> bytes:
    refusal = Head(kind="refusal", number=head.number, status=status)
    return encode(refusal, message.encode())

"""How web and command line talk to the engine: a client of its Unix socket."""

import asyncio
import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from inventory.errors import WatchfloorError
from monitors.channel_server import ChannelServer, Refusal
from monitors.frames import LARGEST_ANSWER, ChannelError, Frame, Head, encode, read_frame
from monitors.lending import LONGEST_S, lend, underneath
from monitors.snapshot import DeviceView, Snapshot, device_from_json, from_json

__all__ = ["ChannelClient", "ChannelError", "ChannelServer", "Refusal", "socket_path"]

TIMEOUT_S = 10.0
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 2.0


def socket_path(runtime: Path) -> Path:
    """The engine's socket in a runtime folder."""
    return runtime / "engine.sock"


@dataclass(frozen=True, slots=True)
class Offer:
    """An answer that the engine holds ready to write into a connection."""

    size: int
    """Its length in bytes."""
    _reader: asyncio.StreamReader
    _writer: asyncio.StreamWriter

    async def write_into(self, descriptor: int) -> None:
        """Lends the engine a connection until all is written. Raises `ChannelError`, `Refusal`.

        An error may have left a part of the answer in the connection.
        """
        try:
            with underneath(self._writer) as channel:
                lend(channel, descriptor)
            async with asyncio.timeout(LONGEST_S + TIMEOUT_S):
                _answer_in(await read_frame(self._reader, LARGEST_ANSWER))
        except TimeoutError as error:
            raise ChannelError("the monitor's engine does not finish; see its log") from error
        except OSError as error:
            raise ChannelError("the monitor's engine ended before it answered") from error


class ChannelClient:
    """Asks the engine. Each request has a connection of its own; a subscription keeps one."""

    def __init__(self, path: Path, timeout_s: float = TIMEOUT_S) -> None:
        self.path = path
        self._timeout_s = timeout_s
        self._numbers = itertools.count(1)

    async def request(self, command: str, body: bytes = b"") -> bytes:
        """The engine's answer. Raises `Refusal`, or `ChannelError` when it cannot be asked.

        Commands: `metrics` (text), `snapshot`, `devices` (JSON), `device` (name in, JSON out),
        `journal` (JSON), `ack` (JSON in and out),
        `event` (JSON in), `reload`.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._request(command, body)
        except TimeoutError as error:
            raise ChannelError(
                f"the monitor's engine gave no answer in {self._timeout_s:g} s; see its log"
            ) from error

    @asynccontextmanager
    async def offer(self, command: str) -> AsyncIterator[Offer]:
        """The engine's answer, to be written into a connection. Raises as `request` does."""
        reader, writer = await self._open()
        try:
            async with asyncio.timeout(self._timeout_s):
                frame = await self._ask(reader, writer, command, b"", lends=True)
            size = frame[0].size if frame else 0
            if frame is None or frame[0].kind != "ready":
                _answer_in(frame)
                raise ChannelError("the monitor's engine answers out of turn; restart the monitor")
            yield Offer(size, reader, writer)
        except TimeoutError as error:
            raise ChannelError(
                f"the monitor's engine gave no answer in {self._timeout_s:g} s; see its log"
            ) from error
        finally:
            await _close(writer)

    async def snapshot(self) -> Snapshot:
        """What the engine knows now, without readings."""
        return from_json(await self.request("snapshot"))

    async def device(self, name: str) -> DeviceView:
        """One device with its readings. Raises `Refusal` when there is none of this name."""
        return device_from_json(await self.request("device", name.encode()))

    async def subscribe(self) -> AsyncGenerator[Snapshot, None]:
        """Whole but brief snapshots, the latest first, while the engine is there.

        Raises `ChannelError` when the engine cannot be reached, and ends when it goes away.
        """
        reader, writer = await self._open()
        current: Snapshot | None = None
        try:
            writer.write(encode(Head(kind="request", command="subscribe")))
            await writer.drain()
            while (frame := await read_frame(reader, LARGEST_ANSWER)) is not None:
                newer = from_json(frame[1])
                current = newer if current is None else current.updated_by(newer)
                yield current
        finally:
            await _close(writer)

    async def follow(
        self,
        on_snapshot: Callable[[Snapshot], None],
        on_trouble: Callable[[str], None] = lambda _: None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Subscribes for ever: connects again whenever the engine was away."""
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                async for snapshot in self.subscribe():
                    pause_s = FIRST_PAUSE_S
                    on_snapshot(snapshot)
                on_trouble("the monitor's engine has ended; waiting for it")
            except WatchfloorError as error:
                on_trouble(str(error))
            await sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def _request(self, command: str, body: bytes) -> bytes:
        reader, writer = await self._open()
        try:
            frame = await self._ask(reader, writer, command, body)
        finally:
            await _close(writer)
        return _answer_in(frame)

    async def _ask(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        command: str,
        body: bytes,
        *,
        lends: bool = False,
    ) -> Frame | None:
        number = next(self._numbers)
        head = Head(kind="request", number=number, command=command, lends=lends)
        try:
            writer.write(encode(head, body))
            await writer.drain()
            return await read_frame(reader, LARGEST_ANSWER)
        except ConnectionError:
            return None

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            return await asyncio.open_unix_connection(str(self.path))
        except OSError as error:
            raise ChannelError(
                f"no monitor runs here ({self.path}: {error.strerror});"
                " start it with `watchfloor monitor`"
            ) from error


def _answer_in(frame: Frame | None) -> bytes:
    """The body of an answer. Raises `Refusal`, or `ChannelError` where there is none."""
    if frame is None:
        raise ChannelError("the monitor's engine ended before it answered; ask again")
    head, answer = frame
    if head.kind == "refusal":
        raise Refusal(head.status, answer.decode(errors="replace"))
    return answer


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()

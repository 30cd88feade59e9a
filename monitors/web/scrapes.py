"""Answers Prometheus: the engine itself writes the metrics into the scraper's connection.

The text is never compressed: that costs many times what writing it does, and a scraper stands in
the same center.
"""

import asyncio
import logging

from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from inventory.errors import WatchfloorError
from monitors.channel import ChannelClient, Offer
from monitors.exposition import CONTENT_TYPE
from monitors.web.lending import Lent

log = logging.getLogger(__name__)

MOST_AT_ONCE = 8
"""Answers under way; who comes beyond waits for one to end."""
PATIENCE_S = 10.0


class Scrapes:
    """/metrics, in Prometheus' text format."""

    def __init__(self, channel: ChannelClient) -> None:
        self._channel = channel
        self._room = asyncio.Semaphore(MOST_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one scrape; 503 and one line while the engine cannot."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._room.acquire()
        except TimeoutError:
            await _unavailable("too many scrapes at once")(scope, receive, send)
            return
        try:
            lent = Lent.of(scope)
            if lent is None:
                await (await self._copied())(scope, receive, send)
            else:
                await self._lend(lent, scope, receive, send)
        finally:
            self._room.release()

    async def _copied(self) -> Response:
        """The answer as bytes of this process, for servers that lend nothing."""
        try:
            text = await self._channel.request("metrics")
        except WatchfloorError as error:
            return _unavailable(str(error))
        return Response(text, headers={"content-type": CONTENT_TYPE})

    async def _lend(self, lent: Lent, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with self._channel.offer("metrics") as offer:
                await send(_start(offer))
                if scope["method"] != "HEAD" and not await _write(offer, lent):
                    await receive()  # until the server has noticed that the connection is gone
                    return
                await send({"type": "http.response.body", "body": b""})
        except WatchfloorError as error:
            await _unavailable(str(error))(scope, receive, send)


async def _write(offer: Offer, lent: Lent) -> bool:
    """Whether the whole answer was written; the connection is ended where it was not."""
    try:
        await offer.write_into(await lent.descriptor())
    except (WatchfloorError, OSError) as error:
        log.info("a scrape ended early: %s", error)
        lent.abort()
        return False
    lent.wrote(offer.size)
    return True


def _start(offer: Offer) -> dict[str, object]:
    length = str(offer.size).encode()
    headers = [(b"content-type", CONTENT_TYPE.encode()), (b"content-length", length)]
    return {"type": "http.response.start", "status": 200, "headers": headers}


def _unavailable(why: str) -> Response:
    return PlainTextResponse(f"# {why}\n", 503)

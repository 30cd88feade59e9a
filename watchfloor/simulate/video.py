"""A camera that really plays: one colour as uncompressed video (RFC 4175) over its RTSP connection.

Interleaved in the TCP connection (RFC 2326, section 10.12), as a wall asks for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import struct

from watchfloor.simulate.streams import Request, SimulatedStreams, reply

WIDTH, HEIGHT, FRAMES_S = 64, 36, 10
_TYPE = 96
_CLOCK = 90_000
_SOURCE = 0x57464C52
_SESSION = "12345678"
_DESCRIPTION = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=Live\r\nt=0 0\r\na=control:*\r\n"
    f"m={{media}} 0 RTP/AVP {_TYPE}\r\na=rtpmap:{_TYPE} raw/{_CLOCK}\r\n"
    f"a=fmtp:{_TYPE} sampling=YCbCr-4:2:2; width={WIDTH}; height={HEIGHT};"
    f" exactframerate={FRAMES_S}; depth=8; colorimetry=BT601-5\r\na=control:track1\r\n"
)


class SimulatedVideo(SimulatedStreams):
    """A camera whose picture has one colour, `#rrggbb`; it can be changed while it plays."""

    methods = ("OPTIONS", "DESCRIBE", "SETUP", "PLAY", "GET_PARAMETER", "TEARDOWN")
    description = _DESCRIPTION
    colour: str = "#c0c000"
    plays: int = 0
    """Connections that were told to play."""

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Requests on one connection, with the frames between the answers."""
        asking = asyncio.ensure_future(super().converse(reader, writer))
        before = self.plays
        try:
            number = 0
            while not asking.done():
                await asyncio.sleep(1 / FRAMES_S)
                if self.plays > before and not self.faults.silence:
                    number += 1
                    writer.write(_frame(self.colour, number))
                    await writer.drain()
            await asking
        finally:
            asking.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError, asyncio.IncompleteReadError):
                await asking

    def grant(self, request: Request, number: str) -> str:
        """The answers of a stream that is played."""
        headers = {"Session": f"{_SESSION};timeout=60"}
        if request.method == "SETUP":
            wish = request.headers.get("transport", "")
            if not re.search(r"RTP/AVP/TCP\b", wish):
                return reply(461, "Unsupported Transport", number)
            headers["Transport"] = "RTP/AVP/TCP;unicast;interleaved=0-1"
        elif request.method == "PLAY":
            self.plays += 1
            headers["Range"] = "npt=0.000-"
        elif request.method == "DESCRIBE":
            return super().grant(request, number)
        return reply(200, "OK", number, headers)


def _frame(colour: str, number: int) -> bytes:
    """One picture in one RTP packet, framed for the connection."""
    luma, blue, red = _yuv(colour)
    line = bytes((blue, luma, red, luma)) * (WIDTH // 2)
    heads = b"".join(
        struct.pack(">HHH", len(line), n, 0x8000 if n < HEIGHT - 1 else 0) for n in range(HEIGHT)
    )
    at = number * _CLOCK // FRAMES_S & 0xFFFFFFFF
    head = struct.pack(">BBHII", 0x80, 0x80 | _TYPE, number & 0xFFFF, at, _SOURCE)
    packet = head + struct.pack(">H", 0) + heads + line * HEIGHT
    return struct.pack(">cBH", b"$", 0, len(packet)) + packet


def _yuv(colour: str) -> tuple[int, int, int]:
    """ITU-R BT.601, in the range that video has."""
    r, g, b = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    luma = 0.299 * r + 0.587 * g + 0.114 * b
    return (
        round(16 + 219 * luma),
        round(128 + 224 * (b - luma) / 1.772),
        round(128 + 224 * (r - luma) / 1.402),
    )

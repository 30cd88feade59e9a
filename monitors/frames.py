"""The frames on the engine's socket: a JSON head and a body of bytes, each with its length.

Both sides check every length before they read, so that neither can exhaust the other.
"""

import asyncio
import struct
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inventory.errors import WatchfloorError

VERSION = 1
LONGEST_HEAD = 16 * 1024
LARGEST_REQUEST = 1024 * 1024
LARGEST_ANSWER = 256 * 1024 * 1024
"""A snapshot of ten thousand devices, or their metrics."""
_LENGTHS = struct.Struct("!II")


class ChannelError(WatchfloorError):
    """The engine cannot be asked, or what it says makes no sense."""


class Head(BaseModel):
    """What a frame is. The body's meaning follows from it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    kind: Literal["request", "answer", "refusal", "snapshot", "ready"]
    """`refusal`: the body is one line that says why. `ready`: a connection may be lent now."""
    number: Annotated[int, Field(ge=0)] = 0
    """Pairs an answer with its request."""
    command: Annotated[str, Field(max_length=32)] = ""
    status: Annotated[int, Field(ge=0, le=599)] = 200
    """Of a refusal: what HTTP would call it."""
    lends: bool = False
    """Of a request: its answer is to be written into a connection; see `monitors.lending`."""
    size: Annotated[int, Field(ge=0)] = 0
    """Of `ready`: the bytes that will be written into the connection."""


Frame = tuple[Head, bytes]


def encode(head: Head, body: bytes = b"") -> bytes:
    """A frame as bytes."""
    text = head.model_dump_json(exclude_defaults=True).encode()
    return _LENGTHS.pack(len(text), len(body)) + text + body


async def read_frame(reader: asyncio.StreamReader, largest_body: int) -> Frame | None:
    """The next frame; None when the other side has ended. Raises `ChannelError` for nonsense."""
    try:
        head_size, body_size = _LENGTHS.unpack(await reader.readexactly(_LENGTHS.size))
        if head_size > LONGEST_HEAD or body_size > largest_body:
            raise ChannelError(f"engine socket: a frame of {head_size}+{body_size} bytes")
        head = Head.model_validate_json(await reader.readexactly(head_size))
        return head, await reader.readexactly(body_size)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    except ValidationError as error:
        raise ChannelError(
            "engine socket: the other side speaks another version; restart all of the monitor"
        ) from error

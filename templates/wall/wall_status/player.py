"""What a tile's mpv says of itself over its JSON IPC socket, bounded; mpv(1), JSON IPC."""

import asyncio
import json

from patience import GoneError, HungError

PROPERTIES = (
    "time-pos",
    "estimated-frame-number",
    "pause",
    "paused-for-cache",
    "eof-reached",
    "idle-active",
)
MOST_LINES = 256
"""Events stand between the answers."""


async def ask_mpv(path: str) -> dict[str, object]:
    """Property -> value; None where the player has none. Raises GoneError where none listens."""
    try:
        reader, writer = await asyncio.open_unix_connection(path)
    except OSError as error:
        raise GoneError(path) from error
    try:
        for number, name in enumerate(PROPERTIES):
            asked = {"command": ["get_property", name], "request_id": number}
            writer.write(json.dumps(asked).encode() + b"\n")
        found: dict[str, object] = {}
        for _ in range(MOST_LINES):
            said = json.loads(await reader.readuntil(b"\n"))
            number = (
                said.get("request_id", -1) if isinstance(said, dict) and "error" in said else -1
            )
            if isinstance(number, int) and 0 <= number < len(PROPERTIES):
                found[PROPERTIES[number]] = said.get("data")
            if len(found) == len(PROPERTIES):
                return found
        raise HungError("no answer among many lines")
    finally:
        writer.close()

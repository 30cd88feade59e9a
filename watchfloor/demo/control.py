"""How a second terminal tells the running demo what shall fail: a Unix socket, JSON lines."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from inventory.errors import WatchfloorError
from watchfloor.simulate.gear import Gear

LONGEST_LINE = 4096
PATIENCE_S = 10.0


class ControlError(WatchfloorError):
    """The running demo cannot be reached, or refuses."""


@asynccontextmanager
async def control(gear: Gear, path: Path, page: str) -> AsyncIterator[None]:
    """Listens for orders while the demo runs. Only its user may give them."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                line = await reader.readline()
            writer.write(json.dumps(_obey(gear, line, page)).encode() + b"\n")
            await writer.drain()
        except (TimeoutError, ValueError, ConnectionError):
            pass  # whoever asked has gone or is no client of ours; nobody is left to be told
        finally:
            writer.close()

    # The socket lies in a folder that only its user may enter.
    try:
        server = await asyncio.start_unix_server(answer, str(path), limit=LONGEST_LINE)
    except OSError as error:
        raise ControlError(
            f"{path}: no socket can be made there ({error.strerror or error}); name a short folder"
            " in WATCHFLOOR_RUNTIME"
        ) from error
    try:
        yield
    finally:
        server.close()
        await asyncio.to_thread(path.unlink, missing_ok=True)


def _obey(gear: Gear, line: bytes, page: str) -> dict[str, Any]:
    try:
        order = json.loads(line)
        for fault in order.get("inject", []):
            gear.inject(str(fault))
        for fault in order.get("clear", []):
            gear.clear(str(fault))
    except WatchfloorError as error:
        return {"error": str(error)}
    except (ValueError, AttributeError, TypeError):
        return {"error": "not understood"}
    return {"page": page, "in_force": [str(injection) for injection in gear.injected]}


async def ask(path: Path, inject: tuple[str, ...] = (), clear: tuple[str, ...] = ()) -> Any:
    """Gives the running demo an order; its page and the faults in force. Raises ControlError."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            reader, writer = await asyncio.open_unix_connection(str(path), limit=LONGEST_LINE * 16)
            writer.write(json.dumps({"inject": inject, "clear": clear}).encode() + b"\n")
            await writer.drain()
            answer = json.loads(await reader.readline())
            writer.close()
    except (OSError, ValueError, TimeoutError) as error:
        raise ControlError("no demo runs here; start it with `watchfloor demo`") from error
    if "error" in answer:
        raise ControlError(answer["error"])
    return answer

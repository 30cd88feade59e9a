"""Asks an exporter for many devices with so many requests in flight; a process of its own.

    python -m bench.load PORT SECONDS IN_FLIGHT < queries

Prints how many answers came and how long it took, as JSON. It asks in HTTP/1.0 style and reads no
further than it must, so that it leaves the processor to the exporter.
"""

import asyncio
import json
import sys
import time
from itertools import cycle


async def _ask(port: int, target: str) -> bool:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET {target} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
    finally:
        writer.close()
    return answer.startswith(b"HTTP/1.1 200")


async def run(port: int, targets: list[str], seconds: float, in_flight: int) -> dict[str, float]:
    """Asks until the time is over."""
    todo, until = cycle(targets), time.monotonic() + seconds
    good = bad = 0

    async def worker() -> None:
        nonlocal good, bad
        while time.monotonic() < until:
            if await _ask(port, next(todo)):
                good += 1
            else:
                bad += 1

    began = time.monotonic()
    await asyncio.gather(*(worker() for _ in range(in_flight)))
    return {"good": good, "bad": bad, "seconds": time.monotonic() - began}


if __name__ == "__main__":
    queries = [line.strip() for line in sys.stdin if line.strip()]
    found = run(int(sys.argv[1]), queries, float(sys.argv[2]), int(sys.argv[3]))
    print(json.dumps(asyncio.run(found)))

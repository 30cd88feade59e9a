"""A monitor's API as far as hosts that pull know it: lends or refuses leases, takes events."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Lender:
    """Lends or refuses every lease; keeps the events that come in."""

    status: int = 200
    events: list[dict[str, Any]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    """What was shown to it."""
    url: str = ""


@contextmanager
def lender_at(address: str) -> Iterator[Lender]:
    """One that answers at that address."""
    found = Lender()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            found.tokens.add(str(self.headers["authorization"]).removeprefix("Bearer "))
            is_event = self.path.endswith("/events")
            if is_event:
                found.events.append(body)
            self.send_response(200 if is_event else found.status)
            self.end_headers()
            self.wfile.write(b'{"error": "its peer web-2 holds a lease"}')

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer((address, 0), Handler)
    found.url = f"http://{address}:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()

"""Asking a monitor over HTTP, and whatever else may answer there; and looking at peers directly."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from deploy.health import DirectHealth, HealthError, MonitorHealth, watches
from inventory.endpoints import EndpointMap
from tests.deploy.hosts import center

GOOD = {
    "format": 1,
    "center": "tiny",
    "taken_at": "2026-03-01T12:00:00Z",
    "settled": True,
    "devices": [],
    "peers": [
        {
            "device": "web-2",
            "monitored": True,
            "state": "ok",
            "silent": False,
            "polled_at": None,
            "a_field_of_tomorrow": 1,
        }
    ],
    "margins": [],
    "takes_out": [],
    "leans_on": [],
    "critical": [],
    "incident": None,
}


@contextmanager
def answering(status: int, body: bytes, **headers: str) -> Iterator[str]:
    """A server that gives everybody this answer; its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_a_monitor_is_understood_also_when_it_says_more() -> None:
    with answering(200, json.dumps(GOOD).encode()) as url:
        found = MonitorHealth(url, "tiny").outlook(["web-1"])
        assert watches(MonitorHealth(url, "tiny"))
        assert not watches(MonitorHealth(url, "other"))
    assert [peer.device for peer in found.peers] == ["web-2"]


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (200, b"<html>", "is not understood"),
        (200, json.dumps({**GOOD, "format": 2}).encode(), "of another version"),
        (200, json.dumps({**GOOD, "center": "elsewhere"}).encode(), "watches elsewhere, not tiny"),
        (503, b'{"error": "the engine has said nothing for 30 s"}', "said nothing for 30 s"),
        (404, b"no JSON", "answered 404"),
        (302, b"", "answered 302"),
    ],
)
def test_no_other_answer_counts_as_health(status: int, body: bytes, told: str) -> None:
    with (
        answering(status, body, Location="http://192.0.2.1/") as url,
        pytest.raises(HealthError, match=told),
    ):
        MonitorHealth(url, "tiny").outlook([])


def test_a_monitor_that_is_not_there_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(HealthError, match="does not answer"):
        MonitorHealth(url, "tiny").outlook([])


def test_a_direct_look_finds_a_peer_that_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        endpoints = EndpointMap({"web-2/ssh": ("127.0.0.1", port)})
        alive = DirectHealth(center(), endpoints).outlook(["web-1"])
        assert [peer.is_well for peer in alive.peers] == [True]
        assert (alive.takes_out, alive.margins[0].during) == ((), 0)
    dead = DirectHealth(center(), endpoints).outlook(["web-1"])
    assert [peer.is_well for peer in dead.peers] == [False]
    assert "SSH port" in dead.peers[0].text
    assert dead.takes_out == ("web",)

"""A monitor's API is asked: what is believed, what is refused, and who sees the token."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from inventory.monitor_api import MonitorApiError, get, post


@contextmanager
def answering(status: int, body: bytes, **headers: str) -> Iterator[tuple[str, list[str]]]:
    """A server that always answers so; its URL, and the tokens that it saw."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers.get("Authorization", ""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", seen
        finally:
            server.shutdown()
            thread.join()


def test_what_is_small_enough_is_the_answer() -> None:
    with answering(200, b"12345") as (url, _):
        assert get(url, timeout_s=5, largest=5) == b"12345"
        with pytest.raises(MonitorApiError, match="larger than 4 octets"):
            get(url, timeout_s=5, largest=4)


def test_a_redirect_is_a_refusal_and_its_target_sees_no_token() -> None:
    with answering(200, b"") as (target, seen), answering(302, b"", Location=target) as (url, _):
        with pytest.raises(MonitorApiError) as refused:
            post(f"{url}/api?secret=1", b"{}", "word", timeout_s=5, largest=9)
        assert refused.value.status == 302
        assert seen == []


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(200, b"proxy") as (proxy, _), answering(200, b"monitor") as (url, _):
        monkeypatch.setenv("http_proxy", proxy)
        assert get(url, timeout_s=5, largest=99) == b"monitor"


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (409, b'{"error": "busy"}', "{url}/x: the monitor answered 409: busy"),
        (409, b"busy", "{url}/x: the monitor answered 409: Conflict"),
        (401, b'{"error": "no"}', "{url}/x: the monitor answered 401: no; set {name}"),
        (400, b'{"error": "' + b"a" * 5000 + b'"}', "{url}/x: the monitor answered 400: {asks}"),
    ],
)
def test_a_refusal_is_told_in_the_monitors_words(status: int, body: bytes, message: str) -> None:
    with answering(status, body) as (url, _), pytest.raises(MonitorApiError) as refused:
        get(f"{url}/x?device=a", timeout_s=5, largest=99)
    words = {"url": url, "name": "WATCHFLOOR_MONITOR_TOKEN", "asks": "Bad Request"}
    assert str(refused.value) == message.format(**words)
    assert refused.value.status == status


def test_nobody_there_is_no_status() -> None:
    with answering(200, b"") as (url, _):
        pass
    with pytest.raises(MonitorApiError, match="does not answer") as silent:
        get(url, timeout_s=5, largest=9)
    assert silent.value.status is None

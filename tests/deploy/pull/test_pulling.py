"""Leases as a host asks for them, and the units that make it pull by itself."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from deploy.pull.bundle import BundleError
from deploy.pull.lease import LeaseRefusedError, leased
from deploy.pull.source import fetched
from deploy.pull.timer import SERVICE, TIMER, PullTimer
from deploy.systemd_units import write_units
from inventory.settings import Settings

TOKEN = "a-token-of-the-monitor"


@dataclass
class Monitor:
    """Answers each request for a lease in the same way."""

    status: int = 200
    asked: list[dict[str, object]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    url: str = ""


def serve(monitor: Monitor) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            monitor.asked.append({"path": self.path, **json.loads(body)})
            monitor.tokens.add(self.headers["authorization"])
            self.send_response(monitor.status)
            self.end_headers()
            said = {} if monitor.status == 200 else {"error": "its peer web-2 holds a lease"}
            self.wfile.write(json.dumps(said).encode())

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    monitor.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture
def monitors() -> Iterator[tuple[Monitor, Monitor]]:
    pair = Monitor(), Monitor()
    servers = [serve(monitor) for monitor in pair]
    yield pair
    for server in servers:
        server.shutdown()
        server.server_close()


def settings(*urls: str) -> Settings:
    return Settings.from_environment(
        {
            "HOME": "/nowhere",
            "WATCHFLOOR_MONITOR_URL": ",".join(urls),
            "WATCHFLOOR_MONITOR_TOKEN": TOKEN,
        }
    )


def test_every_monitor_lends_and_gets_its_lease_back(monitors: tuple[Monitor, Monitor]) -> None:
    first, second = monitors
    with leased(settings(first.url, second.url), "web-1", "run-1"):
        assert len(first.asked) == len(second.asked) == 1
    for monitor in monitors:
        asked, back = monitor.asked
        assert asked == {"path": "/api/v1/leases", "device": "web-1", "by": "run-1"}
        assert back == {**asked, "give_back": True}
        assert monitor.tokens == {f"Bearer {TOKEN}"}


def test_one_refusal_is_enough_and_what_was_lent_goes_back(
    monitors: tuple[Monitor, Monitor],
) -> None:
    first, second = monitors
    second.status = 409
    with (
        pytest.raises(LeaseRefusedError, match="its peer web-2 holds a lease"),
        leased(settings(first.url, second.url), "web-1", "run-1"),
    ):
        pytest.fail("nothing may be changed")
    assert first.asked[-1]["give_back"] is True


def test_a_monitor_that_is_not_there_lends_nothing() -> None:
    with (
        pytest.raises(LeaseRefusedError, match="does not answer"),
        leased(settings("http://127.0.0.1:1"), "web-1", "run-1"),
    ):
        pytest.fail("nothing may be changed")


def test_a_bundle_is_fetched_within_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.pull.source.LARGEST", 10)
    (tmp_path / "small").write_bytes(b"0123456789")
    assert fetched(str(tmp_path / "small")) == b"0123456789"
    (tmp_path / "large").write_bytes(b"0123456789x")
    with pytest.raises(BundleError, match="larger than any bundle"):
        fetched(str(tmp_path / "large"))
    with pytest.raises(BundleError, match="cannot be fetched"):
        fetched(str(tmp_path / "none"))


def test_the_units_run_this_very_pull(tmp_path: Path) -> None:
    words = ["pull", "--bundle", "https://mirror/100%$.bundle"]
    timer = PullTimer(Path("/opt/w/bin/python"), words, settings("http://mon-1:8720"))
    write_units(tmp_path, timer.texts)
    service = (tmp_path / SERVICE).read_text()
    assert '"pull" "--bundle" "https://mirror/100%%$$.bundle"' in service
    assert 'Environment="WATCHFLOOR_MONITOR_URL=http://mon-1:8720"' in service
    assert TOKEN not in service
    assert "FixedRandomDelay=true" in (tmp_path / TIMER).read_text()

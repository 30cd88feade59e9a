"""A device's configuration, judged from the last report of drift that the monitor was told."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from inventory.baseline import Baseline
from monitors.baseline.checks.configuration import Configuration, as_deployed
from monitors.baseline.configuration import (
    ConfigurationFacts,
    MonitorSilentError,
    configuration_facts,
    read_configuration_facts,
)
from monitors.baseline.scope import Scope
from monitors.baseline.verdict import Verdict
from monitors.events import Event, EventKind

DAY = date(2026, 3, 10)
LOOKED = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
SCOPE = Scope(center="tiny", device="srv-1", device_id="srv-1", os="debian-12", baseline=Baseline())


def report(changes: int, *findings: str, at: datetime = LOOKED) -> Event:
    return Event(
        id="drift-1",
        kind=EventKind.DRIFT,
        at=at,
        actor="timer@mon-1",
        device="srv-1",
        payload={"changes": changes, "findings": list(findings)},
    )


def verdict(event: Event | None) -> Verdict:
    facts = configuration_facts("http://127.0.0.1:8720", event)
    return as_deployed(Configuration(SCOPE, facts, DAY)).verdict


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (None, Verdict.NOT_PROVEN),
        (report(0), Verdict.PASS),
        (report(2, "ssh: change /etc/ssh/sshd_config"), Verdict.FAIL),
        (report(0, at=LOOKED - timedelta(days=6)), Verdict.PASS),
        (report(0, at=LOOKED - timedelta(days=9)), Verdict.NOT_PROVEN),
        # An old difference is no proof that it is still there.
        (report(2, at=LOOKED - timedelta(days=9)), Verdict.NOT_PROVEN),
    ],
)
def test_only_a_recent_look_without_differences_passes(
    event: Event | None, expected: Verdict
) -> None:
    assert verdict(event) is expected


def test_the_differences_are_cited() -> None:
    facts = configuration_facts("m", report(1, "ssh: change sshd_config"))
    cited = as_deployed(Configuration(SCOPE, facts, DAY)).cited
    assert cited[0] == "configuration: looked at 2026-03-10 02:00 UTC by timer@mon-1"
    assert "configuration: ssh: change sshd_config" in cited


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    asked: list[str] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
    assert all("kind=drift" in path and "device=srv-1" in path for path in asked)


async def test_the_monitor_is_asked_for_the_last_report() -> None:
    body = f"[{report(3, 'a', 'b').model_dump_json()}]".encode()
    with answering(200, body) as url:
        facts = await read_configuration_facts(url, "srv-1")
    assert (facts.changes, facts.findings, facts.reported_at) == (3, ("a", "b"), LOOKED)
    with answering(200, b"[]") as url:
        assert await read_configuration_facts(url, "srv-1") == ConfigurationFacts(url)


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (200, b"<html>", "no list of events"),
        (503, b'{"error": "the engine has just started"}', "just started"),
        (302, b"", "answered 302"),
        (200, b" " * (256 * 1024 + 1), "larger than"),
    ],
)
async def test_another_answer_is_no_report(status: int, body: bytes, told: str) -> None:
    with answering(status, body) as url, pytest.raises(MonitorSilentError, match=told):
        await read_configuration_facts(url, "srv-1")

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import deploy.events
from deploy.events import drift_event, event, flush, tell
from inventory.settings import Settings
from monitors.events import parse_event


@dataclass
class Monitor:
    """Takes events, and answers with `status`."""

    status: int = 202
    taken: list[dict[str, Any]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    url: str = ""


@contextmanager
def monitor(status: int = 202) -> Iterator[Monitor]:
    found = Monitor(status)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.tokens.append(self.headers["Authorization"])
            if self.path == "/api/v1/events":
                found.taken.append(json.loads(body))
            self.send_response(found.status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def settings(tmp_path: Path, url: str) -> Settings:
    env = {
        "WATCHFLOOR_STATE": str(tmp_path),
        "WATCHFLOOR_MONITOR_URL": url,
        "WATCHFLOOR_MONITOR_TOKEN": "tok-1",
    }
    return Settings.from_environment(env, root=False)


def drift(n: int = 0) -> dict[str, Any]:
    return event("drift", f"r{n}", "me@here", {"changes": n}, "web-1")


def test_an_event_is_posted_with_the_token(tmp_path: Path) -> None:
    with monitor() as there:
        outcome = tell(settings(tmp_path, there.url), [drift()])
    assert (outcome.posted, outcome.spooled, outcome.complaint) == (1, 0, "")
    assert there.tokens == ["Bearer tok-1"]
    assert (there.taken[0]["kind"], there.taken[0]["actor"]) == ("drift", "me@here")


def test_events_wait_for_the_monitor_and_come_in_their_order(tmp_path: Path) -> None:
    down = settings(tmp_path, "http://127.0.0.1:9")
    outcomes = [tell(down, [drift(n)]) for n in range(3)]
    outcome = outcomes[-1]
    assert outcome.spooled == 3
    assert "does not answer" in outcome.complaint
    with monitor() as there:
        assert flush(settings(tmp_path, there.url)).posted == 3
    assert [taken["payload"]["changes"] for taken in there.taken] == [0, 1, 2]
    assert flush(down).spooled == 0


@pytest.mark.parametrize(
    ("status", "waiting"), [(503, 1), (401, 1), (302, 1), (400, 0), (404, 0), (409, 0)]
)
def test_what_would_be_refused_for_ever_does_not_wait(
    tmp_path: Path, status: int, waiting: int
) -> None:
    with monitor(status) as there:
        outcome = tell(settings(tmp_path, there.url), [drift()])
    assert outcome.spooled == waiting
    assert str(status) in outcome.complaint


def test_a_token_follows_no_redirect(tmp_path: Path) -> None:
    with monitor(302) as there:
        tell(settings(tmp_path, there.url), [drift()])
    assert len(there.tokens) == 1


def test_the_spool_is_bounded_and_counts_what_it_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploy.events, "SPOOL_LIMIT", 2)
    down = settings(tmp_path, "http://127.0.0.1:9")
    for n in range(4):
        assert tell(down, [drift(n)]).spooled <= 2
    texts = [json.loads(path.read_text()) for path in sorted((tmp_path / "spool").glob("*.json"))]
    assert [text["payload"]["changes"] for text in texts] == [2, 3]
    assert texts[-1]["payload"]["dropped"] == 1


def test_the_token_is_in_no_message(tmp_path: Path) -> None:
    with monitor(401) as there:
        outcome = tell(settings(tmp_path, there.url), [drift()])
    assert "tok-1" not in outcome.complaint
    assert "WATCHFLOOR_MONITOR_TOKEN" in outcome.complaint
    spooled = [path.read_text() for path in (tmp_path / "spool").iterdir()]
    assert not any("tok-1" in text for text in spooled)


def test_the_monitor_understands_what_is_told() -> None:
    """Both ends are held together here: neither may import the other."""
    findings = {"ssh": [f"change {n}" for n in range(500)], "time": ["restart chrony.service"]}
    for told in (
        drift_event("r1", "alice@noc-1", "web-1", "id-web-1", findings),
        drift_event("r2", "alice@noc-1", "web-1", "id-web-1", {}),
        event("run", "20261122t194012z-3f9a", "alice@noc-1", {"state": "done"}),
    ):
        parsed = parse_event(json.dumps(told).encode())
        assert parsed.id == told["id"]
        assert parsed.changes == told["payload"].get("changes", 0)
    assert drift_event("r1", "a", "web-1", "i", findings)["payload"]["changes"] == 501


def test_a_token_of_a_monitor_on_this_machine_is_found(tmp_path: Path) -> None:
    (tmp_path / "api-token").write_text("from-file\n")
    with monitor() as there:
        env = {"WATCHFLOOR_STATE": str(tmp_path), "WATCHFLOOR_MONITOR_URL": there.url}
        tell(Settings.from_environment(env, root=False), [drift()])
    assert there.tokens == ["Bearer from-file"]


def test_an_event_that_is_too_large_loses_its_lists(tmp_path: Path) -> None:
    payload = {"state": "done", "devices": ["x" * 1000] * 100}
    with monitor() as there:
        tell(settings(tmp_path, there.url), [event("run", "r1", "me", payload)])
    assert there.taken[0]["payload"] == {"state": "done", "shortened": True}

"""The API: fresh or not, who may write, and nothing for pages of other sites."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from inventory.topology import Topology
from monitors.channel import ChannelClient, ChannelServer, Refusal, socket_path
from monitors.snapshot import Snapshot, from_json
from monitors.web.api import judge
from monitors.web.app import create_app
from monitors.web.guards import LARGEST_BODY
from tests.monitors.centers import small_center
from tests.monitors.test_snapshot import snapshot
from tests.wait import until_async

TOKEN = "a-token-that-only-programs-know"
URL = "http://127.0.0.1:8720"
BEARER = {"authorization": f"Bearer {TOKEN}"}


@dataclass
class FakeEngine:
    """Answers as the engine does, and remembers what it was asked."""

    asked: list[tuple[str, bytes]] = field(default_factory=list)
    refusal: Refusal | None = None

    async def __call__(self, command: str, body: bytes) -> bytes:
        self.asked.append((command, body))
        if self.refusal is not None:
            raise self.refusal
        if command == "snapshot":
            return snapshot().bare_json()
        return b"# metrics\n" if command == "metrics" else b"{}"


@dataclass
class Web:
    """The application in front of a fake engine."""

    client: httpx2.AsyncClient
    engine: FakeEngine
    server: ChannelServer


def now_snapshot() -> Snapshot:
    now = datetime.now(UTC)
    engine = replace(snapshot().engine, started_at=now, targets=0)
    return replace(snapshot(), taken_at=now, engine=engine)


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    engine = FakeEngine()
    server = ChannelServer(socket_path(tmp_path), engine)
    await server.start()
    app = create_app(
        ChannelClient(socket_path(tmp_path)), Topology(small_center()), TOKEN, ["noc.example"]
    )
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=URL) as client,
    ):
        yield Web(client, engine, server)
    await server.stop()


@pytest.fixture
async def fed(web: Web) -> Web:
    """The same with a snapshot that has arrived."""
    web.server.publish(now_snapshot())

    async def arrived() -> bool:
        return (await web.client.get("/healthz")).status_code == 200

    await until_async(arrived, 5, "the snapshot to arrive")
    return web


async def test_before_the_first_snapshot_nothing_is_fresh(web: Web) -> None:
    answer = await web.client.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (503, "stale")
    assert "has not said anything" in answer.json()["problems"][0]
    assert (await web.client.get("/api/v1/devices")).status_code == 503


async def test_healthz_is_fresh_with_a_snapshot(fed: Web) -> None:
    assert (await fed.client.get("/healthz")).json()["center"] == "riverside"


@pytest.mark.parametrize(
    ("age_s", "last_poll_s", "fresh", "problem"),
    [
        (1, 5, True, ""),
        (11, 5, False, "said nothing for 11 s"),
        (1, 60, True, ""),
        (1, 200, False, "no poll has finished for 200 s"),
        (None, 5, False, "not said anything"),
    ],
)
def test_fresh_means_that_the_engine_speaks_and_polls(
    age_s: float | None, last_poll_s: float, fresh: bool, problem: str
) -> None:
    now = datetime.now(UTC)
    base = snapshot()
    polled = replace(base.devices["ups-a"].polls[0], at=now - timedelta(seconds=last_poll_s))
    devices = {"ups-a": replace(base.devices["ups-a"], polls=(polled,))}
    health = judge(replace(base, devices=devices), age_s, now)
    assert health.fresh is fresh
    assert any(problem in line for line in health.problems) or not problem


def test_a_full_disk_is_named_and_does_not_make_data_stale() -> None:
    base = now_snapshot()
    full = replace(base, engine=replace(base.engine, store_problem="disk full", targets=0))
    health = judge(full, 1.0, datetime.now(UTC))
    assert (health.fresh, health.problems) == (True, ("disk full",))


async def test_metrics_come_from_the_engine(fed: Web) -> None:
    answer = await fed.client.get("/metrics")
    assert answer.text == "# metrics\n"
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"


async def test_without_an_engine_metrics_say_so(web: Web) -> None:
    await web.server.stop()
    answer = await web.client.get("/metrics")
    assert answer.status_code == 503
    assert answer.text.startswith("# no monitor runs here")


async def test_the_whole_snapshot_is_asked_of_the_engine(fed: Web) -> None:
    answer = await fed.client.get("/api/v1/snapshot")
    assert from_json(answer.content) == from_json(snapshot().bare_json())
    assert answer.headers["x-watchfloor-taken-at"].startswith("20")
    await fed.client.get("/api/v1/devices")
    assert [command for command, _ in fed.engine.asked] == ["snapshot", "devices"]


async def test_reading_needs_no_token_and_shows_no_pending_alert(fed: Web) -> None:
    alerts = (await fed.client.get("/api/v1/alerts")).json()
    assert [alert["id"] for alert in alerts] == ["a1"]
    functions = (await fed.client.get("/api/v1/functions")).json()
    assert functions["functions"]["video-wall"]["margin"] == 0


async def test_prometheus_is_told_where_to_scrape(fed: Web) -> None:
    (entry,) = (await fed.client.get("/api/v1/sd")).json()
    assert entry["targets"] == ["127.0.0.1:8720"]
    assert all(isinstance(value, str) for value in entry["labels"].values())


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("", {"device": None, "kind": None, "limit": 100}),
        ("?device=ups-a&kind=trap&limit=5", {"device": "ups-a", "kind": "trap", "limit": 5}),
        ("?limit=all", {"device": None, "kind": None, "limit": 0}),
    ],
)
async def test_events_are_asked_of_the_engine(fed: Web, query: str, asked: object) -> None:
    answer = await fed.client.get(f"/api/v1/events{query}")
    assert answer.status_code == 200
    command, body = fed.engine.asked[-1]
    assert (command, json.loads(body)) == ("events", asked)


@pytest.mark.parametrize("path", ["/api/v1/alerts/a1/ack", "/api/v1/events", "/api/v1/leases"])
@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Bearer wrong"}, {"authorization": f"Basic {TOKEN}"}]
)
async def test_writing_needs_the_token(fed: Web, path: str, headers: dict[str, str]) -> None:
    answer = await fed.client.post(path, headers=headers, json={"by": "Sam"})
    assert answer.status_code == 401
    assert TOKEN not in answer.text
    assert fed.engine.asked == []


async def test_an_acknowledgement_goes_to_the_engine(fed: Web) -> None:
    answer = await fed.client.post(
        "/api/v1/alerts/a1/ack", headers=BEARER, json={"by": "Sam", "id": "another"}
    )
    assert answer.status_code == 200
    ((command, body),) = fed.engine.asked
    assert (command, json.loads(body)) == ("ack", {"by": "Sam", "id": "a1"})


async def test_a_lease_is_asked_of_the_engine(fed: Web) -> None:
    wanted = b'{"device": "srv-1", "by": "run-1"}'
    await fed.client.post("/api/v1/leases", headers=BEARER, content=wanted)
    assert fed.engine.asked[-1] == ("lease", wanted)


async def test_a_refusal_of_the_engine_keeps_its_status(fed: Web) -> None:
    fed.engine.refusal = Refusal(409, "was sent before with other content")
    answer = await fed.client.post("/api/v1/events", headers=BEARER, content=b"{}")
    assert (answer.status_code, answer.json()["error"]) == (409, str(fed.engine.refusal))


@pytest.mark.parametrize("body", [b"[]", b"{", b"\xff", b"null"])
async def test_an_acknowledgement_that_is_no_object(fed: Web, body: bytes) -> None:
    answer = await fed.client.post("/api/v1/alerts/a1/ack", headers=BEARER, content=body)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8720", 200),
        ("localhost:8720", 200),
        ("[::1]:8720", 200),
        ("noc.example", 200),
        ("NOC.EXAMPLE:8720", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("[::1", 421),
        ("", 421),
    ],
)
async def test_a_name_that_is_not_ours_is_refused(fed: Web, host: str, status: int) -> None:
    answer = await fed.client.get("/healthz", headers={"host": host})
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"origin": URL}, 200),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
    ],
)
async def test_a_page_of_another_site_cannot_write(
    fed: Web, headers: dict[str, str], status: int
) -> None:
    answer = await fed.client.post(
        "/api/v1/alerts/a1/ack", headers={**BEARER, **headers}, json={"by": "Sam"}
    )
    assert answer.status_code == status


async def test_a_body_that_is_too_large_is_refused(fed: Web) -> None:
    answer = await fed.client.post(
        "/api/v1/events", headers=BEARER, content=b"x" * (LARGEST_BODY + 1)
    )
    assert answer.status_code == 413


async def test_a_body_that_grows_without_having_said_so_is_cut_off(fed: Web) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 4096
            await asyncio.sleep(0)

    answer = await fed.client.post("/api/v1/events", headers=BEARER, content=endless())
    assert answer.status_code == 413
    assert fed.engine.asked == []


async def test_every_answer_carries_the_security_headers(fed: Web) -> None:
    for path in ("/healthz", "/", "/nowhere", "/api/v1/alerts"):
        headers = (await fed.client.get(path)).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"

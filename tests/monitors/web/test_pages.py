"""The pages through HTTP: what they hold, what they refuse, and that no device writes markup."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import JsonValue
from starlette.applications import Starlette
from starlette.testclient import TestClient

from inventory.errors import WatchfloorError
from inventory.topology import Health, Topology
from monitors.events import Event, EventKind
from monitors.probe import Identity
from monitors.runbooks.library import Library
from monitors.snapshot import Fact, Phase, Snapshot
from monitors.web.board import Board
from monitors.web.pages import Pages
from monitors.web.rendering import REGIONS, Renderer
from monitors.web.stream import RegionFeed
from tests.centers import small_center
from tests.snapshots import NOW, alert, snapshot

CENTER = small_center()
TOPOLOGY = Topology(CENTER)
RUNBOOKS = Library.load()
ON_BATTERY = snapshot(
    CENTER,
    {"feed:ups-a/ats": Health.DOWN},
    alerts=(alert("ups-a", facts=(Fact("charge", "87 %", NOW),)),),
)
EVIL = "<script>alert(1)</script>"


class Desk:
    """Stands for the engine: notes who acknowledged what."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.taken: list[tuple[str, str, str]] = []
        self.refusal = ""
        self.events: list[Event] = []

    async def latest_events(self, device: str) -> list[Event]:
        if self.refusal:
            raise WatchfloorError(self.refusal)
        return [event for event in self.events if event.device == device]

    async def acknowledge(self, alert_id: str, by: str, comment: str) -> None:
        if self.refusal:
            raise WatchfloorError(self.refusal)
        self.taken.append((alert_id, by, comment))
        assert self.board.snapshot is not None
        taken = alert("ups-a", phase=Phase.ACKED, acked_by=by)
        self.board.publish(replace(self.board.snapshot, alerts=(taken,)))


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
def desk(board: Board) -> Desk:
    return Desk(board)


@pytest.fixture
def client(board: Board, desk: Desk) -> Iterator[TestClient]:
    pages = Pages(board, TOPOLOGY, RUNBOOKS, desk.acknowledge, desk.latest_events)
    with TestClient(Starlette(routes=pages.routes()), follow_redirects=False) as client:
        yield client


def test_before_the_first_snapshot_the_page_says_so(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 503
    assert "has not read anything yet" in answer.text


def test_the_overview_shows_functions_alerts_and_devices(client: TestClient, board: Board) -> None:
    board.publish(ON_BATTERY)
    text = client.get("/").text
    assert "Working, but the next failure is an outage: CAD" in text
    assert 'href="/alerts/ups-on-battery.ups-a.1"' in text
    assert 'href="/devices/core-a"' in text


def test_a_device_page_shows_what_it_says_of_itself_as_text(
    client: TestClient, board: Board
) -> None:
    evil = replace(ON_BATTERY.devices["ups-a"], identity=Identity(name=EVIL, description=EVIL))
    board.publish(replace(ON_BATTERY, devices={**ON_BATTERY.devices, "ups-a": evil}))
    text = client.get("/devices/ups-a").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


def test_a_device_page_shows_what_it_sent_as_text(
    client: TestClient, board: Board, desk: Desk
) -> None:
    board.publish(ON_BATTERY)
    assert "No trap, no log entry" in client.get("/devices/ups-a").text
    payload: dict[str, JsonValue] = {"summary": f"on battery {EVIL}", "state": "critical"}
    desk.events = [
        Event(id="1", kind=EventKind.TRAP, at=NOW, actor="x", device=device, payload=payload)
        for device in ("ups-a", "core-a")
    ]
    text = client.get("/devices/ups-a").text
    assert text.count("on battery &lt;script&gt;") == 1
    assert EVIL not in text
    desk.refusal = "the engine is away"
    assert "Not known now: the engine is away" in client.get("/devices/ups-a").text


def test_an_unknown_device_is_not_found_and_not_echoed(client: TestClient, board: Board) -> None:
    board.publish(ON_BATTERY)
    answer = client.get(f"/devices/{EVIL.replace('/', '')}")
    assert answer.status_code == 404
    assert "alert(1)" not in answer.text


def test_an_alert_s_page_has_its_cause_impact_and_runbook(client: TestClient, board: Board) -> None:
    board.publish(ON_BATTERY)
    text = client.get("/alerts/ups-on-battery.ups-a.1").text
    assert "CAD: the next failure is an outage (margin 1 before, 0 now)" in text
    assert "<dd>87 % (read 03:02:03)</dd>" in text
    assert "Runbook: UPS on battery" in text
    assert "reads now: battery ✓ as expected" in text
    assert "Read the front panel of ups-a in power room" in text


def test_a_page_opens_even_when_its_runbook_is_missing(client: TestClient, board: Board) -> None:
    lost = alert("ups-a", alert="no-such-alert", id="x")
    board.publish(replace(ON_BATTERY, alerts=(lost,)))
    text = client.get("/alerts/x").text
    assert "no runbook for the alert" in text
    assert "Look at the input." in text  # the definition's own first action


def test_an_alert_is_taken_by_name(client: TestClient, board: Board, desk: Desk) -> None:
    board.publish(ON_BATTERY)
    url = "/alerts/ups-on-battery.ups-a.1"
    answer = client.post(f"{url}/ack", data={"by": " On-call technician ", "comment": "going"})
    assert (answer.status_code, answer.headers["location"]) == (303, url)
    assert desk.taken == [("ups-on-battery.ups-a.1", "On-call technician", "going")]
    assert "acked by On-call technician" in client.get(url).text


@pytest.mark.parametrize("form", [{}, {"by": "   "}, {"by": "x", "comment": "y" * 5000}])
def test_an_acknowledgement_without_a_name_or_too_long_is_refused(
    client: TestClient, board: Board, desk: Desk, form: dict[str, str]
) -> None:
    board.publish(ON_BATTERY)
    assert client.post("/alerts/x/ack", data=form).status_code == 400
    assert desk.taken == []


def test_a_refused_acknowledgement_says_why(client: TestClient, board: Board, desk: Desk) -> None:
    board.publish(ON_BATTERY)
    desk.refusal = "the alert has cleared"
    answer = client.post("/alerts/x/ack", data={"by": "a"})
    assert answer.status_code == 409
    assert "the alert has cleared" in answer.text


def test_an_acknowledged_alert_shows_who_and_no_form(client: TestClient, board: Board) -> None:
    taken = alert("ups-a", phase=Phase.ACKED, acked_by="Duty technician", comment="on my way")
    board.publish(replace(ON_BATTERY, alerts=(taken,)))
    text = client.get("/alerts/ups-on-battery.ups-a.1").text
    assert "acked by Duty technician: on my way" in text
    assert "<form" not in text


async def events(feed: RegionFeed) -> AsyncIterator[tuple[str, dict[str, object]]]:
    """The stream, parsed as a browser would."""
    async for chunk in feed.events():
        fields = dict(line.split(": ", 1) for line in chunk.decode().strip().split("\n"))
        if "event" in fields:
            yield fields["event"], json.loads(fields["data"])


async def first_round(feed: RegionFeed) -> list[tuple[str, dict[str, object]]]:
    """What comes before the first tick, and the tick."""
    found = []
    async for name, data in events(feed):
        found.append((name, data))
        if name == "tick":
            break
    return found


async def test_a_new_page_gets_every_region_and_a_tick(board: Board) -> None:
    board.publish(ON_BATTERY)
    found = await first_round(RegionFeed(board, Renderer()))
    assert [data.get("id") for _, data in found] == [*REGIONS, None]
    assert found[-1][1]["silent"] is False


async def test_only_what_changed_is_sent_again(board: Board) -> None:
    board.publish(ON_BATTERY)
    feed = RegionFeed(board, Renderer())
    stream = events(feed)
    while (await anext(stream))[0] != "tick":
        pass
    healthy: Snapshot = replace(ON_BATTERY, alerts=())
    board.publish(healthy)
    later = [await anext(stream)]
    while later[-1][0] != "tick":
        later.append(await anext(stream))
    assert [data.get("id") for _, data in later] == ["alerts", None]


async def test_without_the_engine_the_tick_says_silent(board: Board) -> None:
    feed = RegionFeed(board, Renderer())
    assert feed.tick(datetime.now(UTC)) == {"age": "never", "silent": True, "taken_at": "never"}
    board.publish(ON_BATTERY)
    assert feed.tick(datetime.now(UTC))["silent"] is False
    assert feed.tick(NOW + timedelta(seconds=3))["age"] == "3 s"
    assert feed.tick(datetime.now(UTC) + timedelta(seconds=30))["silent"] is True


async def test_a_closed_page_leaves_no_listener(board: Board) -> None:
    board.publish(ON_BATTERY)
    stream = RegionFeed(board, Renderer()).events()
    await anext(stream)
    await anext(stream)
    assert board.listeners == 1
    await stream.aclose()  # type: ignore[attr-defined]  # an async generator, typed by its use
    assert board.listeners == 0

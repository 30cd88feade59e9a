"""The NOC pages: overview, one device, one alert with its runbook, and the stream behind them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from inventory import assets
from inventory.errors import WatchfloorError
from inventory.topology import Topology
from monitors.events import Event
from monitors.quantity import duration
from monitors.runbooks.context import Context
from monitors.runbooks.library import Library
from monitors.runbooks.render import RenderedRunbook, render
from monitors.snapshot import AlertView, DeviceView, Phase, Snapshot
from monitors.web import details
from monitors.web.board import Board
from monitors.web.rendering import Renderer
from monitors.web.stream import MOST_LISTENERS, RegionFeed
from monitors.web.views import alert_row, device_row, page

MOST_FORM_BYTES = 4096
SHOWN_WITHIN_S = 2.0
"""How long an answer waits for the snapshot that shows its effect."""
Acknowledge = Callable[[str, str, str], Awaitable[None]]
"""Acknowledges an alert: its id, who, and a comment. Raises WatchfloorError with the reason."""

LatestEvents = Callable[[str], Awaitable[Sequence[Event]]]
"""What a device has said lately, newest first. Raises WatchfloorError with the reason."""


ReadDevice = Callable[[str], Awaitable[DeviceView]]
"""One device with its readings, which the board has not. Raises WatchfloorError."""


class Pages:
    """The handlers; they read the board and never a device."""

    def __init__(
        self,
        board: Board,
        topology: Topology,
        runbooks: Library,
        acknowledge: Acknowledge,
        latest_events: LatestEvents,
        *,
        read_device: ReadDevice | None = None,
    ) -> None:
        self._board = board
        self._topology = topology
        self._center = topology.center
        self._runbooks = runbooks
        self._acknowledge = acknowledge
        self._latest_events = latest_events
        self._read_device = read_device
        self._renderer = Renderer()
        self._feed = RegionFeed(board, self._renderer)
        self._zone = ZoneInfo(self._center.timezone)

    def routes(self) -> list[BaseRoute]:
        """What the application mounts."""
        static = StaticFiles(directory=assets.templates() / "noc" / "static")
        return [
            Route("/", self.overview),
            Route("/stream", self.stream),
            Route("/devices/{name}", self.device),
            Route("/alerts/{alert_id}", self.alert),
            Route("/alerts/{alert_id}/ack", self.acknowledge, methods=["POST"]),
            Mount("/static", static, name="static"),
        ]

    async def overview(self, request: Request) -> Response:  # noqa: ARG002 - starlette's signature
        """The page that the room lives with."""
        snapshot = self._board.snapshot
        if snapshot is None:
            return self._message(503, "Starting", "The monitor has not read anything yet.")
        return HTMLResponse(self._renderer.overview(page(snapshot, datetime.now(UTC))))

    async def stream(self, request: Request) -> Response:  # noqa: ARG002 - starlette's signature
        """Server-sent events for one open page."""
        if self._board.listeners >= MOST_LISTENERS:
            return self._message(503, "Too many pages", "Close some pages of this monitor.")
        return StreamingResponse(
            self._feed.events(),
            media_type="text/event-stream",
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
        )

    async def device(self, request: Request) -> Response:
        """One device: identity, polls, parts and readings."""
        name = request.path_params["name"]
        snapshot = await self._with_readings(name)
        view = snapshot.devices.get(name) if snapshot else None
        if view is None:
            return self._message(404, "No such device", "The inventory has no device of this name.")
        events, events_problem = await self._events_of(name)
        html = self._renderer.render(
            "device",
            center_title=self._center.title,
            device=view,
            row=device_row(view, datetime.now(UTC), self._zone),
            facts=details.device_facts(view),
            polls=details.poll_rows(view, self._zone),
            parts=details.part_rows(view, self._zone),
            readings=details.reading_rows(view),
            events=details.event_rows(events, self._zone),
            events_problem=events_problem,
        )
        return HTMLResponse(html)

    async def _events_of(self, device: str) -> tuple[Sequence[Event], str]:
        """The page opens without them, too."""
        try:
            return await self._latest_events(device), ""
        except WatchfloorError as error:
            return (), str(error)

    async def _with_readings(self, device: str) -> Snapshot | None:
        """The board's snapshot with one device's readings; without them if the engine is away."""
        snapshot = self._board.snapshot
        if snapshot is None or device not in snapshot.devices or self._read_device is None:
            return snapshot
        try:
            view = await self._read_device(device)
        except WatchfloorError:
            return snapshot  # the page says by itself how old its data is
        return replace(snapshot, devices={**snapshot.devices, device: view})

    async def alert(self, request: Request) -> Response:
        """One alert: what is at stake, its runbook with live facts, and the form to take it."""
        snapshot = self._board.snapshot
        alert = _find(snapshot, request.path_params["alert_id"])
        if snapshot is None or alert is None:
            return self._message(404, "No such alert", "It has cleared, or never was.")
        runbook, problem = await self._runbook(alert)
        html = self._renderer.render(
            "alert",
            center_title=self._center.title,
            alert=alert_row(alert, datetime.now(UTC), self._zone),
            comment=alert.comment,
            functions=details.impact_rows(alert, "function"),
            groups=details.impact_rows(alert, "group"),
            stands_for=details.stands_for(alert),
            facts=details.fact_rows(alert, self._zone),
            consequence=alert.consequence,
            action=alert.action,
            respond_within=duration(alert.respond_within_s),
            runbook=runbook,
            runbook_problem=problem,
        )
        return HTMLResponse(html)

    async def acknowledge(self, request: Request) -> Response:
        """Takes an alert by name, and goes back to it."""
        alert_id = request.path_params["alert_id"]
        fields = await _form(request)
        by = fields.get("by", "").strip()
        if not by:
            return self._message(400, "Name missing", "Say who acknowledges the alert.")
        try:
            async with self._board.listen() as changed:
                await self._acknowledge(alert_id, by[:80], fields.get("comment", "").strip()[:400])
                await self._until_shown(alert_id, changed)
        except WatchfloorError as error:
            return self._message(409, "Not acknowledged", str(error))
        return RedirectResponse(f"/alerts/{alert_id}", status_code=303)

    async def _until_shown(self, alert_id: str, changed: asyncio.Event) -> None:
        """Waits for the snapshot that shows it, so that nobody sees their click without effect."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SHOWN_WITHIN_S):
                while _is_open(_find(self._board.snapshot, alert_id)):
                    await changed.wait()
                    changed.clear()

    async def _runbook(self, alert: AlertView) -> tuple[RenderedRunbook | None, str]:
        """The alert's runbook with live facts; a page with a broken one still opens."""
        device = self._center.devices.get(alert.device) or self._center.devices.get(alert.cause)
        device = device or next(iter(self._center.devices.values()))
        snapshot = await self._with_readings(device.name)
        assert snapshot is not None  # the alert is from there
        try:
            runbook = self._runbooks.get(alert.alert)
            return render(runbook, Context(self._topology, snapshot, device, alert)), ""
        except WatchfloorError as error:
            return None, str(error)

    def _message(self, status: int, heading: str, text: str) -> HTMLResponse:
        html = self._renderer.render(
            "message", center_title=self._center.title, heading=heading, text=text
        )
        return HTMLResponse(html, status_code=status)


def _is_open(alert: AlertView | None) -> bool:
    """Whether it still waits for somebody to take it."""
    return alert is not None and alert.phase in (Phase.UNACKED, Phase.RETURNED)


def _find(snapshot: Snapshot | None, alert_id: str) -> AlertView | None:
    alerts = snapshot.alerts if snapshot else ()
    return next((alert for alert in alerts if alert.id == alert_id), None)


async def _form(request: Request) -> dict[str, str]:
    """The fields of a small URL-encoded form; a larger body is cut off and so refused."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_FORM_BYTES:
            return {}
    try:
        fields = parse_qs(body.decode(), max_num_fields=10)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}

"""The versioned API: what programs read, and the few things that they may write with the token."""

import hmac
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import TypeAdapter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from inventory.errors import WatchfloorError
from monitors.channel import ChannelClient, Refusal
from monitors.snapshot import AlertView, MarginView, Snapshot
from monitors.web.board import Board
from monitors.web.scrapes import Scrapes

STALE_AFTER_S = 10.0
"""Seconds without a word from the engine after which nothing here is fresh."""
LONGEST_QUESTION = 16 * 1024
"""Characters of names that are taken."""
POLLS_OVERDUE = 3.0
"""Intervals without any finished poll after which the engine counts as stuck."""

_MARGINS = TypeAdapter(dict[str, dict[str, MarginView]])
_ALERTS = TypeAdapter(list[AlertView])

Answer = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Health:
    """Whether what is shown is fresh, and what is wrong."""

    fresh: bool
    problems: tuple[str, ...]


def judge(snapshot: Snapshot | None, age_s: float | None, now: datetime) -> Health:
    """Fresh: the engine speaks and polls go on. Other problems are named and change nothing."""
    if snapshot is None or age_s is None:
        return Health(False, ("the engine has not said anything yet",))
    engine = snapshot.engine
    stale = []
    if age_s > STALE_AFTER_S:
        stale.append(f"the engine has said nothing for {age_s:.0f} s")
    if engine.targets and (overdue := _overdue(snapshot, now)):
        stale.append(overdue)
    others = (engine.store_problem, engine.inventory_problem, engine.receiver_problem)
    return Health(not stale, (*stale, *filter(None, others), *engine.unmonitored))


def _overdue(snapshot: Snapshot, now: datetime) -> str:
    polls = [poll for device in snapshot.devices.values() for poll in device.polls]
    longest_s = POLLS_OVERDUE * max((poll.interval_s for poll in polls), default=0.0) + 15.0
    latest = max((poll.at for poll in polls if poll.at), default=snapshot.engine.started_at)
    silent_s = (now - latest).total_seconds()
    return f"no poll has finished for {silent_s:.0f} s" if silent_s > longest_s else ""


class Api:
    """The handlers of /healthz, /metrics and /api/v1."""

    def __init__(self, channel: ChannelClient, board: Board, token: str) -> None:
        self._channel = channel
        self._board = board
        self._token = token.encode()

    def routes(self) -> list[BaseRoute]:
        """What the application mounts."""
        return [
            Route("/healthz", self.healthz),
            Route("/metrics", Scrapes(self._channel), methods=["GET"]),
            Route("/api/v1/snapshot", self._from_engine("snapshot")),
            Route("/api/v1/devices", self._from_engine("devices")),
            Route("/api/v1/devices/{name}", self.device),
            Route("/api/v1/functions", self._from_snapshot(_functions)),
            Route("/api/v1/outlook", self.outlook),
            Route("/api/v1/alerts", self._from_snapshot(_active)),
            Route("/api/v1/alerts/{id}/ack", self._written(self.acknowledge), methods=["POST"]),
            Route("/api/v1/events", self._written(self.event), methods=["POST"]),
            Route("/api/v1/events", self.events),
            Route("/api/v1/leases", self._written(self.lease), methods=["POST"]),
            Route("/api/v1/journal", self.journal),
            Route("/api/v1/sd", self.service_discovery),
        ]

    async def healthz(self, _: Request) -> Response:
        """200 when data is fresh, else 503; the JSON says what is wrong in either case."""
        now = datetime.now(UTC)
        snapshot = self._board.snapshot
        age_s = self._board.age_s(now)
        health = judge(snapshot, age_s, now)
        return JSONResponse(
            {
                "status": "ok" if health.fresh else "stale",
                "center": snapshot.center.name if snapshot else None,
                "age_s": None if age_s is None else round(age_s, 2),
                "loop_lag_s": snapshot.engine.loop_lag_s if snapshot else None,
                "polls": snapshot.engine.polls if snapshot else None,
                "taken_at": snapshot.taken_at.isoformat() if snapshot else None,
                "problems": health.problems,
            },
            200 if health.fresh else 503,
        )

    async def device(self, request: Request) -> Response:
        """One device with its readings, which the list of all devices has not."""
        name = str(request.path_params["name"])
        return await _answered(self._channel.request("device", name.encode()))

    async def outlook(self, request: Request) -> Response:
        """What a change would find and leave: `?devices=NAME,NAME`. 503 while nothing is fresh."""
        now = datetime.now(UTC)
        health = judge(self._board.snapshot, self._board.age_s(now), now)
        if not health.fresh:
            return JSONResponse({"error": "; ".join(health.problems)[:500]}, 503)
        names = request.query_params.get("devices", "")[:LONGEST_QUESTION].split(",")
        asked = "\n".join(filter(None, names)).encode()
        return await _answered(self._channel.request("outlook", asked))

    async def journal(self, request: Request) -> Response:
        """The latest changes of alerts, newest first: `?limit=100`."""
        limit = request.query_params.get("limit", "100")[:6]
        return await _answered(self._channel.request("journal", limit.encode()))

    async def events(self, request: Request) -> Response:
        """The latest events, newest first: `?device=NAME&kind=trap&limit=100`, each optional."""
        asked = request.query_params
        limit = asked.get("limit", "100")
        query = {
            "device": asked.get("device"),
            "kind": asked.get("kind"),
            "limit": int(limit) if limit.isdecimal() and len(limit) < 6 else 0,
        }
        return await _answered(self._channel.request("events", json.dumps(query).encode()))

    async def service_discovery(self, request: Request) -> Response:
        """Prometheus HTTP service discovery: this monitor's /metrics holds the whole center."""
        snapshot = self._board.snapshot
        center = snapshot.center.name if snapshot else ""
        return JSONResponse(
            [
                {
                    "targets": [request.headers["host"]],
                    "labels": {"__meta_watchfloor_center": center},
                }
            ]
        )

    async def acknowledge(self, request: Request, body: bytes) -> Response:
        """`{"by": NAME, "comment": TEXT}`."""
        try:
            wanted = json.loads(body or b"{}")
            request_body = json.dumps({**wanted, "id": request.path_params["id"]})
        except (ValueError, TypeError):
            return JSONResponse({"error": "send a JSON object with by and comment"}, 400)
        return await _answered(self._channel.request("ack", request_body.encode()))

    async def event(self, _: Request, body: bytes) -> Response:
        """One event; sending it again with the same id changes nothing."""
        return await _answered(self._channel.request("event", body))

    async def lease(self, _: Request, body: bytes) -> Response:
        """`{"device": NAME, "by": RUN, "seconds": 900}`: 409 says why it may not change now."""
        return await _answered(self._channel.request("lease", body))

    def _from_snapshot(self, view: Callable[[Snapshot], bytes]) -> Answer:
        async def answer(snapshot: Snapshot) -> Response:
            return Response(view(snapshot), media_type="application/json")

        return self._of_moment(answer)

    def _from_engine(self, command: str) -> Answer:
        """What is seldom asked for and large is not kept here."""

        async def answer(_: Snapshot) -> Response:
            return await _answered(self._channel.request(command))

        return self._of_moment(answer)

    def _of_moment(self, answer: Callable[[Snapshot], Awaitable[Response]]) -> Answer:
        async def timed(_: Request) -> Response:
            snapshot = self._board.snapshot
            if snapshot is None:
                return JSONResponse({"error": "the monitor has just started: ask again"}, 503)
            response = await answer(snapshot)
            response.headers["x-watchfloor-taken-at"] = snapshot.taken_at.isoformat()
            return response

        return timed

    def _written(self, handler: Callable[[Request, bytes], Awaitable[Response]]) -> Answer:
        """Only with the token; the body is read within its bound."""

        async def answer(request: Request) -> Response:
            given = request.headers.get("authorization", "").encode()
            if not hmac.compare_digest(given, b"Bearer " + self._token):
                return JSONResponse(
                    {"error": "writing needs the token: Authorization: Bearer TOKEN"},
                    401,
                    headers={"www-authenticate": "Bearer"},
                )
            try:
                body = await request.body()
            except ClientDisconnect:
                return JSONResponse({"error": "the body is too large or incomplete"}, 413)
            return await handler(request, body)

        return answer


async def _answered(request: Awaitable[bytes]) -> Response:
    try:
        return Response(await request, media_type="application/json")
    except Refusal as refusal:
        return JSONResponse({"error": str(refusal)}, refusal.status)
    except WatchfloorError as error:
        return JSONResponse({"error": str(error)}, 503)


def _functions(snapshot: Snapshot) -> bytes:
    return _MARGINS.dump_json(
        {"functions": dict(snapshot.functions), "groups": dict(snapshot.groups)}
    )


def _active(snapshot: Snapshot) -> bytes:
    return _ALERTS.dump_json(list(snapshot.active_alerts))

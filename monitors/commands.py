"""What the engine answers on its socket.

`metrics`, `snapshot`, `devices`, `device`, `journal`, `events`, `outlook`; `ack`, `event`,
`lease`, `reload`; and `heard` from the receiver.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

from prometheus_client import generate_latest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from inventory.nearest import hint
from monitors.alerts.desk import AlertError
from monitors.alerts.store import JournalLine
from monitors.alerts.writer import StoreBusyError
from monitors.channel_server import Answer, Refusal
from monitors.engine import Engine
from monitors.events import Event, EventError, EventKind, parse_event
from monitors.heard import parse_heard
from monitors.leases import Lease, LeaseError, LeaseRequest, Leases
from monitors.outlook import Outlook
from monitors.retirement import (
    MissingSensor,
    Retirement,
    RetirementError,
    missing_of,
    retirement_event,
)
from monitors.snapshot import Snapshot, device_to_json

COMMIT_S = 5.0
"""How long an answer waits for the disk."""

JOURNAL = TypeAdapter(list[JournalLine])
MISSING = TypeAdapter(list[MissingSensor])
EVENTS = TypeAdapter(list[Event])
OUTLOOK = TypeAdapter(Outlook)
LEASE = TypeAdapter(Lease)
MOST_ASKED = 200
"""Devices in one question for an outlook; a wave is smaller."""
EVENT_QUERY_REMEDY = (
    f"ask for events by device, kind ({', '.join(EventKind)}) and a limit of 1 to 1000"
)


class Acknowledgement(BaseModel):
    """Who sees to which alert."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    by: str
    comment: str = ""


class EventQuery(BaseModel):
    """Which events are wanted: the latest of a device, of a kind, or of all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: str | None = None
    kind: EventKind | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class Commands:
    """The handler of the engine's socket."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._leases = Leases(datetime.now(UTC))
        self._commands: dict[str, Callable[[bytes], Awaitable[Answer]]] = {
            "metrics": self._metrics,
            "snapshot": self._snapshot,
            "devices": self._devices,
            "device": self._device,
            "journal": self._journal,
            "ack": self._acknowledge,
            "event": self._event,
            "outlook": self._outlook,
            "lease": self._lease,
            "events": self._events,
            "heard": self._heard,
            "missing": self._missing,
            "retire": self._retire,
            "reload": self._reload,
        }

    async def __call__(self, command: str, body: bytes) -> Answer:
        """Answers one command. Raises `Refusal`."""
        handler = self._commands.get(command)
        if handler is None:
            raise Refusal(404, f"the engine has no command {command[:32]!r}")
        return await handler(body)

    async def _metrics(self, _: bytes) -> list[bytes]:
        return [*self._engine.watch.metrics.parts(), generate_latest()]

    @property
    def _latest(self) -> Snapshot:
        server = self._engine.server
        if server is None or server.latest is None:
            raise Refusal(503, "the engine has just started: ask again in a second")
        return server.latest

    async def _snapshot(self, _: bytes) -> bytes:
        return self._latest.bare_json()

    async def _devices(self, _: bytes) -> bytes:
        return self._latest.devices_json()

    async def _device(self, body: bytes) -> bytes:
        """One device with its readings."""
        server = self._engine.server
        latest = server.latest if server else None
        name = body.decode(errors="replace")
        if latest is None or name not in latest.devices:
            raise Refusal(404, f"device: {name[:63]} is not in this center")
        health = self._engine.watch.devices.get(name)
        return device_to_json(
            replace(latest.devices[name], readings=health.readings if health else ())
        )

    async def _journal(self, body: bytes) -> bytes:
        limit = int(body) if body.isdigit() and len(body) < 6 else 100
        lines = await asyncio.wrap_future(
            self._engine.writer.ask(lambda store: store.journal(limit))
        )
        return JOURNAL.dump_json(lines)

    async def _acknowledge(self, body: bytes) -> bytes:
        try:
            wanted = Acknowledgement.model_validate_json(body)
            transition = self._engine.watch.acknowledge(
                wanted.id, wanted.by, wanted.comment, datetime.now(UTC)
            )
        except ValidationError as error:
            raise Refusal(400, "acknowledge with id, by and comment") from error
        except AlertError as error:
            status = 404 if "no open alert" in str(error) else 409
            raise Refusal(status, str(error)) from error
        if transition is not None:
            await self._committed(self._engine.writer.write(transition))
        return b"{}"

    async def _event(self, body: bytes) -> bytes:
        try:
            event = parse_event(body)
        except EventError as error:
            raise Refusal(400, str(error)) from error
        if event.device and event.device not in self._engine.watch.center.devices:
            raise Refusal(404, f"event: device: {event.device} is not in this center")
        try:
            await self._committed(self._engine.writer.write(event))
        except EventError as error:
            raise Refusal(409, str(error)) from error
        self._engine.watch.note(event)
        return b"{}"

    async def _outlook(self, body: bytes) -> bytes:
        """What a change of the devices, one name per line, would find and leave."""
        names = body.decode(errors="replace").split()
        known = self._engine.watch.center.devices if self._engine.ready else {}
        if not known:
            raise Refusal(503, "the engine has just started: ask again in a second")
        if len(names) > MOST_ASKED:
            raise Refusal(400, f"outlook: {len(names)} devices; ask for at most {MOST_ASKED}")
        for name in names:
            if name not in known:
                raise Refusal(404, f"outlook: {name[:63]} is not in this center")
        # Whoever asks is about to change them, or has just done so: a fresh look is what they need.
        self._engine.hasten(names)
        return OUTLOOK.dump_json(self._engine.watch.outlook(names, datetime.now(UTC)))

    async def _lease(self, body: bytes) -> bytes:
        """Lends a device the right to change itself, or takes that back."""
        try:
            wanted = LeaseRequest.model_validate_json(body)
        except ValidationError as error:
            raise Refusal(400, "lease: send device, by, and perhaps seconds, give_back") from error
        if wanted.give_back:
            self._leases.give_back(wanted.device, wanted.by)
            return b"{}"
        outlook = OUTLOOK.validate_json(await self._outlook(wanted.device.encode()))
        try:
            return LEASE.dump_json(self._leases.ask(wanted, outlook, datetime.now(UTC)))
        except LeaseError as error:
            raise Refusal(409, str(error)) from error

    async def _missing(self, _: bytes) -> bytes:
        """Every sensor that was seen once and is no longer reported."""
        return MISSING.dump_json(missing_of(self._engine.watch.devices.values()))

    async def _retire(self, body: bytes) -> bytes:
        """Forgets sensors that are no longer reported, and keeps who said so as an event."""
        now = datetime.now(UTC)
        try:
            wanted = Retirement.model_validate_json(body)
            gone = self._engine.watch.retire(wanted, now)
        except ValidationError as error:
            raise Refusal(
                400, "retire with device, by, and perhaps component and reason"
            ) from error
        except RetirementError as error:
            raise Refusal(404, str(error)) from error
        event = retirement_event(wanted, gone, now)
        for record in gone:
            self._engine.writer.write(record)
        await self._committed(self._engine.writer.write(event))
        return event.model_dump_json().encode()

    async def _events(self, body: bytes) -> bytes:
        try:
            wanted = EventQuery.model_validate_json(body or b"{}")
        except ValidationError as error:
            raise Refusal(400, EVENT_QUERY_REMEDY) from error
        found = await asyncio.wrap_future(
            self._engine.writer.ask(
                lambda store: store.events(wanted.device, wanted.kind, wanted.limit)
            )
        )
        devices = self._engine.watch.center.devices
        if wanted.device and not found and wanted.device not in devices:
            raise Refusal(
                404, f"{wanted.device} is not in this center: {hint(wanted.device, devices)}"
            )
        return EVENTS.dump_json(found)

    async def _heard(self, body: bytes) -> bytes:
        if not self._engine.ready:
            raise Refusal(503, "the engine has just started")
        for done in self._engine.hear(parse_heard(body)):
            await self._committed(done)
        return b"{}"

    async def _reload(self, _: bytes) -> bytes:
        if problem := await self._engine.reload():
            raise Refusal(409, problem)
        return b"{}"

    async def _committed(self, done: "Future[None]") -> None:
        """Returns once the record is on the disk: what is acknowledged here is never lost."""
        try:
            async with asyncio.timeout(COMMIT_S):
                await asyncio.shield(asyncio.wrap_future(done))
        except TimeoutError as error:
            problem = self._engine.writer.problem or "the disk is slow"
            raise Refusal(503, f"kept in memory, not yet on the disk: {problem}") from error
        except StoreBusyError as error:
            raise Refusal(503, str(error)) from error

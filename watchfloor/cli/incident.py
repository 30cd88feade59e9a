"""`watchfloor incident`: says that something is going on, so that nobody changes the center now."""

import asyncio
import json
import uuid
from datetime import UTC, datetime
from pathlib import Path

import click
from pydantic import TypeAdapter

from deploy.actor import actor
from monitors.channel import ChannelClient, socket_path
from monitors.events import Event, EventKind
from monitors.incident import Incident, incident_of
from watchfloor.cli.alerts import runtime_option
from watchfloor.cli.exits import Exit
from watchfloor.cli.output import json_option, print_json
from watchfloor.cli.running import find_runtime

_EVENTS = TypeAdapter(list[Event])


@click.group()
def incident() -> None:
    """Declare an incident: until it ends, no rollout begins another wave."""


@incident.command()
@click.argument("reason")
@runtime_option
@json_option
def start(*, reason: str, runtime_dir: Path | None, as_json: bool) -> Exit:
    """Declare an incident; REASON is one line for whoever is stopped by it."""
    if not reason.strip():
        raise click.UsageError("say in one line what is going on")
    channel = _channel(runtime_dir)
    _send(channel, {"summary": reason.strip()[:300]})
    return _show(channel, as_json)


@incident.command()
@runtime_option
@json_option
def end(*, runtime_dir: Path | None, as_json: bool) -> Exit:
    """End the incident: rollouts may go on."""
    channel = _channel(runtime_dir)
    _send(channel, {"summary": "over", "over": True})
    return _show(channel, as_json)


@incident.command()
@runtime_option
@json_option
def show(*, runtime_dir: Path | None, as_json: bool) -> Exit:
    """Say whether there is one."""
    return _show(_channel(runtime_dir), as_json)


def _channel(runtime_dir: Path | None) -> ChannelClient:
    return ChannelClient(socket_path(find_runtime(runtime_dir)))


def _send(channel: ChannelClient, payload: dict[str, str | bool]) -> None:
    told = Event.model_validate(
        {
            "id": f"incident-{uuid.uuid4()}",
            "kind": EventKind.INCIDENT,
            "at": datetime.now(UTC),
            "actor": actor()[:64],
            "payload": payload,
        }
    )
    asyncio.run(channel.request("event", told.model_dump_json().encode()))


def _standing(channel: ChannelClient) -> Incident | None:
    query = {"kind": EventKind.INCIDENT.value, "limit": 1}
    answer = asyncio.run(channel.request("events", json.dumps(query).encode()))
    return next(map(incident_of, _EVENTS.validate_json(answer)), None)


def _show(channel: ChannelClient, as_json: bool) -> Exit:
    standing = _standing(channel)
    if as_json:
        print_json(
            {
                "active": standing is not None,
                "by": standing.by if standing else None,
                "since": standing.since.isoformat() if standing else None,
                "reason": standing.reason if standing else None,
            }
        )
    elif standing is None:
        click.echo("No incident is declared.")
    else:
        since = standing.since.strftime("%Y-%m-%d %H:%M UTC")
        click.echo(f"{standing.by} has declared an incident since {since}: {standing.reason}")
    return Exit.OK

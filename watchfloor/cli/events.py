"""`watchfloor events`: what has happened lately, as gear, runs and people have told it."""

import asyncio
import json
from pathlib import Path

import click
from pydantic import TypeAdapter

from monitors.channel import ChannelClient, socket_path
from monitors.events import Event, EventKind
from watchfloor.cli.alerts import runtime_option
from watchfloor.cli.output import json_option, print_json, print_table
from watchfloor.cli.running import find_runtime

_EVENTS = TypeAdapter(list[Event])


@click.command()
@click.option("--device", help="Only of this device.")
@click.option("--kind", type=click.Choice([kind.value for kind in EventKind]), help="Only these.")
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=50,
    show_default=True,
    help="The latest so many.",
)
@runtime_option
@json_option
def events(
    *, device: str | None, kind: str | None, limit: int, runtime_dir: Path | None, as_json: bool
) -> None:
    """List what has happened: traps, syslog, device logs, runs, drift. The newest comes first."""
    channel = ChannelClient(socket_path(find_runtime(runtime_dir)))
    query = {"device": device, "kind": kind, "limit": limit}
    found = _EVENTS.validate_json(
        asyncio.run(channel.request("events", json.dumps(query).encode()))
    )
    if as_json:
        print_json(_EVENTS.dump_python(found, mode="json"))
    elif not found:
        click.echo(f"No events{f' of {device}' if device else ''} are kept.")
    else:
        print_table(("Time (UTC)", "Kind", "Device", "State", "What"), map(_row, found))


def _row(event: Event) -> tuple[str, str, str, str, str]:
    state = event.state.value if "state" in event.payload else ""
    at = event.at.strftime("%Y-%m-%d %H:%M:%S")
    return at, event.kind.value, event.device, state, event.summary

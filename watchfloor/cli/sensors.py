"""`watchfloor sensors`: what was seen once and is no longer reported, and how it is retired."""

import asyncio
import json
from pathlib import Path

import click
from pydantic import TypeAdapter

from monitors.channel import ChannelClient, socket_path
from monitors.events import Event
from monitors.retirement import MissingSensor
from watchfloor.cli.alerts import runtime_option
from watchfloor.cli.output import json_option, print_json, print_table
from watchfloor.cli.running import find_runtime

_MISSING = TypeAdapter(list[MissingSensor])


@click.group(invoke_without_command=True)
@runtime_option
@json_option
@click.pass_context
def sensors(ctx: click.Context, runtime_dir: Path | None, as_json: bool) -> None:
    """List the sensors that are no longer reported or whose part is gone, or retire some."""
    ctx.obj = ChannelClient(socket_path(find_runtime(runtime_dir)))
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_missing, as_json=as_json)


@sensors.command("list")
@json_option
@click.pass_obj
def list_missing(channel: ChannelClient, as_json: bool) -> None:
    """List what was seen once and is no longer reported, or whose part is gone."""
    missing = _MISSING.validate_json(asyncio.run(channel.request("missing")))
    if as_json:
        print_json(_MISSING.dump_python(missing, mode="json"))
    elif not missing:
        click.echo("Every sensor that was ever seen is reported.")
    else:
        rows = [
            (each.device, each.component, each.name, each.sensor_class.value, each.protocol)
            for each in missing
        ]
        print_table(("device", "component", "name", "class", "protocol"), rows)


@sensors.command("retire")
@click.argument("device")
@click.argument("component", default="")
@click.option("--by", required=True, help="Your name.")
@click.option("--reason", default="", help="Why it was taken out for good.")
@json_option
@click.pass_obj
def retire(
    channel: ChannelClient, /, device: str, component: str, *, as_json: bool, **words: str
) -> None:
    """Expect a missing COMPONENT of DEVICE no more; without COMPONENT, all that are missing.

    A part that comes back is expected again.
    """
    wanted = {"device": device, "component": component, **words}
    answer = asyncio.run(channel.request("retire", json.dumps(wanted).encode()))
    event = Event.model_validate_json(answer)
    if as_json:
        print_json(event.model_dump(mode="json"))
    else:
        click.echo(f"{device}: {event.summary}.")

"""`watchfloor alerts`: lists what needs somebody, and notes who sees to it."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import click
from pydantic import TypeAdapter
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from inventory.elements import owner_of
from monitors.channel import ChannelClient, socket_path
from monitors.quantity import duration
from monitors.snapshot import AlertView, Phase, Snapshot
from watchfloor.cli.output import console, json_option, print_json
from watchfloor.cli.running import find_runtime

_ALERTS = TypeAdapter(list[AlertView])
_STYLES = {"P1": "bold red", "P2": "yellow", "P3": ""}

runtime_option = click.option(
    "--runtime-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="The monitor's runtime folder. [default: $WATCHFLOOR_RUNTIME, or the demo's]",
)


@click.group(invoke_without_command=True)
@runtime_option
@json_option
@click.pass_context
def alerts(ctx: click.Context, runtime_dir: Path | None, as_json: bool) -> None:
    """List the alerts of the running monitor, or acknowledge one."""
    ctx.obj = ChannelClient(socket_path(find_runtime(runtime_dir)))
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_alerts, show_pending=False, as_json=as_json)


@alerts.command("list")
@click.option("--pending", "show_pending", is_flag=True, help="Show those that do not fire yet.")
@json_option
@click.pass_obj
def list_alerts(channel: ChannelClient, show_pending: bool, as_json: bool) -> None:
    """List what needs somebody: by priority, then the oldest first."""
    snapshot = asyncio.run(channel.snapshot())
    shown = list(snapshot.alerts if show_pending else snapshot.active_alerts)
    if as_json:
        print_json(_ALERTS.dump_python(shown, mode="json"))
    elif not shown:
        click.echo(f"No alerts in {snapshot.center.title}.")
    else:
        _print(shown, snapshot)


@alerts.command("ack")
@click.argument("identifier", metavar="ID")
@click.option("--by", required=True, help="Your name.")
@click.option("--comment", default="", help="What you are doing about it.")
@json_option
@click.pass_obj
def acknowledge(
    channel: ChannelClient, identifier: str, by: str, comment: str, as_json: bool
) -> None:
    """Say that you see to an alert. It is on the disk when this returns."""
    wanted = {"id": identifier, "by": by, "comment": comment}
    asyncio.run(channel.request("ack", json.dumps(wanted).encode()))
    if as_json:
        print_json({"acknowledged": identifier, "by": by})
    else:
        click.echo(f"{identifier} is acknowledged by {by}.")


def _print(shown: list[AlertView], snapshot: Snapshot) -> None:
    """A paragraph for each: a table of sentences cannot be read on 80 columns."""
    out = console()
    out.print(snapshot.center.title)
    for alert in sorted(shown, key=lambda each: each.phase is Phase.RETURNED):
        style = "" if alert.phase is Phase.RETURNED else _STYLES[alert.priority]
        out.print()
        out.print(Text(f"{alert.priority}  {alert.summary}", style=style))
        facts = Table.grid(padding=(0, 2, 0, 0))
        for name, value in _facts(alert):
            facts.add_row(Text(name), Text(value))
        out.print(Padding(facts, (0, 0, 0, 4)))


def _facts(alert: AlertView) -> list[tuple[str, str]]:
    began = duration((datetime.now(UTC) - alert.since).total_seconds())
    device = alert.device or owner_of(alert.cause)
    return [
        ("state", f"{_phase(alert)}; it began {began} ago"),
        ("endangers", _endangered(alert)),
        ("do", f"watchfloor runbook show {alert.alert} {device}"),
        ("id", alert.id),
    ]


def _phase(alert: AlertView) -> str:
    if alert.phase is Phase.ACKED:
        return f"acknowledged by {alert.acked_by}"
    words = {Phase.RETURNED: "gone, not acknowledged", Phase.UNACKED: "not acknowledged"}
    return words.get(alert.phase, alert.phase.value) + (", flapping" if alert.flapping else "")


def _endangered(alert: AlertView) -> str:
    """The functions, with the margin that each has left: 0 means that the next failure ends it."""
    if alert.phase is Phase.RETURNED:
        return "nothing any more"
    functions = [
        f"{impact.title} (margin {impact.after})"
        for impact in alert.impact
        if impact.kind == "function"
    ]
    return ", ".join(functions) or "no function"

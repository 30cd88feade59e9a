"""`watchfloor alerts`: lists what needs somebody, and notes who sees to it."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import click
from pydantic import TypeAdapter

from monitors.channel import ChannelClient, socket_path
from monitors.quantity import duration
from monitors.snapshot import AlertView, Phase, Snapshot
from watchfloor.cli.output import json_option, print_json, print_table
from watchfloor.cli.running import find_runtime

_ALERTS = TypeAdapter(list[AlertView])

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
    now = datetime.now(UTC)
    rows = [
        (
            alert.priority,
            alert.id,
            alert.summary,
            duration((now - alert.since).total_seconds()),
            _phase(alert),
            _endangered(alert),
            alert.runbook,
        )
        for alert in shown
    ]
    print_table(
        ("", "id", "alert", "for", "state", "endangers", "runbook"),
        rows,
        title=snapshot.center.title,
    )


def _phase(alert: AlertView) -> str:
    if alert.phase is Phase.ACKED:
        return f"acknowledged by {alert.acked_by}"
    words = {Phase.RETURNED: "gone, not acknowledged", Phase.UNACKED: "not acknowledged"}
    return words.get(alert.phase, alert.phase.value) + (", flapping" if alert.flapping else "")


def _endangered(alert: AlertView) -> str:
    functions = [
        f"{impact.title} {impact.before}→{impact.after}"
        for impact in alert.impact
        if impact.kind == "function"
    ]
    return ", ".join(functions) or "-"

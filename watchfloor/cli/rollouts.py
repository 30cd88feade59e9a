"""What the commands that change devices share: options, the run itself, its table, its events."""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

import click
from rich.text import Text

from deploy.blocker import Gate
from deploy.change import printable
from deploy.events import drift_event, event, tell
from deploy.operations.journal import DEAD_MAN_S
from deploy.plan import Plan
from deploy.records import HostResult, RunRecord, prune, save_record
from deploy.rollout import Order, Prove, Rollout
from watchfloor.cli.deploying import Desk, progress, say_what_waits
from watchfloor.cli.output import console, print_json, print_table

F = TypeVar("F", bound=Callable[..., Any])


def run_options(command: F) -> F:
    """Adds `--yes`, `--reason`, `--ticket`, `--approve-cut` and `--dead-man`."""
    for option in (
        click.option("--yes", is_flag=True, help="Go on without asking."),
        click.option("--reason", default="", metavar="TEXT", help="Why; stands in the record."),
        click.option("--ticket", default="", metavar="ID", help="The change's ticket."),
        click.option(
            "--approve-cut",
            "cuts",
            multiple=True,
            metavar="DEVICE",
            help="Approve what cuts the path by which this device is managed. May be repeated.",
        ),
        click.option(
            "--dead-man",
            "dead_man_s",
            type=click.IntRange(20, 900),
            default=DEAD_MAN_S,
            show_default=True,
            metavar="SECONDS",
            help="When a host restores what may have cut it off, unless a fresh login confirms.",
        ),
    ):
        command = option(command)
    return command


def agreed(question: str, otherwise: str) -> bool:
    """Asks the person at the terminal. Raises `UsageError` when there is none."""
    if not sys.stdin.isatty():
        raise click.UsageError(f"{otherwise}: nobody is there to ask")
    return click.confirm(question, err=True)


def carry_out(
    desk: Desk, plan: Plan, order: Order, gate: Gate, prove: Prove | None = None
) -> RunRecord:
    """Runs it, with progress on stderr; the record is kept from the first moment on."""
    folder = desk.settings.state / "runs"
    prune(folder, datetime.now(UTC))
    doing = "undoing" if order.kind == "undo" else "applying"
    with progress(doing, len(plan.changed_hosts)) as watch:
        rollout = Rollout(
            center=desk.center,
            access=desk.access,
            plan=plan,
            order=order,
            watch=watch,
            keep=lambda record: _keep(record, desk),
            gate=gate,
            prove=prove,
        )
        return rollout.run()


def show_record(desk: Desk, record: RunRecord, as_json: bool) -> None:
    """What came of the run, target by target."""
    if as_json:
        print_json(record.model_dump(mode="json"))
        return
    print_record(record)
    path = desk.settings.state / "runs" / f"{record.run}.json"
    console(err=True).print(f"run {record.run}: {record.state}; record {path}", soft_wrap=True)


def print_record(record: RunRecord) -> None:
    """The table of a run's targets."""
    print_table(("device", "wave", "changed", "seconds", "result"), _rows(record))


def tell_of(desk: Desk, record: RunRecord, *, repaired: bool) -> None:
    """The monitor hears of the run, and (if so) that what it changed has drifted no longer."""
    failed = {host.device for host in record.hosts if host.failed}
    devices = {host.device: host.device_id for host in record.hosts if host.device not in failed}
    ended = [
        drift_event(desk.run, desk.owner, device, ident, {})
        for device, ident in devices.items()
        if repaired
    ]
    run = event("run", record.run, desk.owner, _summary(record))
    say_what_waits(desk, tell(desk.settings, [run, *ended]))


def _keep(record: RunRecord, desk: Desk) -> None:
    save_record(record, desk.settings.state / "runs")


def _rows(record: RunRecord) -> Iterator[tuple[object, ...]]:
    well = "as before" if record.kind == "undo" else "as wanted"
    for host in record.hosts:
        seconds = f"{host.seconds:.1f}"
        yield host.host, host.wave or "-", host.changed, seconds, _outcome(host, well)


def _outcome(host: HostResult, well: str) -> Text:
    if not host.failed:
        return Text(well)
    back = any(area.restored for area in host.areas)
    restored = " (the old state is back)" if back else ""
    return Text(f"failed: {printable(host.complaint)}{restored}", style="red")


def _summary(record: RunRecord) -> dict[str, Any]:
    failed = [host for host in record.hosts if host.failed]
    return {
        "kind": record.kind,
        "undoes": record.undoes,
        "center": record.center,
        "state": record.state,
        "why": record.why,
        "ticket": record.ticket,
        "plan_hash": record.plan_hash,
        "summary": f"{record.state}: {len(record.hosts)} devices, {len(failed)} failed",
        "devices": [
            {
                "device": host.host,
                "device_id": host.device_id,
                "changed": host.changed,
                "complaint": host.complaint,
            }
            for host in record.hosts
        ],
    }

"""`watchfloor apply`: makes the hosts as the inventory wants them, by waves."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from deploy.blocker import Gate
from deploy.change import printable
from deploy.events import drift_event, event, tell
from deploy.lease import lease
from deploy.operations.journal import DEAD_MAN_S
from deploy.plan import Plan, PlanError, inventory_digest, load_plan
from deploy.records import HostResult, RunRecord, save_record
from deploy.rollout import Order, Rollout
from watchfloor.cli.center import Site, center_option
from watchfloor.cli.deploying import (
    Desk,
    host_options,
    open_desk,
    plan_now,
    progress,
    say_what_waits,
    show_plan,
)
from watchfloor.cli.exits import Exit
from watchfloor.cli.gating import gate_of, gate_options, health_of
from watchfloor.cli.output import console, json_option, print_json, print_table


@click.command()
@click.argument(
    "planfile", required=False, type=click.Path(dir_okay=False, exists=True, path_type=Path)
)
@center_option
@host_options
@click.option("--yes", is_flag=True, help="Plan and apply without asking in between.")
@click.option("--reason", default="", metavar="TEXT", help="Why; stands in the run's record.")
@click.option("--ticket", default="", metavar="ID", help="The change's ticket, for the record.")
@gate_options
@click.option(
    "--accept-unproved",
    "unproved",
    multiple=True,
    metavar="DEVICE",
    help="Change this device although none of its sort was ever deployed so. May be repeated.",
)
@click.option(
    "--approve-cut",
    "cuts",
    multiple=True,
    metavar="DEVICE",
    help="Approve what cuts the path by which this device is managed. May be repeated.",
)
@click.option(
    "--dead-man",
    "dead_man_s",
    type=click.IntRange(20, 900),
    default=DEAD_MAN_S,
    show_default=True,
    metavar="SECONDS",
    help="When a host restores what may have cut it off, unless a fresh login confirms it.",
)
@json_option
def apply(
    *,
    planfile: Path | None,
    site: Site,
    limits: tuple[str, ...],
    areas: tuple[str, ...],
    login: str | None,
    endpoints: Path | None,
    yes: bool,
    reason: str,
    ticket: str,
    outages: tuple[str, ...],
    staffed: tuple[str, ...],
    bootstrap: bool,
    unproved: tuple[str, ...],
    cuts: tuple[str, ...],
    dead_man_s: int,
    as_json: bool,
) -> Exit:
    """Make the hosts as the inventory wants them: by PLANFILE, or by a plan made now.

    Exits with 0 when every host is as wanted, 1 when something failed, 2 when changes are pending
    because you said no.
    """
    if planfile is not None and (limits or areas):
        raise click.UsageError(
            "a plan file says which devices and areas; --limit and --area go with making a plan"
        )
    desk = open_desk(site, limits, areas, login, endpoints)
    health = health_of(desk, bootstrap=bootstrap)
    with lease(desk.settings.runtime, desk.center.name, desk.owner, desk.run):
        drawn = _plan(desk, planfile)
        if not as_json and planfile is None:
            show_plan(drawn)
        if not drawn.waves and not drawn.has_changes:
            return _nothing(drawn, as_json)
        if planfile is None and not yes and not _agreed(drawn):
            return Exit.CHANGES
        order = Order(
            run=desk.run,
            owner=desk.owner,
            why=reason,
            ticket=ticket,
            accepted_outages=frozenset(outages),
            accepted_unproved=frozenset(unproved),
            approved_cuts=frozenset(cuts),
            dead_man_s=dead_man_s,
            health=health.name,
        )
        record = _roll_out(desk, drawn, order, gate_of(desk, health, outages, staffed))
    _show(desk, record, as_json)
    _report(desk, drawn, record)
    return Exit.FAILED if record.state != "done" else Exit.OK


def _plan(desk: Desk, planfile: Path | None) -> Plan:
    if planfile is None:
        return plan_now(desk)
    plan = load_plan(planfile)
    if plan.center != desk.center.name:
        raise PlanError(f"{planfile}: is for {plan.center}, not for {desk.center.name}")
    if plan.inventory != inventory_digest(desk.center):
        raise PlanError(
            f"{planfile}: the inventory has changed since the plan was made; plan again"
        )
    if plan.login != (desk.access.login or ""):
        raise PlanError(
            f"{planfile}: was made with --login {plan.login or desk.access.admin}; give the same"
        )
    return plan


def _agreed(drawn: Plan) -> bool:
    if not sys.stdin.isatty():
        raise click.UsageError("give --yes or a plan file: nobody is there to ask")
    hosts = len(drawn.changed_hosts)
    return click.confirm(f"Apply to {hosts} hosts in {len(drawn.waves)} waves?", err=True)


def _roll_out(desk: Desk, drawn: Plan, order: Order, gate: Gate) -> RunRecord:
    with progress("applying", len(drawn.changed_hosts)) as watch:
        rollout = Rollout(
            center=desk.center,
            access=desk.access,
            plan=drawn,
            order=order,
            watch=watch,
            keep=lambda record: _keep(desk, record),
            gate=gate,
        )
        return rollout.run()


def _keep(desk: Desk, record: RunRecord) -> None:
    save_record(record, desk.settings.state / "runs")


def _nothing(drawn: Plan, as_json: bool) -> Exit:
    if as_json:
        print_json({"format": 1, "center": drawn.center, "state": "done", "hosts": []})
    else:
        console(err=True).print(f"{len(drawn.hosts)} hosts are as the inventory wants them")
    return Exit.OK


def _show(desk: Desk, record: RunRecord, as_json: bool) -> None:
    if as_json:
        print_json(record.model_dump(mode="json"))
        return
    print_table(("device", "wave", "changed", "seconds", "result"), _rows(record))
    path = desk.settings.state / "runs" / f"{record.run}.json"
    console(err=True).print(f"run {record.run}: {record.state}; record {path}", soft_wrap=True)


def _rows(record: RunRecord) -> Iterator[tuple[object, ...]]:
    for host in record.hosts:
        yield host.host, host.wave or "-", host.changed, f"{host.seconds:.1f}", _outcome(host)


def _outcome(host: HostResult) -> Text:
    if not host.failed:
        return Text("as wanted")
    back = any(area.restored for area in host.areas)
    restored = " (the old state is back)" if back else ""
    return Text(f"failed: {printable(host.complaint)}{restored}", style="red")


def _report(desk: Desk, drawn: Plan, record: RunRecord) -> None:
    """The monitor hears of the run, and that what it repaired has drifted no longer.

    A plan of some areas says nothing of the others, which may have drifted still.
    """
    repaired = [
        drift_event(desk.run, desk.owner, host.host, host.device_id, {})
        for host in record.hosts
        if not host.failed and not drawn.areas
    ]
    run = event("run", record.run, desk.owner, _summary(record))
    say_what_waits(desk, tell(desk.settings, [run, *repaired]))


def _summary(record: RunRecord) -> dict[str, Any]:
    failed = [host for host in record.hosts if host.failed]
    return {
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

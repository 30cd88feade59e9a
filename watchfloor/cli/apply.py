"""`watchfloor apply`: makes the hosts as the inventory wants them, by waves."""

from pathlib import Path

import click

import watchfloor
from deploy.lease import lease
from deploy.plan import Plan, PlanError, inventory_digest, load_plan
from deploy.records import RunRecord
from deploy.rollout import Order
from watchfloor.cli.center import Site, center_option
from watchfloor.cli.deploying import (
    Desk,
    host_options,
    in_waves,
    open_desk,
    plan_now,
    show_plan,
    wave_option,
)
from watchfloor.cli.exits import Exit
from watchfloor.cli.gating import gate_of, gate_options, health_of
from watchfloor.cli.output import console, json_option, print_json
from watchfloor.cli.resuming import left_of, resumable
from watchfloor.cli.rollouts import agreed, carry_out, run_options, show_record, tell_of


@click.command()
@click.argument(
    "planfile", required=False, type=click.Path(dir_okay=False, exists=True, path_type=Path)
)
@center_option
@host_options
@wave_option
@click.option(
    "--resume",
    metavar="RUN",
    help="Go on with a run that was stopped, failed or killed: with what it has not done.",
)
@run_options
@gate_options
@click.option(
    "--accept-unproved",
    "unproved",
    multiple=True,
    metavar="DEVICE",
    help="Change this device although none of its sort was ever deployed so. May be repeated.",
)
@json_option
def apply(
    *,
    planfile: Path | None,
    resume: str | None,
    site: Site,
    limits: tuple[str, ...],
    areas: tuple[str, ...],
    login: str | None,
    endpoints: Path | None,
    wave_size: int,
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
    """Make the devices as the inventory wants them: by PLANFILE, or by a plan made now.

    Exits with 0 when every host is as wanted, 1 when something failed, 2 when changes are pending
    because you said no.
    """
    if planfile is not None and (limits or areas):
        raise click.UsageError(
            "a plan file says which devices and areas; --limit and --area go with making a plan"
        )
    if resume is not None and (planfile is not None or limits or areas):
        raise click.UsageError("--resume goes on with all that the run set out to do")
    desk = in_waves(open_desk(site, limits, areas, login, endpoints), wave_size)
    begun = resumable(desk, resume) if resume is not None else None
    health = health_of(desk, bootstrap=bootstrap)
    with lease(desk.settings.runtime, desk.center.name, desk.owner, desk.run):
        drawn = _plan(desk, planfile, begun)
        if not as_json and planfile is None:
            show_plan(drawn)
        if not drawn.waves and not drawn.has_changes:
            return _nothing(drawn, as_json)
        if (
            planfile is None
            and not yes
            and not agreed(_question(drawn), "give --yes or a plan file")
        ):
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
            kind="bootstrap" if bootstrap else "apply",
            resumes=begun.run if begun else "",
            plan_hash=begun.plan_hash if begun else "",
            program=watchfloor.__version__,
        )
        record = carry_out(desk, drawn, order, gate_of(desk, health, outages, staffed))
    show_record(desk, record, as_json)
    # A plan of some areas says nothing of the others, which may have drifted still.
    tell_of(desk, record, repaired=not (record.areas or record.resumes))
    return Exit.FAILED if record.state != "done" else Exit.OK


def _plan(desk: Desk, planfile: Path | None, begun: RunRecord | None) -> Plan:
    if begun is not None:
        return left_of(desk, begun)
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


def _question(drawn: Plan) -> str:
    return f"Apply to {len(drawn.changed_hosts)} hosts in {len(drawn.waves)} waves?"


def _nothing(drawn: Plan, as_json: bool) -> Exit:
    if as_json:
        print_json({"format": 1, "center": drawn.center, "state": "done", "hosts": []})
    else:
        console(err=True).print(f"{len(drawn.hosts)} hosts are as the inventory wants them")
    return Exit.OK

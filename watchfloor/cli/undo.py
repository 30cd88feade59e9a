"""`watchfloor undo`: takes back what a run changed, and proves that it is as it was before."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import click
from rich.text import Text

import watchfloor
from deploy.change import printable
from deploy.lease import lease
from deploy.records import RunRecord, load_record, records
from deploy.rollout import Order
from deploy.undoing import Undo, UndoError, draw_undo
from inventory.nearest import hint
from watchfloor.cli.center import Site, center_option
from watchfloor.cli.deploying import Desk, open_desk
from watchfloor.cli.exits import Exit
from watchfloor.cli.gating import gate_of, gate_options, health_of
from watchfloor.cli.output import console, json_option, print_table
from watchfloor.cli.rollouts import agreed, carry_out, run_options, show_record, tell_of


@click.command()
@click.argument("run")
@center_option
@click.option(
    "--device",
    "devices",
    multiple=True,
    metavar="DEVICE",
    help="Only this device of the run. May be repeated.",
)
@click.option(
    "--area", "areas", multiple=True, metavar="NAME", help="Only this area. May be repeated."
)
@click.option(
    "--login",
    metavar="ACCOUNT",
    help="Log in as this account: the one that is there before and afterwards.",
)
@click.option(
    "--endpoints",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Where simulated or tunnelled devices answer. [default: $WATCHFLOOR_ENDPOINTS]",
)
@gate_options
@run_options
@json_option
def undo(
    *,
    run: str,
    site: Site,
    devices: tuple[str, ...],
    areas: tuple[str, ...],
    login: str | None,
    endpoints: Path | None,
    outages: tuple[str, ...],
    staffed: tuple[str, ...],
    bootstrap: bool,
    yes: bool,
    reason: str,
    ticket: str,
    cuts: tuple[str, ...],
    dead_man_s: int,
    as_json: bool,
) -> Exit:
    """Take back what RUN changed, in reverse order, and prove it.

    A device whose area a later run has changed is refused: undo the later run first. Exits with 0
    when everything is as it was before, 1 when something failed, 2 when you said no.
    """
    desk = _as_login(open_desk(site, (), (), login, endpoints))
    health = health_of(desk, bootstrap=bootstrap)
    with lease(desk.settings.runtime, desk.center.name, desk.owner, desk.run):
        drawn = _drawn(desk, run, devices, areas)
        if not as_json:
            _show(drawn)
        if not yes and not agreed("Undo this?", "give --yes"):
            return Exit.CHANGES
        order = Order(
            run=desk.run,
            owner=desk.owner,
            why=reason,
            ticket=ticket,
            accepted_outages=frozenset(outages),
            approved_cuts=frozenset(cuts),
            dead_man_s=dead_man_s,
            health=health.name,
            kind="undo",
            undoes=run,
            program=watchfloor.__version__,
        )
        gate = gate_of(desk, health, outages, staffed)
        record = carry_out(desk, drawn.plan, order, gate, drawn.unlike_before)
    show_record(desk, record, as_json)
    tell_of(desk, record, repaired=False)
    return Exit.FAILED if record.state != "done" else Exit.OK


def _as_login(desk: Desk) -> Desk:
    """With `--login` it is that account that has to come in afterwards, too."""
    access = desk.access
    if access.login is None:
        return desk
    credential = replace(access.credential, user=access.login)
    return replace(desk, access=replace(access, credential=credential))


def _drawn(desk: Desk, run: str, devices: Iterable[str], areas: Iterable[str]) -> Undo:
    folder = desk.settings.state / "runs"
    record = load_record(run, folder)
    hosts = {target.host.partition("/")[0] for target in record.planned}
    names = {area.area for target in record.planned for area in target.areas}
    _check("--device", devices, hosts | {target.host for target in record.planned}, run)
    _check("--area", areas, names, run)
    others = [other for other in records(folder) if isinstance(other, RunRecord)]
    return draw_undo(
        desk.center,
        record,
        others,
        devices=tuple(devices),
        areas=tuple(areas),
        login=desk.access.login,
    )


def _check(option: str, given: Iterable[str], known: Iterable[str], run: str) -> None:
    known = set(known)
    for name in given:
        if name not in known:
            raise UndoError(f"{option} {name}: run {run} had no such; {hint(name, known)}")


def _show(drawn: Undo) -> None:
    waves = enumerate(drawn.plan.waves, start=1)
    print_table(
        ("device", "wave", "areas"),
        (
            (host.name, number, ", ".join(area.area for area in host.areas))
            for number, wave in waves
            for host in drawn.plan.targets(wave)
        ),
    )
    for line in drawn.cuts:
        said = f"cuts the management path: {printable(line)}"
        console().print(Text(said, style="red"), soft_wrap=True)
    for line in drawn.kept:
        console().print(f"stays: {line}", soft_wrap=True)

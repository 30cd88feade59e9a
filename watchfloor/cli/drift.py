"""`watchfloor drift`: where hosts are no longer as the inventory wants them."""

import os
import pwd
import sys
from pathlib import Path
from typing import Any

import click

from deploy.drift_timer import SERVICE, TIMER, DriftTimer
from deploy.events import drift_event, tell
from deploy.plan import HostPlan, Plan
from deploy.systemd_units import write_units
from inventory.settings import Settings
from watchfloor.cli.center import Site, center_option
from watchfloor.cli.deploying import (
    Desk,
    host_options,
    open_desk,
    plan_now,
    say_what_waits,
    show_plan,
)
from watchfloor.cli.exits import Exit
from watchfloor.cli.output import json_option, print_json


@click.command()
@center_option
@host_options
@click.option("--report", is_flag=True, help="Send what was found to the monitor.")
@click.option(
    "--units",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Only write a systemd service and timer there that report drift every hour.",
)
@json_option
def drift(
    *,
    site: Site,
    limits: tuple[str, ...],
    areas: tuple[str, ...],
    login: str | None,
    endpoints: Path | None,
    report: bool,
    units: Path | None,
    as_json: bool,
) -> Exit:
    """Compare the hosts with the inventory; nothing is changed.

    Exits with 0 when they agree, 2 when one has drifted, 1 when a host could not be read.
    """
    if units is not None:
        return _write_units(site, units, as_json=as_json)
    if report and areas:
        raise click.UsageError("--report tells the monitor of all areas; leave out --area")
    desk = open_desk(site, limits, areas, login, endpoints)
    drawn = plan_now(desk)
    found = [finding(desk, host) for host in drawn.hosts]
    if as_json:
        print_json({"format": 1, "center": drawn.center, "devices": found})
    else:
        show_plan(drawn)
    if report:
        report_drift(desk, drawn)
    return _exit(drawn)


def _write_units(site: Site, folder: Path, *, as_json: bool) -> Exit:
    """The program, center, state and user are those of this very command."""
    settings = Settings.from_environment()
    user = pwd.getpwuid(os.geteuid()).pw_name
    timer = DriftTimer(Path(sys.executable), site.folder.resolve(), user, settings)
    write_units(folder, timer.texts)
    if as_json:
        print_json({"format": 1, "written": [str(folder / name) for name in (SERVICE, TIMER)]})
        return Exit.OK
    click.echo(f"{folder / TIMER} and its service are written. As root:")
    click.echo(f"install -m 644 {folder}/watchfloor-drift.* /etc/systemd/system/")
    click.echo(f"systemctl daemon-reload && systemctl enable --now {TIMER}")
    return Exit.OK


def finding(desk: Desk, host: HostPlan) -> dict[str, Any]:
    """One host in JSON: what differs, area by area, with no file's content."""
    return {
        "device": host.name,
        "id": desk.center.devices[host.device].id,
        "state": "unreadable" if host.reason else "as-wanted" if host.is_clean else "drifted",
        "reason": host.reason,
        "message": host.message,
        "areas": {
            area.area: [
                *(change.title for change in area.changes),
                *area.unmet,
                *([area.refusal] if area.refusal else []),
            ]
            for area in host.areas
            if not area.is_clean
        },
    }


def _exit(drawn: Plan) -> Exit:
    if drawn.has_failures:
        return Exit.FAILED
    return Exit.CHANGES if drawn.has_changes else Exit.OK


def report_drift(desk: Desk, drawn: Plan, *, only_findings: bool = False) -> None:
    """One event for each device, all its targets together: nothing found ends what was reported.

    A device of which a target was not read, or any with `only_findings`, is told of only when
    something was found.
    """
    by_device: dict[str, list[HostPlan]] = {}
    for host in drawn.hosts:
        by_device.setdefault(host.device, []).append(host)
    events = []
    for device, hosts in by_device.items():
        areas: dict[str, list[str]] = {}
        for host in hosts:
            areas |= finding(desk, host)["areas"]
        is_partial = only_findings or any(host.reason for host in hosts)
        if areas or not is_partial:
            ident = desk.center.devices[device].id
            events.append(drift_event(desk.run, desk.owner, device, ident, areas))
    say_what_waits(desk, tell(desk.settings, events))

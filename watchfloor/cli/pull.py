"""`watchfloor pull`: this host converges itself from a signed bundle, if the monitor lets it."""

import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from deploy.actor import actor, run_name
from deploy.blocker import open_gate
from deploy.plan import Plan
from deploy.pull.access import LocalAccess, local_access
from deploy.pull.bundle import NAMESPACE, PULLED, Bundle, checked, opened
from deploy.pull.lease import LeaseRefusedError, leased
from deploy.pull.run import pull_plan
from deploy.pull.serials import TAKEN, last, remember
from deploy.pull.source import fetched
from deploy.pull.timer import SERVICE, TIMER, PullTimer
from deploy.rollout import Order
from deploy.signing import verify
from deploy.staffing import Staffing
from deploy.systemd_units import write_units
from inventory.settings import Settings
from watchfloor.cli.deploying import Desk, progress, show_plan
from watchfloor.cli.drift import finding, report_drift
from watchfloor.cli.exits import Exit
from watchfloor.cli.output import console, json_option, print_json
from watchfloor.cli.rollouts import carry_out, show_record, tell_of


@click.command()
@click.option("--bundle", "source", required=True, metavar="FILE|URL", help="The signed bundle.")
@click.option(
    "--allowed-signers",
    "signers",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="Whose bundles are believed (ssh-keygen(1), ALLOWED SIGNERS).",
)
@click.option("--device", metavar="NAME", help="Who this host is. [default: its host name]")
@click.option(
    "--units",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Only write a systemd service and timer there that do this every hour.",
)
@json_option
def pull(
    *, source: str, signers: Path, device: str | None, units: Path | None, as_json: bool
) -> Exit:
    """Make this host as its bundle wants it; without the monitor's lease, only say what differs.

    Exits with 0 when it is as wanted, 2 when it differs and may not be changed now, 1 on failure.
    """
    settings = Settings.from_environment()
    if units is not None:
        return _write_units(source, signers, device, units, settings, as_json=as_json)
    bundle = _believed(source, signers, device or socket.gethostname(), settings)
    desk = _desk(bundle, settings)
    assert isinstance(desk.access, LocalAccess)
    with progress("reading", 1) as watch:
        drawn = pull_plan(bundle, desk.access, run=desk.run, owner=desk.owner, watch=watch)
    if drawn.has_failures or not drawn.changed_hosts:
        return _told(desk, drawn, "", as_json=as_json)
    try:
        return _converged(desk, bundle, drawn, as_json=as_json)
    except LeaseRefusedError as refusal:
        return _told(desk, drawn, str(refusal), as_json=as_json)


def _write_units(
    source: str,
    signers: Path,
    device: str | None,
    folder: Path,
    settings: Settings,
    *,
    as_json: bool,
) -> Exit:
    where = source if "://" in source else str(Path(source).resolve())
    words = ["pull", "--bundle", where, "--allowed-signers", str(signers.resolve())]
    words += ["--device", device] if device else []
    write_units(folder, PullTimer(Path(sys.executable), words, settings).texts)
    if as_json:
        print_json({"format": 1, "written": [str(folder / name) for name in (SERVICE, TIMER)]})
    else:
        click.echo(f"{folder / TIMER} and its service are written; enable the timer")
    return Exit.OK


def _believed(source: str, signers: Path, host: str, settings: Settings) -> Bundle:
    """Nothing in it is looked at before its signature is good."""
    envelope = opened(fetched(source))
    verify(signers, NAMESPACE, envelope.bundle.encode(), envelope.signature)
    taken = last(settings.state, TAKEN)
    bundle = checked(envelope.bundle, host, taken, datetime.now(UTC))
    remember(settings.state, TAKEN, bundle.serial)
    return bundle


def _desk(bundle: Bundle, settings: Settings) -> Desk:
    device = bundle.center.devices[bundle.host]
    access = local_access(bundle)
    return Desk(bundle.center, access, settings, (device,), PULLED, run_name(), actor())


def _converged(desk: Desk, bundle: Bundle, drawn: Plan, *, as_json: bool) -> Exit:
    """Raises `LeaseRefusedError` when nothing may be changed now."""
    staffed = Staffing(desk.access, desk.run, desk.owner)([bundle.host])
    if staffed:
        raise LeaseRefusedError(f"nothing is changed: {staffed[bundle.host]}")
    with leased(desk.settings, bundle.host, desk.run):
        order = Order(
            run=desk.run,
            owner=desk.owner,
            why=f"pull of bundle {bundle.serial}",
            # The monitor, which knows more than the bundle, says that nothing is lost by it.
            accepted_outages=frozenset({bundle.host}),
            health=", ".join(desk.settings.monitor_urls) or desk.settings.monitor_url,
            kind="pull",
        )
        record = carry_out(desk, drawn, order, open_gate)
    show_record(desk, record, as_json)
    tell_of(desk, record, repaired=False)
    return Exit.OK if record.state == "done" else Exit.FAILED


def _told(desk: Desk, drawn: Plan, why: str, *, as_json: bool) -> Exit:
    """What differs is reported, and nothing is changed."""
    found = [finding(desk, host) for host in drawn.hosts]
    if as_json:
        print_json({"format": 1, "changed": False, "why": why, "devices": found})
    else:
        show_plan(drawn)
        if why:
            console(err=True).print(f"nothing was changed: {why}", soft_wrap=True)
    # A host without findings is not reported as well: only some areas were looked at.
    report_drift(desk, drawn, only_findings=True)
    if drawn.has_failures:
        return Exit.FAILED
    return Exit.CHANGES if drawn.has_changes else Exit.OK

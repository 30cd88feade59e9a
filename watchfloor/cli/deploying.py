"""What plan, apply and drift share: their options, their progress on stderr, and their tables."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.status import Status
from rich.text import Text

import watchfloor
from deploy.access import Access, open_access, with_public_keys
from deploy.actor import actor, run_name
from deploy.change import printable
from deploy.events import Outcome
from deploy.messages import AreaDone, ChangeStarted, Connected, Event, HostDone
from deploy.plan import AreaPlan, HostPlan, Plan
from deploy.planning import Manner, draw_plan
from deploy.targets import chosen, chosen_areas
from deploy.waves import MOST, Wave
from inventory.endpoints import EndpointMap
from inventory.model import Center, Device
from inventory.settings import Settings
from watchfloor.cli.center import Site
from watchfloor.cli.output import Page, console, print_table

F = TypeVar("F", bound=Callable[..., Any])

MOST_KNOWN = 3
"""This margin means so many or more; see `inventory.topology.Margin`."""

_DIFF_STYLES = {"+": "green", "-": "red", "@": "cyan"}


@dataclass(frozen=True, slots=True)
class Desk:
    """All that a command which deals with hosts has at hand."""

    center: Center
    """With its public keys resolved."""
    access: Access
    settings: Settings
    devices: tuple[Device, ...]
    areas: tuple[str, ...]
    """The only areas to look at; all of them when empty."""
    run: str
    owner: str
    wave_size: int = MOST
    """Devices in one wave at most."""


def host_options(command: F) -> F:
    """Adds `--limit`, `--area`, `--login` and `--endpoints`."""
    for option in (
        click.option(
            "--limit",
            "limits",
            multiple=True,
            metavar="WHICH",
            help="A device, a pattern (console-*), role:, kind: or group:NAME. May be repeated.",
        ),
        click.option(
            "--area",
            "areas",
            multiple=True,
            metavar="NAME",
            help="Only this area (ssh, firewall, ...). May be repeated.",
        ),
        click.option(
            "--login",
            metavar="ACCOUNT",
            help="Log in as this account: for hosts that do not have their accounts yet.",
        ),
        click.option(
            "--endpoints",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="Where simulated or tunnelled devices answer. [default: $WATCHFLOOR_ENDPOINTS]",
        ),
    ):
        command = option(command)
    return command


def open_desk(
    site: Site,
    limits: Iterable[str],
    areas: Iterable[str],
    login: str | None,
    endpoints: Path | None,
) -> Desk:
    """Resolves the devices and the way in to them. Raises `WatchfloorError`."""
    only = chosen_areas(areas)
    settings = Settings.from_environment()
    center = with_public_keys(site.center, site.folder)
    access = open_access(center, site.folder, settings, login)
    if endpoints is not None:
        access = replace(access, endpoints=EndpointMap.load(endpoints))
    return Desk(center, access, settings, chosen(center, limits), only, run_name(), actor())


def wave_option(command: F) -> F:
    """Adds `--wave-size`."""
    return click.option(
        "--wave-size",
        type=click.IntRange(1, MOST),
        default=MOST,
        show_default=True,
        metavar="N",
        help="Change at most so many devices at the same time.",
    )(command)


def in_waves(desk: Desk, wave_size: int) -> Desk:
    """The same desk for waves of that size."""
    return replace(desk, wave_size=wave_size)


def manner(desk: Desk) -> Manner:
    """How the desk's plans are carried out."""
    return Manner(desk.wave_size, watchfloor.__version__)


def with_choice(desk: Desk, devices: tuple[Device, ...], areas: tuple[str, ...]) -> Desk:
    """The same desk for other devices and areas."""
    return replace(desk, devices=devices, areas=areas)


def plan_now(desk: Desk) -> Plan:
    """Reads the hosts, with progress on stderr, and plans."""
    with progress("reading", len(desk.devices)) as watch:
        return draw_plan(
            desk.center,
            desk.access,
            desk.devices,
            run=desk.run,
            owner=desk.owner,
            watch=watch,
            areas=desk.areas,
            how=manner(desk),
        )


@contextmanager
def progress(doing: str, hosts: int) -> Iterator[Callable[[Event], None]]:
    """A status line on a terminal; one plain line per milestone when stderr is piped."""
    err = console(err=True)
    if not err.is_terminal:
        yield lambda event: _say(err, event)
        return
    done = 0
    with Status(f"{doing} 0 of {hosts} hosts", console=err) as status:

        def watch(event: Event) -> None:
            nonlocal done
            done += isinstance(event, HostDone)
            now = f": {event.host}: {event.title}" if isinstance(event, ChangeStarted) else ""
            status.update(f"{doing} {done} of {hosts} hosts{printable(now)}")
            if not isinstance(event, Connected):
                _say(err, event)

        yield watch


def show_plan(plan: Plan) -> None:
    """Every host's differences, then one line per host."""
    out = Page()
    for host in plan.hosts:
        _show_host(out, host)
        out.end()
    if plan.hosts:
        print_table(("device", "system", "changes", "areas", "wave", "state"), _rows(plan))
    for number, wave in enumerate(plan.waves, start=1):
        _show_wave(out, number, wave)
    out.end()


def _show_wave(out: Page, number: int, wave: Wave) -> None:
    """What it leaves: the margin of each group and function that has less of it meanwhile."""
    names = ", ".join(wave.devices)
    shown = ", ".join(
        f"{margin.name} {_margin(margin.before)} -> {_margin(margin.during)}"
        for margin in wave.margins
        if margin.name not in wave.takes_out
    )
    margins = f"margins {shown}" if shown else "costs no margin"
    out.print(f"wave {number} ({names}): {margins}")
    if wave.takes_out:
        out.print(Text(f"  takes out {', '.join(wave.takes_out)}", style="yellow"))
    for line in wave.because:
        out.print(Text(f"    {printable(line)}", style="yellow"))


def _margin(number: int) -> str:
    return "out" if number < 0 else f"{number}{'+' if number >= MOST_KNOWN else ''}"


def say_what_waits(desk: Desk, outcome: Outcome) -> None:
    """A line on stderr when the monitor did not take all events."""
    if outcome.complaint:
        waits = f"; {outcome.spooled} events wait in {desk.settings.spool}"
        said = f"{outcome.complaint}{waits if outcome.spooled else ''}"
        console(err=True).print(said, soft_wrap=True)


def _show_host(out: Page, host: HostPlan) -> None:
    if host.is_clean and not any(area.notes for area in host.areas):
        return
    out.print(Text(f"{host.name} {f'({host.os})' if host.os else ''}".strip(), style="bold"))
    if host.proof:
        out.print(Text(f"  {host.proof}: no such device was ever deployed so", style="yellow"))
    if host.reason is not None:
        out.print(Text(f"  failed: {host.message}", style="red"))
    for area in host.areas:
        _show_area(out, area)
    out.print()


def _show_area(out: Page, area: AreaPlan) -> None:
    if area.is_clean and not area.notes:
        return
    after = f", after {' and '.join(area.after)}" if area.after else ""
    risky = ", with a dead-man" if area.risky and area.changes else ""
    out.print(f"  {area.area}: {len(area.changes)} changes{after}{risky}")
    if area.refusal:
        out.print(Text(f"    refused: {printable(area.refusal)}", style="red"))
    for line in area.unmet:
        out.print(Text(f"    not as it should be: {printable(line)}", style="red"))
    for line in area.cuts:
        out.print(Text(f"    cuts the management path: {printable(line)}", style="red"))
    for change in area.changes:
        out.print(f"    - {printable(change.title)}")
        for line in change.diff:
            style = _DIFF_STYLES.get(line[:1], "")
            out.print(Text(f"        {line}", style=style))
    for note in area.notes:
        out.print(Text(f"    note: {printable(note)}", style="dim"))


def _rows(plan: Plan) -> Iterator[tuple[object, ...]]:
    waves = {name: n for n, wave in enumerate(plan.waves, start=1) for name in wave.devices}
    for host in plan.hosts:
        areas = ", ".join(area.area for area in host.areas if not area.is_clean)
        wave = waves.get(host.device, "-")
        yield host.name, host.os or "-", host.changes, areas or "-", wave, _state(host)


def _state(host: HostPlan) -> Text:
    if host.reason is not None:
        return Text(f"failed: {host.reason}", style="red")
    if any(area.refusal for area in host.areas):
        return Text("refused", style="red")
    if host.is_clean:
        return Text("as wanted")
    if host.proof:
        return Text(host.proof, style="yellow")
    return Text("differs", style="yellow")


def _say(err: Console, event: Event) -> None:
    """Milestones only: what each change does is in the plan already."""
    if isinstance(event, HostDone):
        if event.reason is not None:
            err.print(f"{event.host}: {printable(event.message)}", soft_wrap=True)
        else:
            err.print(f"{event.host}: done in {event.seconds:.1f} s", soft_wrap=True)
    elif isinstance(event, AreaDone):
        restored = " (the old state is back)" if event.restored else ""
        said = f"failed: {event.message}{restored}" if event.reason else f"{event.changed} changed"
        err.print(f"{event.host}: {event.area}: {printable(said)}", soft_wrap=True)

"""`watchfloor poll`: reads one device once, as the monitor would, and shows what came."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import click
from pydantic import JsonValue, TypeAdapter
from rich.text import Text

from inventory.endpoints import EndpointMap
from inventory.errors import WatchfloorError
from inventory.model import Purpose
from inventory.nearest import hint
from inventory.secrets import Secrets
from inventory.settings import Settings
from monitors.alerts.findings import said
from monitors.probe import Pace, Poll, Problem
from monitors.quantity import duration
from monitors.reading import Reading, State
from monitors.sis.target import PROOF as SIS_PROOF
from monitors.targets import Clients, build_targets
from watchfloor.cli.center import Site, center_or_demo_option
from watchfloor.cli.exits import Exit
from watchfloor.cli.output import json_option, print_json, print_table

_POLL = TypeAdapter(Poll)
_UNPROVED = {"sis": SIS_PROOF}
"""Protocols that were never tried on a real device."""
_STYLES = {
    State.OK: "",
    State.WARNING: "yellow",
    State.CRITICAL: "bold red",
    State.UNKNOWN: "magenta",
    State.ABSENT: "dim",
}


class NothingToPollError(WatchfloorError):
    """The device is unknown, or the inventory says of no protocol that it speaks it."""


@click.command()
@click.argument("device")
@center_or_demo_option
@click.option(
    "--endpoints",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The endpoint map, when devices do not answer at their own addresses.",
)
@click.option("-v", "--verbose", is_flag=True, help="Say how the device had to be asked, too.")
@json_option
def poll(device: str, site: Site, endpoints: Path | None, *, verbose: bool, as_json: bool) -> int:
    """Read DEVICE once over every protocol that the inventory names."""
    if device not in site.center.devices:
        raise NothingToPollError(
            f"{device} is not in this center: {hint(device, site.center.devices)}"
        )
    polls = asyncio.run(_poll(device, site, endpoints))
    if as_json:
        print_json([_shown(each) for each in polls])
    else:
        for each in polls:
            _print(each, verbose=verbose)
    return Exit.FAILED if any(each.problem for each in polls) else Exit.OK


async def _poll(device: str, site: Site, endpoints_file: Path | None) -> list[Poll]:
    endpoints = _endpoints(site, endpoints_file)
    async with Clients() as clients:
        secrets = Secrets([Purpose.MONITOR], site.folder)
        found = build_targets(site.center, secrets, endpoints, clients, only=device)
        if not found.targets:
            raise NothingToPollError(
                f"{device}: the inventory names no protocol; add `monitoring: {{snmp: CREDENTIAL}}`"
            )
        try:
            polls = await asyncio.gather(*(target.probe.poll() for target in found.targets))
        finally:
            for target in found.targets:
                await target.probe.close()
    return list(polls)


def _endpoints(site: Site, given: Path | None) -> EndpointMap:
    """Where the devices answer; a demo's simulated ones with the secrets that it made up."""
    if site.demo is not None:
        for name, secret in site.demo.secrets.items():
            os.environ.setdefault(name, secret)
    if given is not None:
        return EndpointMap.load(given)
    if site.demo is not None:
        return EndpointMap.load(site.demo.endpoints)
    return Settings.from_environment().endpoints()


def _print(poll: Poll, *, verbose: bool) -> None:
    identity = poll.identity
    about = ", ".join(filter(None, (identity.vendor, identity.model, identity.name)))
    unproved = _UNPROVED.get(poll.protocol)
    title = f"{poll.device} over {poll.protocol}" + (f" ({unproved})" if unproved else "")
    took = f"{len(poll.readings)} readings in {poll.duration_s:.2f} s"
    if poll.readings:
        print_table(
            ("sensor", "value", "state", "component"),
            [_row(reading) for reading in sorted(poll.readings, key=_badness)],
            title=f"{title}: {about or 'no identity'}; {took}",
        )
    if poll.pace is not None and verbose:
        click.echo(_manner(poll.pace))
    if poll.problem is not None:
        click.echo(f"{title}: {_why(poll, poll.problem)}", err=True)


def _shown(poll: Poll) -> dict[str, JsonValue]:
    """A poll as JSON, with what follows from its fields."""
    listed = _POLL.dump_python(replace(poll, readings=tuple(poll.readings)), mode="json")
    return {**listed, "partial": poll.partial}


def _why(poll: Poll, problem: Problem) -> str:
    said_already = not poll.partial or problem.message.startswith("partial")
    return problem.message if said_already else f"partial answer: {problem.message}"


def _manner(pace: Pace) -> str:
    """What the poll has taught of the agent."""
    sizes = f"{pace.repetitions} values" if pace.repetitions else "one row (GETBULK fails)"
    trip = "not measured" if pace.round_trip_s is None else duration(pace.round_trip_s)
    return f"asked for {sizes} at once, again after {pace.timeout_s:.2g} s; round trip {trip}"


def _row(reading: Reading) -> tuple[object, ...]:
    style = _STYLES[reading.state]
    return (reading.name, said(reading), Text(reading.state, style=style), reading.component or "-")


def _badness(reading: Reading) -> bool:
    """What is not ok comes first; the rest stays in the device's order."""
    return reading.state in (State.OK, State.ABSENT)

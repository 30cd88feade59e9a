"""`watchfloor profile`: lists the device families, and tries them on a recording of a device."""

import asyncio
import json
from pathlib import Path

import click
from rich.text import Text

from monitors.probe import Poll
from monitors.profiles.library import Library, shipped
from monitors.reading import Reading, State
from monitors.snmp.engine import SnmpEngine
from monitors.snmp.probe import SnmpProbe
from monitors.snmp.target import Community, SnmpTarget
from watchfloor.cli.exits import Exit
from watchfloor.cli.output import console, json_option, print_json, print_table
from watchfloor.simulate.recording import Recording
from watchfloor.simulate.snmp_agent import SnmpAgent

DEADLINE_S = 30.0
_STYLES = {
    State.OK: "",
    State.WARNING: "yellow",
    State.CRITICAL: "red",
    State.UNKNOWN: "magenta",
    State.ABSENT: "dim",
}


@click.group()
def profile() -> None:
    """Work with device profiles: what to read from a family, and what it means."""


@profile.command(name="list")
@json_option
def list_profiles(as_json: bool) -> None:
    """List the device families that are known."""
    rows = [
        (item.name, item.profile.title, item.profile.source, "standard" if always else "family")
        for item in shipped().profiles
        for always in (item.profile.recognise.always,)
    ]
    columns = ("profile", "title", "source", "kind")
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_table(columns, rows)


@profile.command(name="try")
@click.argument("recording", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--profiles",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Use the profiles of this folder instead of the ones that come with Watchfloor.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line and reading.")
@click.option("-v", "--verbose", is_flag=True, help="Show each reading's profile and OID, too.")
def try_recording(recording: Path, folder: Path | None, as_json: bool, verbose: bool) -> int:
    """Serve RECORDING (.snmprec) on loopback, poll it with the real engine, print the readings."""
    library = Library.load(folder) if folder else shipped()
    poll, names = asyncio.run(poll_recording(Recording.load(recording), recording.stem, library))
    if as_json:
        for reading in poll.readings:
            click.echo(json.dumps(_as_json(reading), ensure_ascii=False))
    else:
        _print_readings(poll, names, verbose=verbose)
    if poll.problem is not None:
        click.echo(f"{recording.name}: {poll.problem.message}", err=True)
        return Exit.FAILED
    return Exit.OK


async def poll_recording(
    recording: Recording, name: str, library: Library
) -> tuple[Poll, tuple[str, ...]]:
    """Serves a recording on loopback and polls it once: the poll, and the profiles that fit."""
    async with SnmpAgent(recording) as agent, SnmpEngine() as engine:
        host, port = agent.address
        target = SnmpTarget(name, host, port, Community("public"), deadline_s=DEADLINE_S)
        probe = SnmpProbe(engine, target, library)
        return await probe.poll(), probe.profiles


def _as_json(reading: Reading) -> dict[str, str | float]:
    return {
        "oid": reading.oid,
        "sensor_class": reading.sensor_class.value,
        "name": reading.name,
        "value": reading.value,
        "unit": reading.unit,
        "state": reading.state.value,
        "component": reading.component,
        "profile": reading.profile,
    }


def _print_readings(poll: Poll, names: tuple[str, ...], *, verbose: bool) -> None:
    identity = poll.identity
    facts = (identity.vendor, identity.model, identity.serial, identity.firmware)
    known = " ".join(filter(None, facts)) or identity.object_id or "does not say what it is"
    console().print(Text(f"{identity.name or poll.device}: {known}"))
    console().print(Text(f"profiles: {', '.join(names) or 'none fits'}"))
    columns = ("state", "class", "name", "value", "component", "profile", "oid")
    shown = len(columns) if verbose else columns.index("profile")
    print_table(columns[:shown], [_row(reading)[:shown] for reading in poll.readings])


def _row(reading: Reading) -> tuple[Text | str, ...]:
    return (
        Text(reading.state.value, style=_STYLES[reading.state]),
        reading.sensor_class.value,
        reading.name,
        reading.text or f"{reading.value:g} {reading.unit}",
        reading.component,
        reading.profile,
        reading.oid,
    )

"""`watchfloor discover`: what lives in a network, and what the inventory does not know of it."""

import asyncio
import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from inventory.model import Purpose
from inventory.secrets import Secrets
from monitors.channel import ChannelClient, socket_path
from monitors.discovery.found import Found, Sweep
from monitors.discovery.proposal import Proposal, as_yaml, propose
from monitors.discovery.sweep import Sweeper
from monitors.profiles.library import Library, shipped
from monitors.snmp.target import Credential, snmp_credential
from watchfloor.cli.alerts import runtime_option
from watchfloor.cli.center import Site, center_option
from watchfloor.cli.exits import Exit
from watchfloor.cli.output import console, json_option, print_json, print_table
from watchfloor.cli.running import find_runtime

LONGEST_SUMMARY = 300


@click.command()
@click.argument("networks", metavar="NETWORK…", nargs=-1, required=True)
@center_option
@click.option(
    "--report", is_flag=True, help="Tell the monitor what is unknown, or that nothing is."
)
@runtime_option
@json_option
def discover(
    networks: tuple[str, ...],
    site: Site,
    *,
    report: bool,
    runtime_dir: Path | None,
    as_json: bool,
) -> int:
    """Ask every address of NETWORK… (such as 10.20.9.0/24) who it is.

    SNMP is asked with the center's own credentials; IPMI, Redfish and PJLink without any. What the
    inventory lacks is proposed as YAML. Exit code 2: something there is unknown.
    """
    library = shipped()
    channel = ChannelClient(socket_path(find_runtime(runtime_dir))) if report else None
    credentials = _credentials(site)
    sweeps = asyncio.run(_sweep(networks, library, credentials))
    whole = Sweep(networks, sum(s.asked for s in sweeps), tuple(f for s in sweeps for f in s.found))
    proposal = propose(site.center, whole, library)
    if as_json:
        print_json(_as_json(whole, proposal))
    else:
        _print(whole, proposal)
    if channel is not None:
        for sweep in sweeps:
            asyncio.run(
                channel.request("event", _event(sweep, propose(site.center, sweep, library)))
            )
    return Exit.CHANGES if proposal.missing else Exit.OK


def _credentials(site: Site) -> dict[str, Credential]:
    """The SNMP credentials that are meant for the monitor, by name."""
    secrets = Secrets([Purpose.MONITOR], site.folder)
    return {
        name: snmp_credential(secrets.resolve(credential))
        for name, credential in site.center.credentials.items()
        if credential.purpose is Purpose.MONITOR and credential.protocol.startswith("snmp-")
    }


async def _sweep(
    networks: Sequence[str], library: Library, credentials: dict[str, Credential]
) -> list[Sweep]:
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console(err=True),
        transient=True,
    ) as bar:
        async with Sweeper(library, credentials) as sweeper:
            return [
                await sweeper.sweep([network], _shown(bar, f"asking {network}"))
                for network in networks
            ]


def _shown(bar: Progress, what: str) -> Callable[[int, int], None]:
    task = bar.add_task(what, total=None)

    def on_address(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total)

    return on_address


def _event(sweep: Sweep, proposal: Proposal) -> bytes:
    """What the monitor is told of one network; nothing unknown ends what was told before."""
    (scope,) = sweep.networks
    unknown = [f"{each.found.address} ({_is(each.found)})" for each in proposal.missing]
    summary = f"{len(unknown)} unknown in {scope}: {', '.join(unknown)}" if unknown else ""
    return json.dumps(
        {
            "id": f"discovery-{uuid.uuid4()}",
            "kind": "discovery",
            "at": datetime.now(UTC).isoformat(),
            "actor": "watchfloor discover",
            "payload": {
                "scope": scope,
                "changes": len(unknown),
                "summary": summary[:LONGEST_SUMMARY],
            },
        }
    ).encode()


def _is(found: Found) -> str:
    """What it is, in a few words."""
    if found.snmp is not None:
        identity = found.snmp.identity
        return f"{identity.vendor} {identity.model}".strip() or identity.description[:60]
    return found.redfish or " and ".join(found.protocols) or "answers pings only"


def _print(sweep: Sweep, proposal: Proposal) -> None:
    if not sweep.found:
        click.echo(f"Nothing answers at {sweep.asked} addresses.")
        return
    print_table(
        ("address", "in the inventory", "speaks", "is"),
        [
            (
                found.address,
                proposal.known.get(found.address, "UNKNOWN"),
                " ".join(found.protocols),
                _is(found),
            )
            for found in sweep.found
        ],
    )
    for remark in proposal.remarks:
        click.echo(remark)
    if proposal.missing:
        click.echo("\n# What the inventory lacks, as far as it can be told from outside:")
        click.echo(as_yaml(proposal), nl=False)


def _as_json(sweep: Sweep, proposal: Proposal) -> dict[str, object]:
    return {
        "networks": list(sweep.networks),
        "asked": sweep.asked,
        "found": [
            {**asdict(found), "device": proposal.known.get(found.address, "")}
            for found in sweep.found
        ],
        "missing": [each.name for each in proposal.missing],
        "remarks": list(proposal.remarks),
        "yaml": as_yaml(proposal),
    }

"""The lab by hand: `python -m tests.lab up`, `status` and `down`."""

import sys
from pathlib import Path

import click

from inventory.errors import WatchfloorError
from tests.lab.devices import device_suites
from tests.lab.errors import LabError
from tests.lab.handover import (
    ENVIRONMENT,
    FINGERPRINTS,
    SSH_CONFIG,
    withdraw_handover,
    write_handover,
)
from tests.lab.host import LabHost
from tests.lab.image import listed_names
from tests.lab.instance import Instance, instances, remove_abandoned, remove_kept
from tests.lab.lab import obstacle, open_lab
from tests.wait import NeverHappenedError

CHECKOUT = Path(__file__).resolve().parents[2]
CENTER = CHECKOUT / "inventory/riverside"
DEFAULT_HOSTS = Path(__file__).with_name("riverside.txt")
STATE = click.option(
    "--state",
    type=click.Path(file_okay=False, resolve_path=True, path_type=Path),
    default=CHECKOUT / "state/lab",
    help="The folder for the files that using the lab takes.",
)


@click.group()
def main() -> None:
    """Real Debian hosts on this machine, in network namespaces of their own."""
    if reason := obstacle():
        raise LabError(reason)


@main.command()
@click.argument("names", nargs=-1)
@STATE
def up(names: tuple[str, ...], state: Path) -> None:
    """Boot NAMES, devices of the example center (without any: a telling few), and keep them."""
    if any(one.kept_for == state for one in instances()):
        raise LabError("the lab is up already; make lab-down removes it")
    wanted = device_suites(CENTER, names or listed_names(DEFAULT_HOSTS))
    click.echo(f"booting {', '.join(wanted)} ...", err=True)
    with open_lab() as lab:
        hosts = lab.boot_all(wanted, suites=wanted)
        write_handover(state, CENTER, hosts)
        lab.instance.keep(state)
    for host in hosts:
        click.echo(f"{host.name:<20} {host.address}")
    click.echo(_usage(state, hosts))


@main.command()
@STATE
@click.option("--all", "everyone", is_flag=True, help="Also labs that other checkouts keep.")
def down(state: Path, everyone: bool) -> None:
    """Remove this checkout's lab, and what killed processes left of theirs."""
    removed = remove_kept(None if everyone else state)
    withdraw_handover(state)
    click.echo(f"removed {len(removed)} lab(s)" if removed else "no lab to remove")


@main.command()
def sweep() -> None:
    """Remove what killed processes left of their labs, and nothing else."""
    for number in remove_abandoned():
        click.echo(f"removed the remains of lab {number}")


@main.command()
def status() -> None:
    """List the labs on this machine and their hosts."""
    for one in instances():
        names = sorted(entry.name for entry in (one.folder / "hosts").glob("*"))
        click.echo(f"{one.number:<4} {one.network.subnet:<16} {_owner(one)}: {', '.join(names)}")


def _owner(instance: Instance) -> str:
    if instance.kept_for:
        return f"kept for {instance.kept_for}"
    abandoned = instance.hold()
    instance.release()
    return "left by a killed process" if abandoned else "held by a process"


def _usage(state: Path, hosts: tuple[LabHost, ...]) -> str:
    where = state.relative_to(Path.cwd()) if state.is_relative_to(Path.cwd()) else state
    first, names = hosts[0].name, " ".join(host.name for host in hosts)
    return f"""
Log in:            ssh -F {where / SSH_CONFIG} {first}
Then, in a shell:  . {where / ENVIRONMENT}; PATH=$PWD/.venv/bin:$PATH
Trust their keys:  watchfloor enroll --from-file {where / FINGERPRINTS} {names}
See what differs:  watchfloor plan --limit {first}
Make it so:        watchfloor apply --limit {first}
Remove them:       make lab-down"""


if __name__ == "__main__":
    try:
        main.main(prog_name="python -m tests.lab", standalone_mode=False)
    except (WatchfloorError, click.ClickException, NeverHappenedError) as error:
        sys.exit(f"lab: {error}")
    except click.Abort:
        sys.exit("lab: interrupted; what was begun is removed")

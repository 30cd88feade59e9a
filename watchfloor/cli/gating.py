"""The gate of the commands that change devices: their options, and whom it asks."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from deploy.gates import Accepted, HealthGate
from deploy.health import DirectHealth, HealthSource, monitors_of, watches
from deploy.staffing import Staffing
from inventory.errors import WatchfloorError
from watchfloor.cli.deploying import Desk
from watchfloor.cli.output import console

F = TypeVar("F", bound=Callable[..., Any])

PATIENCE_INTERVALS = 3.0
"""Polling intervals in which the monitor should have seen a changed device well again."""
PATIENCE_S = 15.0
"""On top of them: a host that starts a daemon anew takes a moment."""


class BootstrapError(WatchfloorError):
    """`--bootstrap` where a monitor is."""


def gate_options(command: F) -> F:
    """Adds `--accept-outage`, `--accept-staffed` and `--bootstrap`."""
    for option in (
        click.option(
            "--accept-outage",
            "outages",
            multiple=True,
            metavar="DEVICE",
            help="Change this device although something is out meanwhile. May be repeated.",
        ),
        click.option(
            "--accept-staffed",
            "staffed",
            multiple=True,
            metavar="DEVICE",
            help="Change this console although somebody works there. May be repeated.",
        ),
        click.option(
            "--bootstrap",
            is_flag=True,
            help="There is no monitor yet: look at the hosts' peers directly, and record that.",
        ),
    ):
        command = option(command)
    return command


def health_of(desk: Desk, *, bootstrap: bool) -> HealthSource:
    """Who says how the center is. Raises `BootstrapError` where the wrong one is asked for."""
    monitors = monitors_of(desk.settings, desk.center)
    if not bootstrap:
        return monitors
    if watches(monitors):
        raise BootstrapError(
            f"--bootstrap: {monitors.name} watches {desk.center.name}; leave --bootstrap out"
        )
    return DirectHealth(desk.center, desk.access.endpoints)


def gate_of(
    desk: Desk, health: HealthSource, outages: Iterable[str], staffed: Iterable[str]
) -> HealthGate:
    """The gate for one run."""
    err = console(err=True)
    return HealthGate(
        health,
        Staffing(desk.access, desk.run, desk.owner),
        Accepted(frozenset(outages), frozenset(staffed)),
        patience_s=PATIENCE_INTERVALS * desk.center.interval_s + PATIENCE_S,
        say=lambda line: err.print(line, soft_wrap=True),
    )

"""Finds the monitor that a command speaks to: the named one, this machine's, or a demo's."""

from pathlib import Path

import click

from inventory.settings import Settings
from monitors.channel import socket_path
from watchfloor.demo.session import Session, find_session


def running_demo() -> Session | None:
    """The demo that this user runs on this machine."""
    return find_session(Settings.from_environment().runtime)


def find_runtime(given: Path | None) -> Path:
    """The runtime folder to use; a demo counts only where no monitor runs, and is named."""
    if given is not None:
        return given
    runtime = Settings.from_environment().runtime
    if socket_path(runtime).exists() or (demo := find_session(runtime)) is None:
        return runtime
    click.echo("asking the running demo", err=True)
    return demo.runtime

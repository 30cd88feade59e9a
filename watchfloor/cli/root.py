"""The `watchfloor` command itself: finds commands lazily and turns errors into one clear line."""

import importlib
import os
import sys
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import click

import watchfloor
from deploy.spare import prepare
from inventory.errors import WatchfloorError
from watchfloor.cli.exits import Exit

# name -> module that defines a click command of the same name (dashes become underscores).
COMMANDS = {
    "apply": "watchfloor.cli.apply",
    "alerts": "watchfloor.cli.alerts",
    "audit": "watchfloor.cli.audit",
    "bundle": "watchfloor.cli.bundle",
    "check": "watchfloor.cli.check",
    "demo": "watchfloor.cli.demo",
    "discover": "watchfloor.cli.discover",
    "drift": "watchfloor.cli.drift",
    "enroll": "watchfloor.cli.enroll",
    "events": "watchfloor.cli.events",
    "handover": "watchfloor.cli.handover",
    "incident": "watchfloor.cli.incident",
    "init": "watchfloor.cli.init",
    "monitor": "watchfloor.cli.monitor",
    "plan": "watchfloor.cli.plan",
    "poll": "watchfloor.cli.poll",
    "profile": "watchfloor.cli.profile",
    "pull": "watchfloor.cli.pull",
    "release": "watchfloor.cli.release",
    "runbook": "watchfloor.cli.runbook",
    "runs": "watchfloor.cli.runs",
    "schema": "watchfloor.cli.schema",
    "sensors": "watchfloor.cli.sensors",
    "show": "watchfloor.cli.show",
    "undo": "watchfloor.cli.undo",
    "wall": "watchfloor.cli.wall",
}


WITH_WORKER = frozenset({"apply", "drift", "plan"})
"""These have a worker started before anything else: they always need one."""


class LazyGroup(click.Group):
    """A group that imports a command's module only when that command is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Every command's name, in the order that help shows."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command's click object, or None when there is no such command."""
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command = getattr(importlib.import_module(module), cmd_name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(watchfloor.__version__, prog_name="watchfloor")
@click.option("--debug", is_flag=True, help="Show a traceback when something fails.")
def root(debug: bool) -> None:
    """Provision and watch a Real-Time Crime Center from one inventory."""


def main(argv: Sequence[str] | None = None) -> None:
    """Runs one command and exits with its documented code (see `watchfloor.cli.exits`)."""
    args = list(sys.argv[1:] if argv is None else argv)
    if WITH_WORKER.intersection(args[:1]) and not {"-h", "--help"}.intersection(args):
        prepare()
    try:
        result: Any = root.main(args=args, prog_name="watchfloor", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("watchfloor: interrupted", err=True)
        sys.exit(Exit.INTERRUPTED)
    except BrokenPipeError:  # `watchfloor show … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.OK)
    except Exception as error:
        if "--debug" in takewhile(lambda word: word.startswith("-"), args):
            raise
        click.echo(f"watchfloor: {_in_one_line(error)}", err=True)
        sys.exit(Exit.FAILED)
    sys.exit(result if isinstance(result, int) else Exit.OK)


def _in_one_line(error: Exception) -> str:
    """What the user reads. An unforeseen error's own text stays out: it may hold a secret."""
    if isinstance(error, WatchfloorError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}; `watchfloor --debug …` shows where"
    kind = type(error).__name__
    return f"a mistake of its own ({kind}); `watchfloor --debug …` shows where"

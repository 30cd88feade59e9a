"""`watchfloor demo`: a whole center on this machine, and faults to see what happens."""

import asyncio
import logging
import os
from pathlib import Path

import click
from rich.progress import BarColumn, Progress, TextColumn

from inventory import assets
from inventory.loader import load
from inventory.settings import Settings
from watchfloor.cli.listening import listen_address
from watchfloor.cli.output import console, json_option, print_json, print_table, program
from watchfloor.demo import stage
from watchfloor.demo.cast import cast, make_up_secrets
from watchfloor.demo.control import ControlError, ask
from watchfloor.demo.session import SOCKET, demo_folder
from watchfloor.simulate.device import RunningDevice
from watchfloor.simulate.faults import FAULTS, usage
from watchfloor.simulate.gear import Gear

ALL = "all"
REMOTE_REMEDY = "look at it from another machine through `ssh -L 8720:127.0.0.1:8720 HOST`"
SHOWN = 2


@click.command()
@click.option(
    "--center",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The center to play. [default: Riverside, the example]",
)
@click.option("--fault", "faults", multiple=True, metavar="DEVICE:FAULT", help="Make this fail.")
@click.option(
    "--clear", multiple=True, metavar="DEVICE[:FAULT]|all", help="End this fault again, or all."
)
@click.option("--faults", "list_faults", is_flag=True, help="List the faults that there are.")
@click.option(
    "--interval", type=click.FloatRange(1, 60), default=5.0, show_default=True, help="In seconds."
)
@click.option("--listen", metavar="HOST:PORT", help="Where the NOC page is served.")
@json_option
def demo(
    *,
    center: Path | None,
    faults: tuple[str, ...],
    clear: tuple[str, ...],
    list_faults: bool,
    interval: float,
    listen: str | None,
    as_json: bool,
) -> None:
    """Run the example center's gear on loopback and watch it. Ends with Ctrl-C.

    With --fault or --clear, a demo that runs in another terminal is told; without a running one,
    the demo starts with the faults.
    """
    if list_faults:
        _list_faults(center or assets.example_center(), as_json=as_json)
        return
    settings = Settings.from_environment()
    folder = demo_folder(settings.runtime)
    running = _tell(folder / SOCKET, faults, tuple("" if each == ALL else each for each in clear))
    if running is not None:
        _print_told(running, as_json=as_json)
        return
    if clear:
        raise ControlError("no demo runs here, so there is nothing to clear")
    host, port = listen_address(listen, settings, remote_remedy=REMOTE_REMEDY)
    _play(
        stage.Show(
            center=center or assets.example_center(),
            folder=folder,
            host=host,
            port=port,
            interval_s=interval,
            faults=faults,
        ),
        as_json=as_json,
    )


def _list_faults(center: Path, *, as_json: bool) -> None:
    center_played = load(center)
    make_up_secrets(center_played)
    devices = [RunningDevice(device) for device in cast(center_played)]
    fitting = {
        usage(fault): (fault.help, [each.device.name for each in devices if fault.fits(each)])
        for fault in sorted(FAULTS.values(), key=lambda fault: fault.name)
    }
    if as_json:
        print_json(
            [{"fault": name, "help": text, "devices": fit} for name, (text, fit) in fitting.items()]
        )
        return
    print_table(
        ("Fault", "What it does", "Devices"),
        [(name, text, _some(fit, len(devices))) for name, (text, fit) in fitting.items()],
    )
    click.echo(f"\n{program()} demo --fault DEVICE:FAULT makes one happen.")


def _some(names: list[str], everyone: int) -> str:
    """Enough names to try it with."""
    if len(names) == everyone:
        return "every device"
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _tell(path: Path, faults: tuple[str, ...], clear: tuple[str, ...]) -> dict[str, object] | None:
    """What the running demo answers; None when none runs."""
    if not path.exists():
        return None
    try:
        answer: dict[str, object] = asyncio.run(ask(path, faults, clear))
    except ConnectionRefusedError:
        return None
    return answer


def _print_told(answer: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
        return
    in_force = answer["in_force"]
    assert isinstance(in_force, list)
    click.echo(f"a demo runs at {answer['page']}")
    click.echo(f"in force: {', '.join(in_force) or 'no fault'}")


def _play(show: stage.Show, *, as_json: bool) -> None:
    os.environ.setdefault("WATCHFLOOR_LOG", "WARNING")
    level = os.environ["WATCHFLOOR_LOG"]
    logging.basicConfig(level=level, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[read]}"),
        console=console(err=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("starting the gear, then reading every device", total=None, read="")

        def on_progress(progress: stage.Progress) -> None:
            read = f"{progress.polled}/{progress.targets}" if progress.targets else ""
            bar.update(task, completed=progress.polled, total=progress.targets or None, read=read)

        def on_ready(gear: Gear) -> None:
            bar.stop()
            _announce(show, gear, as_json=as_json)

        asyncio.run(stage.run(show, on_progress, on_ready))
    if not as_json:
        click.echo("the demo has ended", err=True)


def _announce(show: stage.Show, gear: Gear, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {"page": show.page, "endpoints": str(show.endpoints), "runtime": str(show.folder)}
        )
        return
    me = program()
    click.echo(f"""
NOC page   {show.page}
metrics    {show.page}metrics
gear       {len(gear.devices)} devices on loopback, polled every {show.interval_s:g} s

In another terminal, make something fail and watch the page:
  {me} demo --fault ups-a:on-battery
  {me} alerts                               what needs somebody
  {me} runbook show ups-on-battery ups-a    what to do about it
  {me} demo --clear ups-a                   all well again; alerts end within a minute
  {me} demo --faults                        what else can fail

Ctrl-C ends everything.""")

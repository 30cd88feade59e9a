"""`watchfloor runbook`: what to do about an alert, with the device's live numbers in the text.

It works without the web server: it asks the engine's socket, and when no monitor runs here at all
it still shows the text, with what the inventory knows.
"""

import asyncio
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.markdown import Markdown
from rich.padding import Padding
from rich.text import Text

from inventory.errors import WatchfloorError
from inventory.nearest import hint
from inventory.topology import Topology
from monitors.channel import ChannelClient, socket_path
from monitors.runbooks.blank import blank_snapshot
from monitors.runbooks.context import Context
from monitors.runbooks.library import Library
from monitors.runbooks.render import RenderedRunbook, RenderedStep, render
from monitors.snapshot import AlertView, Snapshot
from watchfloor.cli.center import Site, center_or_demo_option
from watchfloor.cli.output import console, json_option, print_json, print_table
from watchfloor.cli.running import find_runtime

_ANSWERS = {True: "as expected", False: "NOT as expected", None: "cannot be told"}


@click.group()
def runbook() -> None:
    """What to do about an alert, step by step."""


@runbook.command("list")
@json_option
def list_runbooks(as_json: bool) -> None:
    """List every runbook and the alert it belongs to."""
    heads = [(book.head, book.path) for book in Library.load().by_alert.values()]
    if as_json:
        print_json([{**head.model_dump(mode="json"), "path": path} for head, path in heads])
        return
    print_table(
        ("Alert", "Priority", "Respond within", "Title", "Reviewed"),
        [(h.alert, h.priority, h.respond_within, h.title, h.reviewed) for h, _ in heads],
    )


@runbook.command("show")
@click.argument("alert")
@click.argument("device")
@click.option(
    "--runtime-dir",
    "runtime",
    type=click.Path(file_okay=False, path_type=Path),
    help="The monitor's runtime folder. [default: as `watchfloor monitor` on this machine]",
)
@center_or_demo_option
@json_option
def show(alert: str, device: str, runtime: Path | None, site: Site, as_json: bool) -> None:
    """Show ALERT's runbook for DEVICE, with live facts when a monitor runs on this machine."""
    found = site.center.devices.get(device)
    if found is None:
        remedy = hint(device, site.center.devices)
        raise WatchfloorError(f'the center has no device "{device}"; {remedy}')
    book = Library.load().get(alert)
    topology = Topology(site.center)
    snapshot, problem = _live(find_runtime(runtime), topology, device)
    if device not in snapshot.devices:
        problem = problem or "the running monitor watches another center"
        snapshot = blank_snapshot(topology, datetime.now(UTC))
    standing = _standing(snapshot, alert, device)
    rendered = render(book, Context(topology, snapshot, found, standing))
    if as_json:
        print_json({"live": not problem, "problem": problem, **asdict(rendered)})
        return
    if problem:
        click.echo(f"no live facts: {problem}", err=True)
    _print(rendered, console())


def _live(runtime: Path, topology: Topology, device: str) -> tuple[Snapshot, str]:
    """The running monitor's snapshot with the device's readings, or a blank one and the reason."""
    client = ChannelClient(socket_path(runtime), timeout_s=3.0)
    try:
        return asyncio.run(_ask(client, device)), ""
    except WatchfloorError as error:
        return blank_snapshot(topology, datetime.now(UTC)), str(error)


async def _ask(client: ChannelClient, device: str) -> Snapshot:
    """What is known now; snapshots hold no readings, so the device is asked for by itself."""
    snapshot = await client.snapshot()
    if device not in snapshot.devices:
        return snapshot
    devices = {**snapshot.devices, device: await client.device(device)}
    return replace(snapshot, devices=devices)


def _standing(snapshot: Snapshot, alert: str, device: str) -> AlertView | None:
    """The alert itself if it stands; one about a function counts when the device is its cause."""
    for found in snapshot.active_alerts:
        if found.alert == alert and device in (found.device, found.cause):
            return found
    return None


def _print(rendered: RenderedRunbook, out: Console) -> None:
    out.print(Text(f"{rendered.title}: {rendered.device}", style="bold"))
    out.print(
        f"{rendered.priority}, respond within {rendered.respond_within}, "
        f"escalate to {rendered.escalate_to}"
    )
    for heading, blocks in rendered.sections:
        out.print()
        out.print(Text(heading.upper(), style="bold"))
        for block in blocks:
            if block.step is None:
                out.print(Markdown(block.markdown))
            else:
                _print_step(block.step, out)


def _print_step(step: RenderedStep, out: Console) -> None:
    lines = [Text(f"{step.number}. {step.text}")]
    if step.kind == "check":
        answer = f"reads now: {step.answer} ({_ANSWERS[step.holds]}; expected {step.expect})"
        lines.append(Text(answer, style="" if step.holds else "bold"))
    if step.command:
        lines.append(Text(f"$ {step.command}"))
    lines += [Text(text) for text in (step.after, step.undo) if text]
    for number, line in enumerate(lines):
        out.print(Padding(line, (0, 0, 0, 2 if number == 0 else 5)))

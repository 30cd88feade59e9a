"""`watchfloor runs`: what was changed, when, by whom and why; every run since two years ago."""

from collections.abc import Iterator

import click

from deploy.change import printable
from deploy.records import Damaged, RunRecord, load_record, records
from inventory.settings import Settings
from watchfloor.cli.exits import Exit
from watchfloor.cli.output import console, json_option, print_json, print_table
from watchfloor.cli.rollouts import print_record


@click.command()
@click.argument("run", required=False)
@click.option("--last", type=click.IntRange(1), default=20, show_default=True, help="How many.")
@json_option
def runs(*, run: str | None, last: int, as_json: bool) -> Exit:
    """List the latest runs, or show one RUN: its devices, areas, durations and failures.

    Exits with 1 when a record is damaged.
    """
    folder = Settings.from_environment().state / "runs"
    if run is not None:
        _show(load_record(run, folder), as_json)
        return Exit.OK
    found = list(records(folder))
    known = [record for record in found if isinstance(record, RunRecord)][:last]
    damaged = [record for record in found if isinstance(record, Damaged)]
    if as_json:
        print_json({"format": 1, "runs": [one.model_dump(mode="json") for one in known]})
    else:
        columns = ("run", "kind", "center", "by", "state", "devices", "failed", "ticket", "why")
        print_table(columns, _rows(known))
    for one in damaged:
        console(err=True).print(printable(one.why), soft_wrap=True)
    return Exit.FAILED if damaged else Exit.OK


def _rows(known: list[RunRecord]) -> Iterator[tuple[object, ...]]:
    for record in known:
        yield (
            record.run,
            record.kind,
            record.center,
            record.actor,
            record.state,
            len(record.hosts),
            sum(host.failed for host in record.hosts),
            record.ticket or "-",
            printable(record.why) or "-",
        )


def _show(record: RunRecord, as_json: bool) -> None:
    if as_json:
        print_json(record.model_dump(mode="json"))
        return
    out = console()
    for name, value in _facts_of(record):
        out.print(f"{name}: {printable(value)}", soft_wrap=True)
    for line in record.blockers:
        out.print(f"stopped {printable(line)}", soft_wrap=True)
    print_record(record)
    areas = [(host, area) for host in record.hosts for area in host.areas]
    if areas:
        out.print()
        print_table(
            ("device", "area", "changed", "seconds", "result"),
            (
                (
                    host.host,
                    area.area,
                    area.changed,
                    f"{area.seconds:.1f}",
                    printable(area.message) if area.reason else "done",
                )
                for host, area in areas
            ),
        )


def _facts_of(record: RunRecord) -> Iterator[tuple[str, str]]:
    yield "run", f"{record.run} ({record.kind}, {record.state})"
    for name, run in (("undoes", record.undoes), ("resumes", record.resumes)):
        if run:
            yield name, run
    ended = record.ended.isoformat(timespec="seconds") if record.ended else "never"
    yield "by", f"{record.actor}, {record.began.isoformat(timespec='seconds')} to {ended}"
    yield "why", f"{record.why or '-'} ({record.ticket or 'no ticket'})"
    yield "plan", f"{record.plan_hash}, watchfloor {record.program or '?'}"
    if record.areas:
        yield "areas", ", ".join(record.areas)

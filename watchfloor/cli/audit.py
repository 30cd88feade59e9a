"""`watchfloor audit`: runs a security audit, reports on its evidence, and replays its verdicts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.text import Text

import watchfloor
from inventory.endpoints import EndpointMap
from inventory.secrets import Secrets
from inventory.settings import Settings
from inventory.whole_file import write_whole
from monitors.baseline import signing
from monitors.baseline.auditing import devices_in_scope, make_room, run_audit
from monitors.baseline.catalogue import shipped
from monitors.baseline.collecting import PURPOSES, Means, subjects_of
from monitors.baseline.errors import AuditError
from monitors.baseline.reading import read_evidence
from monitors.baseline.replay import Replay
from monitors.baseline.replay import replay as replay_evidence
from monitors.baseline.report import Report, render_html, report_of
from monitors.baseline.verdict import Verdict
from monitors.baseline.writing import planned_name, write_evidence
from watchfloor.cli.center import Site, center_option
from watchfloor.cli.exits import Exit
from watchfloor.cli.output import json_option, print_json, print_table

STYLES = {
    Verdict.FAIL: "bold red",
    Verdict.ERROR: "bold red",
    Verdict.NOT_PROVEN: "yellow",
    Verdict.WAIVED: "yellow",
}

evidence_argument = click.argument(
    "evidence", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
signer_option = click.option(
    "--signer",
    default="",
    metavar="FINGERPRINT",
    help="Refuse evidence that another key has signed: SHA256:…, or the public key itself.",
)


@click.group()
def audit() -> None:
    """Prove the security baseline, with evidence that can be judged again."""


@audit.command()
@center_option
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="WHICH",
    help="A device, a pattern (console-*), role:, kind: or group:NAME. May be repeated.",
)
@click.option(
    "--endpoints",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Where simulated or tunnelled devices answer. [default: $WATCHFLOOR_ENDPOINTS]",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="The evidence's folder; must not be there yet."
)
@click.option(
    "--key",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="WATCHFLOOR_EVIDENCE_KEY",
    help="The SSH key that signs. [default: $WATCHFLOOR_EVIDENCE_KEY, or one that is made for it]",
)
@json_option
def run(
    *,
    site: Site,
    limits: tuple[str, ...],
    endpoints: Path | None,
    out: Path | None,
    key: Path | None,
    as_json: bool,
) -> int:
    """Read every device, judge it, and write signed evidence.

    Exits with 0 when nothing is open, 2 when a control fails or is not proven, 1 when a device
    could not be read or the audit itself failed.
    """
    settings = Settings.from_environment()
    catalogue = shipped()
    devices = devices_in_scope(site.center, limits)
    make_room(out or settings.evidence / "planned")
    signing_key = _signing_key(key or settings.state / "evidence-key")
    means = Means(
        secrets=Secrets(PURPOSES, site.folder),
        endpoints=EndpointMap.load(endpoints) if endpoints else settings.endpoints(),
        known_hosts=settings.known_hosts,
        areas=catalogue.areas(),
        monitor=settings.monitor_url,
        progress=_Progress(sum(len(subjects_of(device, watched=True)) for device in devices)),
    )
    done = run_audit(site.center, limits, catalogue, means, watchfloor.__version__)
    folder = out or settings.evidence / planned_name(
        site.center.name, done.started_at, _names_in(settings.evidence)
    )
    write_evidence(done, folder, signing_key)
    found = report_of(read_evidence(folder))
    if as_json:
        print_json({"evidence": str(folder), "report": found.model_dump(mode="json")})
    else:
        _print_report(found)
        click.echo(f"Evidence: {folder}")
    return _exit_for(found.overall)


@audit.command()
@evidence_argument
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a printable page."
)
@signer_option
@json_option
def report(evidence: Path, html: Path | None, signer: str, as_json: bool) -> int:
    """Show what evidence says, after checking that it is intact.

    Exits with 0, or 1 when the evidence was changed.
    """
    found = report_of(read_evidence(evidence, signer))
    if html is not None:
        _write(html, render_html(found))
        click.echo(f"{html}: written", err=True)
    if as_json:
        print_json(found.model_dump(mode="json"))
    elif html is None:
        _print_report(found)
    return Exit.OK


@audit.command()
@evidence_argument
@signer_option
@json_option
def replay(evidence: Path, signer: str, as_json: bool) -> int:
    """Judge the stored facts again: no network, no inventory, only the folder.

    Exits with 0 when every verdict is the same, 1 when one differs or the evidence was changed.
    """
    proved = read_evidence(evidence, signer)
    result = replay_evidence(proved)
    if as_json:
        print_json(_replay_json(result, proved.signer.fingerprint, bool(signer), proved.run.tool))
        return Exit.OK if result.same else Exit.FAILED
    click.echo(f"{proved.head.records} records intact, signed by {proved.signer.fingerprint}")
    if not signer:
        click.echo(
            "Compare that with the fingerprint you were given, or pin it by --signer", err=True
        )
    for difference in result.differences:
        click.echo(f"different: {difference}")
    if result.summary_differs:
        click.echo("different: the summary does not follow from the records")
    if result.same:
        click.echo(f"all {len(result.judgements)} verdicts are the same")
    return Exit.OK if result.same else Exit.FAILED


class _Progress:
    """Counts the sides of devices on stderr, one line each."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0

    def __call__(self, line: str) -> None:
        self._done += 1
        click.echo(f"[{self._done}/{self._total}] {line}", err=True)


def _signing_key(path: Path) -> Path:
    if signing.make_key(path):
        fingerprint = signing.public_key(path).fingerprint
        click.echo(
            f"Made the key that signs evidence: {path}\nIts fingerprint, for the auditor to keep"
            f" elsewhere: {fingerprint}",
            err=True,
        )
    return path


def _names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()] if folder.is_dir() else []


def _print_report(found: Report) -> None:
    click.echo(f"{found.title}: {found.overall}")
    policy = found.policy
    click.echo(f"{policy.title} {policy.version} ({policy.dated}). {policy.clock}")
    click.echo(f"Facts of {found.started_at:%Y-%m-%d %H:%M:%S} UTC, signed by {found.signer}")
    for warning in found.warnings:
        click.echo(f"warning: {warning}", err=True)
    _print_lines("Open findings", _rows(found))
    counts = ", ".join(f"{number} {verdict}" for verdict, number in found.counts.items())
    click.echo(counts or "nothing applied, so nothing is proved")


def _rows(found: Report) -> list[tuple[object, ...]]:
    """Findings one by one, but an unreadable side only once: its controls all say the same."""
    rows: list[tuple[object, ...]] = [
        (_styled(Verdict.ERROR), "", side.device, side.subject, "", side.problem)
        for side in found.unread_sides
    ]
    for line in (*found.open_lines, *found.excepted_lines):
        place = (line.device, line.subject, line.control)
        rows.append((_styled(line.verdict), line.severity, *place, line.finding))
    return rows


def _styled(verdict: Verdict) -> Text:
    return Text(verdict.value, style=STYLES.get(verdict, ""))


def _print_lines(title: str, rows: Sequence[Sequence[object]]) -> None:
    if rows:
        columns = ("Verdict", "Severity", "Device", "Side", "Control", "Finding")
        print_table(columns, rows, title=title)


def _exit_for(overall: Verdict) -> Exit:
    if overall is Verdict.ERROR:
        return Exit.FAILED
    return Exit.CHANGES if overall.is_open else Exit.OK


def _replay_json(result: Replay, fingerprint: str, pinned: bool, tool: str) -> dict[str, Any]:
    return {
        "same": result.same,
        "signer": fingerprint,
        "pinned": pinned,
        "recorded_by": tool,
        "replayed_by": watchfloor.__version__,
        "verdicts": len(result.judgements),
        "summary_differs": result.summary_differs,
        "differences": [
            {
                "device": difference.device,
                "control": difference.control,
                "recorded": difference.recorded and difference.recorded.verdict,
                "replayed": difference.replayed and difference.replayed.verdict,
                "text": str(difference),
            }
            for difference in result.differences
        ],
    }


def _write(path: Path, text: str) -> None:
    try:
        write_whole(path, text)
    except OSError as error:
        raise AuditError(f"{path}: cannot be written: {error.strerror}") from error

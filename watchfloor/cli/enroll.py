"""`watchfloor enroll`: puts hosts' SSH keys on record, after they were seen at their consoles."""

import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from deploy.access import SSH_PORT
from deploy.known_hosts import (
    Judgement,
    Verdict,
    fingerprints,
    judge,
    read_fingerprints,
    save_host_keys,
    scan,
)
from deploy.targets import chosen
from deploy.ways import WAYS
from inventory.endpoints import EndpointMap
from inventory.host_keys import HostKey, alias, read_host_keys
from inventory.model import Device
from inventory.settings import Settings
from watchfloor.cli.center import Site, center_option
from watchfloor.cli.exits import Exit
from watchfloor.cli.output import console, json_option, print_json, print_table

_SAID = {
    Verdict.KNOWN: "on record already",
    Verdict.NEW: "recorded",
    Verdict.CHANGED: (
        "REFUSED: another key is on record; if the host was reinstalled, compare at its console and"
        " give --replace"
    ),
    Verdict.MISMATCH: "REFUSED: no key has a given fingerprint; somebody may be in between",
    Verdict.SILENT: "no answer on its SSH port",
}
_UNCHECKED = "not recorded: compare with its console, then give --fingerprint or --from-file"


@click.command()
@click.argument("devices", nargs=-1)
@center_option
@click.option("--all", "everyone", is_flag=True, help="Every host that can be deployed.")
@click.option(
    "--fingerprint",
    "typed",
    multiple=True,
    metavar="SHA256:…",
    help="As the console of the one DEVICE shows it. May be repeated.",
)
@click.option(
    "--from-file",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file of lines `DEVICE … SHA256:…`, brought from the consoles.",
)
@click.option(
    "--yes-i-checked-on-the-console",
    "checked",
    is_flag=True,
    help="You have compared every fingerprint that this shows.",
)
@click.option("--replace", is_flag=True, help="A key that is on record may be replaced.")
@click.option(
    "--endpoints",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Where simulated or tunnelled devices answer. [default: $WATCHFLOOR_ENDPOINTS]",
)
@json_option
def enroll(
    *,
    devices: tuple[str, ...],
    site: Site,
    everyone: bool,
    typed: tuple[str, ...],
    file: Path | None,
    checked: bool,
    replace: bool,
    endpoints: Path | None,
    as_json: bool,
) -> Exit:
    """Record the SSH host keys of DEVICES, so that nobody can stand in for them.

    Exits with 1 when a key was refused, not checked, or not shown.
    """
    if bool(devices) == everyone:
        raise click.UsageError("name devices, or give --all")
    wanted = chosen(site.center, devices, [way for way in WAYS.values() if way.ENROLLED])
    if typed and len(wanted) != 1:
        raise click.UsageError("--fingerprint goes with one device; use --from-file for several")
    settings = Settings.from_environment()
    where = EndpointMap.load(endpoints) if endpoints else settings.endpoints()
    known = read_host_keys(settings.known_hosts)
    given = read_fingerprints(file) if file else {}
    given |= {device.name: fingerprints(typed) for device in wanted if typed}
    cases = [
        judge(
            device.name,
            shown,
            known.get(alias(site.center, device), ()),
            given.get(device.name, ()),
            replace=replace,
        )
        for device, shown in _scan_all(wanted, where)
    ]
    accepted = [case for case in cases if _accepts(case, checked, as_json)]
    fresh = {alias(site.center, site.center.devices[c.device]): c.record for c in accepted}
    if fresh:
        save_host_keys(settings.known_hosts, {**known, **fresh})
    _show(cases, accepted, as_json)
    fine = all(case in accepted or case.verdict is Verdict.KNOWN for case in cases)
    return Exit.OK if fine else Exit.FAILED


def _scan_all(
    devices: Iterable[Device], where: EndpointMap
) -> list[tuple[Device, tuple[HostKey, ...]]]:
    wanted = list(devices)
    places = [where.resolve(d.name, "ssh", str(d.address), SSH_PORT) for d in wanted]
    with ThreadPoolExecutor(max_workers=20) as pool:
        return list(zip(wanted, pool.map(lambda place: scan(*place), places), strict=True))


def _accepts(case: Judgement, checked: bool, as_json: bool) -> bool:
    if case.verdict is not Verdict.NEW:
        return False
    if not case.needs_person or checked:
        return True
    if as_json or not sys.stdin.isatty():
        return False
    err = console(err=True)
    err.print(f"{case.device} shows")
    for key in case.shown:
        err.print(f"  {key.fingerprint} ({key.type})", soft_wrap=True)
    return click.confirm("Is that what its console shows?", err=True)


def _show(cases: list[Judgement], accepted: list[Judgement], as_json: bool) -> None:
    if as_json:
        print_json({"format": 1, "devices": [_case(case, case in accepted) for case in cases]})
        return
    rows = [
        (case.device, key.type, key.fingerprint, _result(case, key, case in accepted))
        for case in cases
        for key in case.shown
    ]
    silent = [(c.device, "-", "-", Text(_SAID[c.verdict], "red")) for c in cases if not c.shown]
    print_table(("device", "type", "fingerprint", "result"), [*rows, *silent])


def _result(case: Judgement, key: HostKey, accepted: bool) -> Text:
    if case.verdict is Verdict.NEW and not accepted:
        return Text(_UNCHECKED, style="yellow")
    if case.record and key not in case.record:
        return Text("not needed")
    fine = case.verdict in (Verdict.NEW, Verdict.KNOWN)
    return Text(_SAID[case.verdict], style="" if fine else "red")


def _case(case: Judgement, accepted: bool) -> Mapping[str, Any]:
    return {
        "device": case.device,
        "verdict": case.verdict,
        "recorded": accepted,
        "keys": [{"type": key.type, "fingerprint": key.fingerprint} for key in case.shown],
    }

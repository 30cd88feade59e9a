"""`make bench`: every row of the comparison with peers, measured on `watchfloor monitor` itself."""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench import deploy_rows, ipmi_rows, planning_rows, redfish_rows, round_rows, snmp_rows
from bench.peers import install
from bench.processes import BenchError
from bench.table import Outcome, Unmeasured, all_met, as_json, as_table

Group = Callable[[Path], Iterable[Outcome]]
LONGEST_S = 45 * 60.0
LONGEST_GROUP_S = 5 * 60.0
"""How long everything, and any one group, may take."""


def groups(scale: snmp_rows.Scale) -> dict[str, Group]:
    """What can be measured by itself."""
    return {
        "agreement": lambda folder: [snmp_rows.agreement_row(folder)],
        "v2c": lambda folder: snmp_rows.v2c_rows(folder, scale),
        "v3": lambda folder: [snmp_rows.v3_row(folder, scale)],
        "scrape": lambda folder: [snmp_rows.scrape_row(folder, scale)],
        "ipmi": lambda folder: [ipmi_rows.steady_row(folder, scale.runs, scale.seconds)],
        "fleet": lambda folder: [ipmi_rows.fleet_row(folder)],
        "redfish": lambda folder: [redfish_rows.steady_row(folder, scale.runs, scale.seconds)],
        "silent": lambda folder: [round_rows.silent_row(folder)],
        "memory": lambda folder: [round_rows.memory_row(folder)],
        "files": lambda folder: deploy_rows.one_host_rows(folder, deploy_rows.FILES, scale.runs),
        "files-many": lambda folder: deploy_rows.many_hosts_rows(folder, deploy_rows.FILES),
        "areas": lambda folder: deploy_rows.one_host_rows(folder, deploy_rows.AREAS, scale.runs),
        "areas-many": lambda folder: deploy_rows.many_hosts_rows(folder, deploy_rows.AREAS),
        "planning": planning_rows.planning_rows,
        "hardening": lambda folder: deploy_rows.hardening_rows(folder, scale.runs),
    }


def measure(wanted: dict[str, Group], longest_s: float = LONGEST_S) -> list[Outcome]:
    """Every group in a folder of its own; one that fails is a row that was not measured."""
    found: list[Outcome] = []
    until = time.monotonic() + longest_s
    for name, group in wanted.items():
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="wf-bench-") as folder:
            try:
                with _within(min(LONGEST_GROUP_S, until - time.monotonic())):
                    found += group(Path(folder))
            except BenchError as error:
                found.append(Unmeasured(name, str(error)))
    return found


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Ends with `BenchError` what takes longer."""

    def give_up(*_: object) -> None:
        raise BenchError(f"not done in {seconds:.0f} s")

    signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def end_what_was_started() -> None:
    """What was started leads sessions of its own: ended by a signal, end it, too."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: sys.exit(128 + number))


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; 1 when a row misses its target."""
    scale = snmp_rows.Scale()
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", nargs="+", choices=groups(scale), metavar="GROUP")
    parser.add_argument("--runs", type=int, default=scale.runs)
    parser.add_argument("--devices", type=int, default=scale.devices)
    chosen = parser.parse_args(arguments)
    scale = snmp_rows.Scale(devices=chosen.devices, runs=chosen.runs)
    end_what_was_started()
    try:
        install()
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    every = groups(scale)
    outcomes = measure({name: every[name] for name in chosen.only or every})
    print(as_json(outcomes) if chosen.json else as_table(outcomes))
    return 0 if all_met(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())

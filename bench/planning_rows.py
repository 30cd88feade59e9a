"""The rows about planning: how long a plan for a thousand hosts takes, and how much memory."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

import yaml

from bench.deploy_rows import lab_or_error, load
from bench.processes import BenchError
from bench.table import Outcome, Row
from deploy.desired import reading_script
from inventory.loader import load as load_center
from tests.lab.site import LabSite

HOSTS = 1000
LONGEST_S = 60.0
MOST_MB = 500.0
PATIENCE_S = 280.0


def planning_rows(folder: Path) -> Iterator[Outcome]:
    """`watchfloor plan --out` for a thousand hosts that all answer as one fresh lab host does."""
    with lab_or_error() as lab:
        host = lab.boot("one-of-many")
        site = LabSite.create(folder / "center", [host])
        facts = folder / "facts"
        center = load_center(site.folder)
        script = reading_script(center, (center.devices[host.name],), ())
        facts.write_text(host.run(["sh", "-s"], stdin=script, timeout_s=PATIENCE_S))
        _multiply(site, host.name)
        seconds, octets, cpu_s = _plan(site, facts, folder / "report")
    detail = (
        f"{facts.stat().st_size / 1000:.0f} kB of facts each, every area, {HOSTS // 2} groups of"
        f" two; the plan has {(site.folder / 'plan.json').stat().st_size / 1e6:.0f} MB;"
        f" {cpu_s:.1f} s of CPU time; {load()}"
    )
    title = f"planning for {HOSTS} simulated hosts"
    yield Row(f"{title}", seconds, LONGEST_S, "s", detail=detail)
    yield Row(f"{title}, memory", octets / 1e6, MOST_MB, "MB")


def _multiply(site: LabSite, name: str) -> None:
    """The center's one host becomes a thousand, in pairs, each with the one's host keys."""
    center = site.read()
    one = center["devices"].pop(name)
    names = [f"srv-{number}" for number in range(HOSTS)]
    first = IPv4Address("10.64.0.1")
    for number, each in enumerate(names):
        center["devices"][each] = {**one, "address": str(first + number)}
    center["networks"]["many"] = {"cidr": "10.64.0.0/16"}
    center["groups"] = {
        f"pair-{at}": {"of": names[at : at + 2], "needs": 1} for at in range(0, HOSTS, 2)
    }
    (site.folder / "center.yaml").write_text(yaml.safe_dump(center, sort_keys=False))
    known = site.folder / "state/known_hosts"
    keys = [line.partition(" ")[2] for line in known.read_text().splitlines()]
    center_name = center["center"]["name"]
    known.write_text("".join(f"{n}.{center_name} {key}\n" for n in names for key in keys))


def _plan(site: LabSite, facts: Path, report: Path) -> tuple[float, int, float]:
    """Seconds from the command's start to its end, octets of memory at its largest, CPU time."""
    command = [sys.executable, "-m", "bench.many_hosts", str(facts), str(report)]
    with (site.folder / "output").open("w") as output:
        began = time.monotonic()
        done = subprocess.run(
            [*command, "plan", "--out", "plan.json"],
            cwd=site.folder,
            env={**os.environ, **site.environment, "PYTHONPATH": str(Path(__file__).parents[1])},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        seconds = time.monotonic() - began
    if done.returncode != 2:
        raise BenchError(f"plan ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    octets, cpu_s = report.read_text().split()
    return seconds, int(octets), float(cpu_s)

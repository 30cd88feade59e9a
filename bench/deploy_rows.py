"""The rows about deploying: two plays beside ansible-core, and the full hardening of a host."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.ansible_play import SERIES, AnsiblePlay, installed
from bench.end_state import EndState
from bench.processes import BenchError
from bench.table import Outcome, Row, share, spread
from deploy.plan import Plan
from tests.lab import Lab, LabHost, open_lab
from tests.lab.errors import LabError
from tests.lab.site import LabSite
from tests.wait import NeverHappenedError

COLD = 3.0
"""So many times faster than ansible-core on fresh hosts, at least."""
WARM = 5.0
"""The same where nothing is to be done."""
MANY = 10
HARDEN_COLD_S = 40.0
HARDEN_WARM_S = 5.0
PATIENCE_S = 600.0


@dataclass(frozen=True, slots=True)
class Play:
    """What both sides bring about; the play of that name is in `bench/ansible`."""

    name: str
    title: str
    areas: tuple[str, ...]
    files: int = 0
    """How many files the areas have to write on a fresh host, where that is what the row says."""
    packages: tuple[str, ...] = ()
    """What the areas install. The hosts of the rows with a target have it before the clock starts:
    apt's own seconds are the same for both sides, and say nothing of either."""

    @property
    def options(self) -> list[str]:
        return [word for area in self.areas for word in ("--area", area)]


FILES = Play(
    "files",
    "20 files and templates",
    (
        "banner",
        "core_dumps",
        "journal",
        "lockout",
        "modules",
        "passwords",
        "shell",
        "sudo",
        "usb_storage",
    ),
    files=20,
)
"""These areas write twenty files; two modes, a restart and three commands go with them."""
AREAS = Play(
    "areas",
    "SSH, sysctl, accounts and PAM",
    ("ssh", "sysctl", "accounts", "pam"),
    packages=("libpam-pwquality", "cracklib-runtime"),
)


@dataclass(slots=True)
class Times:
    """Seconds of each run, one side and one state each."""

    ours_cold: list[float] = field(default_factory=list)
    ours_warm: list[float] = field(default_factory=list)
    theirs_cold: list[float] = field(default_factory=list)
    theirs_warm: list[float] = field(default_factory=list)


def one_host_rows(folder: Path, play: Play, rounds: int) -> Iterator[Outcome]:
    """Fresh hosts for each round, one for each side."""
    with lab_or_error() as lab:
        measured = Times()
        for number in range(rounds):
            _round(lab, folder / f"1-{number}", play, 1, measured)
        yield from _rows(play, 1, measured)
        if play.packages:
            bare = Times()
            _round(lab, folder / "1-bare", replace(play, packages=()), 1, bare)
            yield _installing_row(play, bare)


def many_hosts_rows(folder: Path, play: Play) -> Iterator[Outcome]:
    """Ten fresh hosts for each side, once."""
    with lab_or_error() as lab:
        measured = Times()
        _round(lab, folder / f"{MANY}-0", play, MANY, measured)
        yield from _rows(play, MANY, measured)


def _round(lab: Lab, folder: Path, play: Play, count: int, times: Times) -> None:
    """Fresh hosts for each side, cold and then warm; both have to end in one state.

    One side after the other: a kernel with its usual limits boots no twenty of them at a time.
    """
    installed()
    site, ours = _fresh(lab, folder / "ours", f"w{folder.name}", play, count)
    kept = ours[:1]
    try:
        wanted = _wanted(site, play, count)
        times.ours_cold.append(apply_s(site, play.options, fresh=True))
        times.ours_warm.append(apply_s(site, play.options, fresh=False))
    finally:
        _remove(lab, ours[1:])
    theirs: Sequence[LabHost] = ()
    try:
        _, theirs = _fresh(lab, folder / "theirs", f"a{folder.name}", play, count)
        values = wanted.values(folder / "sources", wanted.missing_folders(theirs[0]))
        peer = AnsiblePlay.write(folder / "ansible", play.name, theirs, values)
        times.theirs_cold.append(peer.run().seconds)
        wanted.compare(kept[0], theirs[0])
        again = peer.run()
        if again.changed:
            raise BenchError(f"the play {play.name} changed {again.changed} things again")
        times.theirs_warm.append(again.seconds)
    finally:
        _remove(lab, (*kept, *theirs))


def _fresh(
    lab: Lab, folder: Path, name: str, play: Play, count: int
) -> tuple[LabSite, Sequence[LabHost]]:
    """A center of so many hosts as they come, but for what is not timed."""
    hosts = lab.boot_all([f"{name}-{n}" for n in range(count)])
    _install(hosts, play.packages)
    return LabSite.create(folder, hosts), hosts


def _remove(lab: Lab, hosts: Sequence[LabHost]) -> None:
    for host in hosts:
        lab.remove(host)


def _install(hosts: Sequence[LabHost], packages: Sequence[str]) -> None:
    if packages:
        apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-y", "install"]
        for host in hosts:
            host.run([*apt, "--no-install-recommends", *packages], timeout_s=PATIENCE_S)


def _wanted(site: LabSite, play: Play, count: int) -> EndState:
    """What a fresh host's plan has of these areas."""
    done = site.watchfloor("plan", *play.options, "--json", timeout_s=PATIENCE_S)
    if done.exit_code != 2:
        raise BenchError(f"no plan for {count} fresh hosts: {done.stderr.strip()[-300:]}")
    wanted = EndState.planned(Plan.model_validate_json(done.stdout).hosts[-1])
    if play.files and len(wanted.files) != play.files:
        raise BenchError(f"{len(wanted.files)} files are to be written, not {play.files}")
    return wanted


def apply_s(site: LabSite, options: Sequence[str], *, fresh: bool) -> float:
    """Seconds of `watchfloor apply`, from its start to its end, as a user waits for it."""
    began = time.monotonic()
    done = site.watchfloor("apply", *options, "--yes", "--reason", "bench", timeout_s=PATIENCE_S)
    seconds = time.monotonic() - began
    if done.exit_code:
        raise BenchError(f"apply ended with {done.exit_code}: {done.stderr.strip()[-400:]}")
    if not fresh and "as the inventory wants them" not in done.stderr:
        raise BenchError("a second apply changed something")
    return seconds


def _rows(play: Play, count: int, times: Times) -> Iterator[Row]:
    hosts = "one host" if count == 1 else f"{count} hosts"
    sides = (
        ("cold", COLD, times.ours_cold, times.theirs_cold),
        ("warm", WARM, times.ours_warm, times.theirs_warm),
    )
    for state, target, ours, theirs in sides:
        yield Row(
            f"{play.title} on {hosts}, {state}",
            share(theirs, ours),
            target,
            "x as fast",
            at_most=False,
            detail=f"{spread(ours)} s against {spread(theirs)} s of ansible-core {SERIES}"
            f" with pipelining; {load()}",
        )


def _installing_row(play: Play, times: Times) -> Row:
    return Row(
        f"the same, cold, with {' and '.join(play.packages)} to be installed",
        share(times.theirs_cold, times.ours_cold),
        None,
        "x as fast",
        detail=f"{spread(times.ours_cold)} s against {spread(times.theirs_cold)} s; most of both"
        f" is apt's; {load()}",
    )


def hardening_rows(folder: Path, rounds: int) -> Iterator[Outcome]:
    """All areas of a fresh host, and once more when nothing is to be done."""
    cold: list[float] = []
    warm: list[float] = []
    installs = 0
    with lab_or_error() as lab:
        for number in range(rounds):
            host = lab.boot(f"full-{number}")
            site = LabSite.create(folder / host.name, [host])
            before = _packages(host)
            cold.append(apply_s(site, (), fresh=True))
            installs = _packages(host) - before
            warm.append(apply_s(site, (), fresh=False))
            lab.remove(host)
    brings = f"{installs} packages are installed in it; {load()}"
    title = "full hardening of one host"
    yield Row(
        f"{title}, cold", _median(cold), HARDEN_COLD_S, "s", detail=f"{spread(cold)} s; {brings}"
    )
    yield Row(
        f"{title}, warm", _median(warm), HARDEN_WARM_S, "s", detail=f"{spread(warm)} s; {load()}"
    )


@contextmanager
def lab_or_error() -> Iterator[Lab]:
    """A lab; what it cannot do is the row's reason."""
    try:
        with open_lab() as lab:
            yield lab
    except (LabError, NeverHappenedError) as error:
        raise BenchError(str(error)) from error


def _median(seconds: Sequence[float]) -> float:
    return sorted(seconds)[len(seconds) // 2]


def _packages(host: LabHost) -> int:
    return len(host.run(["dpkg-query", "-W", "-f", "${Package}\\n"]).splitlines())


def load() -> str:
    """What else the machine had to do."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"

"""A controller that is killed leaves each change made or not made, and the run can be gone on with.

The points at which it dies are drawn from a seed that is printed: WATCHFLOOR_SEED repeats a run.
"""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest

from tests.lab import Lab, LabHost
from tests.lab.site import LabSite
from tests.wait import until

pytestmark = [pytest.mark.lab, pytest.mark.slow]

POINTS = 10
AREAS = ("--area", "banner", "--area", "core_dumps")
SHOWN = "wave"
"""In what is printed once the plan is drawn, and before anything is changed."""

Files = Mapping[str, tuple[str | None, str]]
"""Path -> what is there before a run, and after it."""


@pytest.fixture(scope="module")
def pair(lab: Lab) -> Iterator[tuple[LabHost, LabHost]]:
    alpha, beta = lab.boot_all(dict.fromkeys(("killed-a", "killed-b"), "bookworm"))
    yield alpha, beta
    lab.remove(alpha)
    lab.remove(beta)


@pytest.fixture(scope="module")
def site(pair: tuple[LabHost, LabHost], tmp_path_factory: pytest.TempPathFactory) -> LabSite:
    site = LabSite.create(tmp_path_factory.mktemp("site"), pair)
    assert site.watchfloor("apply", "--yes", *AREAS).exit_code == 0
    return site


def test_whenever_the_controller_dies_each_change_is_made_or_not(
    site: LabSite, pair: tuple[LabHost, LabHost]
) -> None:
    seed = os.environ.get("WATCHFLOOR_SEED") or str(random.SystemRandom().randrange(10**6))
    sys.stdout.write(f"WATCHFLOOR_SEED={seed}\n")
    drawn = random.Random(seed)
    lasts_s = _duration(site, pair)
    seen: set[bool] = set()
    expected: Mapping[str, Files] = {}
    for number in range(POINTS):
        expected = _drifted(site, pair, f"{seed}-{number}")
        killed = _killed_after(site, drawn.uniform(0, lasts_s))
        for host in pair:
            until(partial(_is_unlocked, host), 60, "the worker to leave the host")
            found = _contents(host, expected[host.name])
            for path, content in found.items():
                old, new = expected[host.name][path]
                assert content in (old, new), f"{seed}: {host.name}: {path}: {content!r}"
                seen.add(content == new)
        _go_on(site, killed)
        assert site.watchfloor("drift", *AREAS).exit_code == 0
    # The points were not all before or all behind the changes.
    assert seen == {True, False}, seed
    _taken_back(site, pair, expected)


def _duration(site: LabSite, pair: tuple[LabHost, LabHost]) -> float:
    """Seconds from the plan to the end, when nobody dies."""
    _drifted(site, pair, "first")
    child = site.start("apply", "--yes", *AREAS)
    child.wait_for_output(SHOWN, 60)
    began = time.monotonic()
    assert child.process.wait(120) == 0, child.output
    return time.monotonic() - began


def _drifted(site: LabSite, pair: tuple[LabHost, LabHost], mark: str) -> dict[str, Files]:
    """Breaks every file of the areas by hand; what an apply makes of them, by host."""
    known = _RUNS.setdefault(site.folder, _paths(pair[0]))
    for host in pair:
        for path in known:
            host.run(["sh", "-c", f"echo '# {mark}' >>{path}"])
    plan = json.loads(site.watchfloor("plan", "--json", *AREAS).stdout)
    found: dict[str, Files] = {
        host["name"]: {
            change["path"]: (change["before"], change["content"])
            for area in host["areas"]
            for change in area["changes"]
            if change["kind"] == "file"
        }
        for host in plan["hosts"]
    }
    assert all(set(files) == set(known) for files in found.values()), found
    return found


_RUNS: dict[Path, tuple[str, ...]] = {}


def _paths(host: LabHost) -> tuple[str, ...]:
    """The files that the first apply wrote."""
    script = (
        "cat /var/lib/watchfloor/replaced/*/*/[0-9]*/undo | sed -n 's/^target=\\([^;]*\\).*/\\1/p'"
    )
    return tuple(sorted(set(host.run(["sh", "-c", script]).split())))


def _killed_after(site: LabSite, delay_s: float) -> str:
    """The run that was killed; empty when it came to its end, or had not begun."""
    before = set(_records(site))
    child = site.start("apply", "--yes", *AREAS)
    child.wait_for_output(SHOWN, 60)
    time.sleep(delay_s)
    child.signal_group(signal.SIGKILL)
    child.process.wait(10)
    new = set(_records(site)) - before
    states = {run: json.loads(_records(site)[run].read_text())["state"] for run in new}
    return next((run for run, state in states.items() if state != "done"), "")


def _records(site: LabSite) -> dict[str, Path]:
    return {path.stem: path for path in (site.folder / "state/runs").glob("*.json")}


def _go_on(site: LabSite, killed: str) -> None:
    words = ("--resume", killed) if killed else AREAS
    done = site.watchfloor("apply", "--yes", *words)
    assert done.exit_code == 0, done.stderr + done.stdout


def _contents(host: LabHost, files: Files) -> dict[str, str | None]:
    found = {}
    for path in files:
        shown = host.attempt(["cat", path])
        found[path] = shown.stdout if shown.exit_code == 0 else None
    return found


def _is_unlocked(host: LabHost) -> bool:
    return host.attempt(["flock", "-n", "/run/watchfloor/lock", "true"]).exit_code == 0


def _taken_back(
    site: LabSite, pair: tuple[LabHost, LabHost], expected: Mapping[str, Files]
) -> None:
    """The last drift is back when the runs that repaired it are undone, the later one first."""
    listed = json.loads(site.watchfloor("runs", "--json").stdout)["runs"]
    last = listed[0]
    runs = [last["run"], last["resumes"]] if last["resumes"] else [last["run"]]
    for run in runs:
        done = site.watchfloor("undo", run, "--yes")
        nothing = "nothing left of it to undo" in done.stderr
        assert done.exit_code == 0 or nothing, done.stderr + done.stdout
    for host in pair:
        for path, content in _contents(host, expected[host.name]).items():
            assert content == expected[host.name][path][0], path

"""How much of what another tool finds in recorded devices is found here, and read alike.

    python -m bench.score [FAMILY ...] [--recordings DIR] [--json] [-v]

Every recording is polled through the real engine, as `watchfloor profile try` does, and compared by
OID and class with the sensors that the JSON beside it expects.
"""

import argparse
import asyncio
import json
import math
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

import yaml

from bench.expectations import Expected, load_expectations
from monitors.profiles.library import shipped
from monitors.reading import Reading, SensorClass, State
from watchfloor.cli.profile import poll_recording
from watchfloor.simulate.recording import Recording

RECORDINGS = Path(__file__).parents[2] / "shared" / "recordings"
DIFFERENCES = Path(__file__).with_name("differences.yaml")
AT_ONCE = 8
CONTROL_ROOM = frozenset(
    {
        *("ups", "apc", "pdu", "ats", "env", "cisco", "switch", "firewall", "bmc", "server"),
        *("storage", "kvm", "timing", "generator"),
    }
)
"""The families of a control room's own racks, in which more is asked."""
ROOM_RECALL, OTHER_RECALL, VALUES, SEVERITIES = 0.95, 0.80, 0.99, 0.97
TOLERANCE = 0.01
"""Values may differ by rounding: other tools round what they store."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Where we differ on purpose."""

    oid: str
    """A prefix of the object's OID; `*` stands for any part of it."""
    about: str
    """`recall`, `value` or `severity`."""
    reason: str
    only: str = ""
    """The class of the sensors that are meant; all of them without it."""


@dataclass(slots=True)
class Score:
    """Counts of one recording, family or of all."""

    expected: int = 0
    found: int = 0
    values: int = 0
    values_alike: int = 0
    severities: int = 0
    severities_alike: int = 0
    absent: int = 0
    """Expected, but the recording does not hold the object."""
    foreign: int = 0
    left_out: int = 0
    """Not read on purpose: the deliberate ones among what was expected."""
    deliberate: int = 0
    beyond: int = 0
    """Found by us alone."""

    def add(self, other: "Score") -> None:
        """Counts the other's, too."""
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class Report:
    """One recording's score and what is to say about it."""

    family: str
    name: str
    score: Score = field(default_factory=Score)
    notes: list[str] = field(default_factory=list)


def load_differences(path: Path = DIFFERENCES) -> tuple[Difference, ...]:
    """The deliberate differences, each with its reason."""
    return tuple(Difference(**row) for row in yaml.safe_load(path.read_text()) or ())


async def score_recording(path: Path, differences: Sequence[Difference]) -> Report:
    """Polls one recording and compares it with the JSON beside it."""
    report = Report(path.parent.name, path.stem)
    expectations = load_expectations(path.with_suffix(".json"))
    recording = Recording.load(path)
    present = {".".join(map(str, row.name)) for row in recording}
    poll, profiles = await poll_recording(recording, path.stem, shipped())
    found: defaultdict[tuple[str, SensorClass], list[Reading]] = defaultdict(list)
    for reading in poll.readings:
        found[reading.oid, reading.sensor_class].append(reading)
    report.score.foreign = expectations.foreign
    if poll.problem is not None:
        report.notes.append(f"problem: {poll.problem.message}")
    report.notes.append(f"profiles: {', '.join(profiles)}")
    wanted = {(row.oid, row.sensor_class) for row in expectations.sensors}
    for row in expectations.sensors:
        if row.oid not in present:
            report.score.absent += 1
            continue
        _compare(row, found.get((row.oid, row.sensor_class), ()), report, differences)
    alone = [
        reading for key, readings in found.items() if key not in wanted for reading in readings
    ]
    report.score.beyond = sum(reading.state is not State.ABSENT for reading in alone)
    report.notes += [f"+ {_reading(reading)}" for reading in alone]
    return report


def _compare(
    row: Expected, found: Sequence[Reading], report: Report, differences: Sequence[Difference]
) -> None:
    score, notes = report.score, report.notes
    if not found:
        if _deliberate(row, "recall", differences):
            score.deliberate += 1
            score.left_out += 1
            return
        score.expected += 1
        notes.append(f"- {_row(row)}")
        return
    score.expected += 1
    score.found += 1
    if row.sensor_class is SensorClass.STATE:
        if row.state is None or _deliberate(row, "severity", differences):
            score.deliberate += row.state is not None
            return
        score.severities += 1
        alike = any(_is_alike(reading.state, row.state) for reading in found)
        score.severities_alike += alike
    else:
        if row.value is None or _deliberate(row, "value", differences):
            score.deliberate += row.value is not None
            return
        score.values += 1
        alike = any(_same(reading.value, row.value) for reading in found)
        score.values_alike += alike
    if not alike:
        notes.append(f"! {_row(row)}, not {_reading(found[0])}")


def _is_alike(ours: State, theirs: State) -> bool:
    """Other tools call an empty place ok or unknown; both mean that nobody need go there."""
    return ours is theirs or (ours is State.ABSENT and theirs in (State.OK, State.UNKNOWN))


def _same(ours: float, theirs: float) -> bool:
    return math.isclose(ours, theirs, rel_tol=TOLERANCE, abs_tol=1e-9)


def _deliberate(row: Expected, about: str, differences: Iterable[Difference]) -> bool:
    return any(
        one.about == about
        and one.only in ("", row.sensor_class)
        and fnmatchcase(f"{row.oid}.", f"{one.oid}.*")
        for one in differences
    )


def _row(row: Expected) -> str:
    said = row.state.value if row.state is not None else f"{row.value}"
    return f"{row.sensor_class} {row.oid} {row.name!r}: {said}"


def _reading(reading: Reading) -> str:
    said = f"{reading.text} ({reading.state})" if reading.text else f"{reading.value:g}"
    return f"{reading.sensor_class} {reading.oid} {reading.name!r}: {said} [{reading.profile}]"


async def score_all(paths: Iterable[Path], differences: Sequence[Difference]) -> list[Report]:
    """Every recording, several at a time, in order."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def score(path: Path) -> Report:
        async with turn:
            return await score_recording(path, differences)

    return await asyncio.gather(*map(score, paths))


def with_expectations(folder: Path, families: Sequence[str]) -> list[Path]:
    """The recordings of these families (all, if none is named) that expect anything."""
    paths = sorted(folder.glob("*/*.snmprec"))
    return [
        path
        for path in paths
        if (not families or path.parent.name in families or path.stem in families)
        and path.with_suffix(".json").exists()
        and load_expectations(path.with_suffix(".json")).sensors
    ]


def by_family(reports: Iterable[Report]) -> dict[str, Score]:
    """The sums per family, and of all as `all`."""
    sums: defaultdict[str, Score] = defaultdict(Score)
    total = Score()
    for report in reports:
        sums[report.family].add(report.score)
        total.add(report.score)
    return {**sums, "all": total}


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _shares(score: Score) -> dict[str, float | int | None]:
    return {
        "expected": score.expected,
        "recall": _share(score.found, score.expected),
        "of all": _share(score.found, score.expected + score.left_out),
        "values": _share(score.values_alike, score.values),
        "severities": _share(score.severities_alike, score.severities),
        "deliberate": score.deliberate,
        "absent": score.absent,
        "foreign": score.foreign,
        "beyond": score.beyond,
    }


def missed(rows: Mapping[str, Score]) -> list[str]:
    """One line for each target that a family does not meet."""
    lines = []
    for family, score in rows.items():
        shares = _shares(score)
        recall = ROOM_RECALL if family in CONTROL_ROOM else OTHER_RECALL
        for name, target in (("recall", recall), ("values", VALUES), ("severities", SEVERITIES)):
            share = shares[name]
            if share is not None and share < target:
                lines.append(f"{family}: {name} {share:.3f} is below {target}")
    return lines


def _cell(value: float | int | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _print_table(rows: dict[str, Score]) -> None:
    columns = tuple(_shares(Score()))
    print("".join([f"{'':26}", *(f"{column:>12}" for column in columns)]))
    for name, score in rows.items():
        print("".join([f"{name:26}", *(f"{_cell(v):>12}" for v in _shares(score).values())]))


def main() -> int:
    """Prints the table; 1 where a target is missed, or there is nothing to score."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("families", nargs="*", help="families or recordings; all by default")
    parser.add_argument("--recordings", type=Path, default=RECORDINGS)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("-v", "--verbose", action="store_true", help="print what does not match")
    options = parser.parse_args()
    paths = with_expectations(options.recordings, options.families)
    if not paths:
        print(f"score: no recordings with expectations in {options.recordings}", file=sys.stderr)
        return 1
    reports = asyncio.run(score_all(paths, load_differences()))
    sums = by_family(reports)
    if options.json:
        families = {name: _shares(score) for name, score in sums.items()}
        each = {f"{r.family}/{r.name}": {**_shares(r.score), "notes": r.notes} for r in reports}
        print(json.dumps({"families": families, "recordings": each, "missed": missed(sums)}))
        return int(bool(missed(sums)))
    if options.verbose:
        for report in reports:
            print(f"\n{report.family}/{report.name}", *report.notes, sep="\n  ")
        _print_table({f"{r.family}/{r.name}"[:26]: r.score for r in reports})
    _print_table(sums)
    print(*missed(sums), sep="\n", end="\n" if missed(sums) else "")
    return int(bool(missed(sums)))


if __name__ == "__main__":
    sys.exit(main())

"""What a row of the bench is: a measured figure beside its target, and the table of all of them."""

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One measured row."""

    measure: str
    measured: float
    target: float | None
    """None where a figure is reported and nothing is asked of it."""
    unit: str
    """What the figures are: `of snmp_exporter`, `x`, `ms`, `MB`, …"""
    at_most: bool = True
    """Whether the target is an upper bound."""
    detail: str = ""
    """The figures behind a ratio."""

    @property
    def met(self) -> bool:
        """Whether the target is met; where there is none, it is."""
        if self.target is None:
            return True
        if self.at_most:
            return self.measured <= self.target
        return self.measured >= self.target

    @property
    def figures(self) -> tuple[str, str, str, str]:
        """The row as text: measure, measured, target, verdict."""
        measured = f"{number(self.measured)} {self.unit}"
        if self.target is None:
            return self.measure, measured, "-", "reported"
        bound = "<=" if self.at_most else ">="
        return self.measure, measured, f"{bound} {number(self.target)}", "met" if self.met else "NO"


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """A row that could not be measured, and why."""

    measure: str
    why: str


Outcome = Row | Unmeasured


def number(value: float) -> str:
    """Three significant digits are as exact as a busy machine allows."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def share(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The ratio of the medians."""
    other = statistics.median(theirs)
    return statistics.median(ours) / other if other else float("inf")


def spread(figures: Sequence[float]) -> str:
    """The median with the smallest and largest figure, for people."""
    ordered = sorted(figures)
    middle = statistics.median(ordered)
    return f"{number(middle)} ({number(ordered[0])} to {number(ordered[-1])})"


def as_table(outcomes: Iterable[Outcome]) -> str:
    """The table as text in columns; what is behind a row stands below it."""
    lines = [("measure", "measured", "target", "met?")]
    notes: list[str] = []
    for outcome in outcomes:
        if isinstance(outcome, Unmeasured):
            lines.append((outcome.measure, "-", "-", "NO"))
            notes.append(f"{outcome.measure}: not measured: {outcome.why}")
        else:
            lines.append(outcome.figures)
            if outcome.detail:
                notes.append(f"{outcome.measure}: {outcome.detail}")
    widths = [max(len(line[at]) for line in lines) for at in range(4)]
    rows = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    return "\n".join([*rows, "", *notes])


def as_json(outcomes: Iterable[Outcome]) -> str:
    """The same for programs."""
    found = []
    for outcome in outcomes:
        met = isinstance(outcome, Row) and outcome.met
        found.append({**asdict(outcome), "met": met})
    return json.dumps(found, indent=2)


def all_met(outcomes: Iterable[Outcome]) -> bool:
    """Whether every row was measured and met."""
    return all(isinstance(outcome, Row) and outcome.met for outcome in outcomes)

"""Dated exceptions: when one bears on a verdict, and which ones bear on nothing."""

from collections.abc import Iterable, Sequence
from datetime import date

from inventory.model import Waiver
from monitors.baseline.verdict import Judgement, Outcome, Verdict

_WAIVABLE = (Verdict.FAIL, Verdict.NOT_PROVEN)


def find(waivers: Iterable[Waiver], device: str, control: str, on: date) -> Waiver | None:
    """The waiver for this control on this device: one that is valid on that day before any other.

    Days are UTC, and the last day counts.
    """
    fitting = [w for w in waivers if w.control == control and device in w.devices]
    valid = [waiver for waiver in fitting if waiver.created <= on <= waiver.expires]
    return next(iter([*valid, *fitting]), None)


def weigh(outcome: Outcome, waiver: Waiver | None, on: date) -> tuple[Verdict, str, str]:
    """The verdict, the finding and the waiver's name when a waiver may bear on the outcome.

    What could not be read stays ERROR, and what passes stays PASS: a waiver hides neither.
    """
    if waiver is None:
        return outcome.verdict, outcome.finding, ""
    if outcome.verdict not in _WAIVABLE:
        return outcome.verdict, outcome.finding, waiver.name
    if on < waiver.created:
        note = f"waiver {waiver.name} begins on {waiver.created}"
        return outcome.verdict, f"{outcome.finding} ({note})", waiver.name
    if on > waiver.expires:
        note = f"waiver {waiver.name} expired on {waiver.expires}"
        return Verdict.FAIL, f"{outcome.finding} ({note})", waiver.name
    note = f"waived until {waiver.expires}: {waiver.reason}"
    return Verdict.WAIVED, f"{outcome.finding} ({note})", waiver.name


def idle(waivers: Iterable[Waiver], judgements: Sequence[Judgement]) -> list[str]:
    """A warning for each waiver that changed nothing among the devices that were judged."""
    used = {judgement.waiver for judgement in judgements if judgement.waiver}
    needed = {
        judgement.waiver
        for judgement in judgements
        if judgement.waiver and judgement.real is not Verdict.PASS
    }
    warnings = []
    for waiver in waivers:
        if waiver.name not in used:
            warnings.append(f"waiver {waiver.name} matches nothing that was judged; delete it?")
        elif waiver.name not in needed:
            warnings.append(f"waiver {waiver.name} is not needed: {waiver.control} passes")
    return warnings

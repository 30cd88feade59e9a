"""When two findings about parts of one device are one fault: a whole and its part, a part that is
read twice, a probe and what it measures. Pure."""

import re

from monitors.alerts.findings import Finding
from monitors.reading import SensorClass
from monitors.sensors import kind_of

PROBES = frozenset({"probe", "sensor"})
"""Kinds of components that only measure: what is wrong with them is what they measure."""
INTAKES = frozenset({"air_inlet", "inlet", "intake"})
NESTED = (
    ("device", "pdu", "ups", "input", "output", "phase", "bank", "circuit", "outlet"),
    ("time", "ntp", "reference"),
)
"""What a load runs through, and where time comes from: from the whole to the part."""
SUMMARY = re.compile(r"(common|general|global|overall|summary|collective)\b", re.IGNORECASE)
"""How the names of signals begin that only say that some other one is there."""


def tells_of(other: Finding, finding: Finding) -> bool:
    """Whether `other` already says what is wrong with the part that `finding` is about.

    Both are findings of one device. Never true both ways.
    """
    if not finding.key.component or not other.key.component or _sums_up(other):
        return False
    if _sums_up(finding):
        return _may_have_taken(other, finding)
    return (
        _measures_it(other, finding)
        or _heats_it(other, finding)
        or _is_within(other, finding)
        or _is_the_same_part(other, finding)
    )


def _sums_up(finding: Finding) -> bool:
    """Whether it is about several parts at once: redundancy of supplies, a common alarm."""
    kind = kind_of(finding.key.component)
    return kind.endswith("redundancy") or bool(SUMMARY.match(finding.name))


def _may_have_taken(other: Finding, finding: Finding) -> bool:
    """Redundancy is taken by a part of the kind that its name begins with, if it says which."""
    kind = kind_of(finding.key.component)
    kind = kind.removesuffix("redundancy").rstrip("_") if kind.endswith("redundancy") else ""
    return not kind or kind_of(other.key.component) == kind


def _measures_it(other: Finding, finding: Finding) -> bool:
    """Whether all that is wrong with a part is the very reading that the other one is about.

    What a probe says of itself is about what it measures, for which it often has one alarm alone;
    what a hot disk says is not.
    """
    same = other.key.component == finding.key.component and other.key.alert != finding.key.alert
    if kind_of(finding.key.component) in PROBES:
        return same and len(other.classes) == 1 and other.classes <= finding.classes
    return same and len(other.classes) == 1 and other.classes == finding.classes


def _heats_it(other: Finding, finding: Finding) -> bool:
    """Whether it is about the air that the device takes in, which makes all of it hot."""
    return (
        other.key.alert == finding.key.alert
        and kind_of(other.key.component) in INTAKES
        and kind_of(finding.key.component) not in INTAKES
        and other.classes == finding.classes == {SensorClass.TEMPERATURE}
    )


def _is_within(other: Finding, finding: Finding) -> bool:
    """Whether the same is said of a part of it: of a phase, and therefore of the whole strip."""
    if other.key.alert != finding.key.alert or not finding.why == other.why != "":
        return False
    whole, part = kind_of(finding.key.component), kind_of(other.key.component)
    return any(
        whole in chain and part in chain and chain.index(whole) < chain.index(part)
        for chain in NESTED
    )


def _is_the_same_part(other: Finding, finding: Finding) -> bool:
    """Whether two tables tell of one part: `fan:1025` in one MIB, `fan_tray:1025` in another."""
    kind, _, index = other.key.component.partition(":")
    wider, _, its_index = finding.key.component.partition(":")
    if other.key.alert != finding.key.alert or not wider.startswith(f"{kind}_"):
        return False
    return index == its_index or _begins_with(finding.name, other.name)


def _begins_with(one: str, another: str) -> bool:
    """Whether one name is the other with something added to it."""
    shorter, longer = sorted((one, another), key=len)
    return bool(shorter) and bool(re.match(rf"{re.escape(shorter)}(?![A-Za-z0-9])", longer))

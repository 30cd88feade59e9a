"""Which findings another finding already explains: one cause is one alert. Pure."""

from collections.abc import Iterable, Mapping
from functools import partial

from inventory.elements import owner_of
from monitors.alerts.definition import Definition
from monitors.alerts.findings import Finding, Key
from monitors.alerts.kinship import tells_of


def parents(definitions: Mapping[str, Definition], findings: Iterable[Finding]) -> dict[Key, Key]:
    """Suppressed finding -> the finding that speaks for it.

    A finding yields only to one that exists, that is at least as urgent, and that does not yield
    to it in turn. So nothing is suppressed by a mere assumption, and no P1 hides behind a P3: a
    function at risk yields to the failure that endangers it, which is then as urgent as that.
    """
    findings = list(findings)
    by_owner: dict[str, list[Finding]] = {}
    by_device: dict[str, list[Finding]] = {}
    for finding in findings:
        by_device.setdefault(finding.key.device, []).append(finding)
        owner = owner_of(finding.element) if finding.element else finding.key.device
        if owner:
            by_owner.setdefault(owner, []).append(finding)
    direct = {
        finding.key: parent
        for finding in findings
        if (parent := _parent(definitions, finding, by_owner, by_device)) is not None
    }
    return {child: root for child in direct if (root := _root(child, direct)) is not None}


def _parent(
    definitions: Mapping[str, Definition],
    finding: Finding,
    by_owner: Mapping[str, list[Finding]],
    by_device: Mapping[str, list[Finding]],
) -> Key | None:
    if not definitions[finding.key.alert].yields:
        return None
    rank = partial(_rank, definitions)
    kin = [
        other
        for other in by_device[finding.key.device]
        if finding.key.device and tells_of(other, finding) and rank(other) <= rank(finding)
    ]
    if kin:
        return min(kin, key=lambda other: (rank(other), other.key)).key
    for cause in finding.causes or (finding.element,):
        candidates = [
            other
            for other in by_owner.get(owner_of(cause), ())
            if other.key != finding.key
            and _speaks_for(other, finding, cause)
            and (rank(other) <= rank(finding) or _endangers(other, finding, cause))
        ]
        if candidates:
            return min(candidates, key=rank).key
    return None


def _endangers(other: Finding, finding: Finding, cause: str) -> bool:
    """Whether a function or group is short of the very element that the other one is about."""
    is_margin = not finding.key.device and bool(finding.causes)
    return is_margin and other.element == cause


def _speaks_for(other: Finding, finding: Finding, cause: str) -> bool:
    """Whether it is about the cause itself, and not about some fan of the same device.

    A finding without a cause above it yields to a more urgent one about the very same element: a
    PDU that is down is silent as well.
    """
    if not other.element:
        return False
    if not finding.causes:
        return other.element == finding.element and other.key.alert != finding.key.alert
    return owner_of(other.element) == owner_of(cause)


def _rank(definitions: Mapping[str, Definition], finding: Finding) -> str:
    return definitions[finding.key.alert].priority


def _root(child: Key, direct: Mapping[Key, Key]) -> Key | None:
    """The end of the chain of parents; None where the chain runs in a circle."""
    seen = {child}
    here = direct[child]
    while here in direct:
        if here in seen:
            return None
        seen.add(here)
        here = direct[here]
    return None if here == child else here

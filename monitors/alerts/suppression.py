"""Which findings another finding already explains: one cause is one alert. Pure."""

from collections.abc import Iterable, Mapping

from inventory.elements import owner_of
from monitors.alerts.definition import Definition
from monitors.alerts.findings import Finding, Key
from monitors.sensors import kind_of


def parents(definitions: Mapping[str, Definition], findings: Iterable[Finding]) -> dict[Key, Key]:
    """Suppressed finding -> the finding that speaks for it.

    A finding yields only to one that exists, that is at least as urgent, and that does not yield
    to it in turn. So nothing is suppressed by a mere assumption, and no P1 hides behind a P3.
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
    if _is_redundancy(finding):
        return _what_took_it(definitions, finding, by_device[finding.key.device])
    for cause in finding.causes or (finding.element,):
        candidates = [
            other
            for other in by_owner.get(owner_of(cause), ())
            if other.key != finding.key
            and _speaks_for(other, finding, cause)
            and _rank(definitions, other) <= _rank(definitions, finding)
        ]
        if candidates:
            return min(candidates, key=lambda other: _rank(definitions, other)).key
    return None


def _is_redundancy(finding: Finding) -> bool:
    """Whether it is about the redundancy of a device's parts: `power_supply_redundancy:1`."""
    return bool(finding.key.device) and kind_of(finding.key.component).endswith("redundancy")


def _what_took_it(
    definitions: Mapping[str, Definition], finding: Finding, others: Iterable[Finding]
) -> Key | None:
    """The failed part behind lost redundancy: of the kind that its name begins with, or any."""
    kind = kind_of(finding.key.component).removesuffix("redundancy").rstrip("_")
    parts = [
        other
        for other in others
        if not _is_redundancy(other)
        and other.key.component
        and (not kind or kind_of(other.key.component) == kind)
        and _rank(definitions, other) <= _rank(definitions, finding)
    ]
    return min((part.key for part in parts), default=None)


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

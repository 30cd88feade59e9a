"""What a check is given to judge: the facts of one side of a device, and what is expected of it."""

from dataclasses import dataclass, replace
from datetime import date

from inventory.baseline import Baseline
from inventory.facts.collect import HostFacts
from monitors.baseline.scope import Scope


@dataclass(frozen=True, slots=True)
class Host:
    """A Linux host."""

    scope: Scope
    facts: HostFacts
    on: date
    """The day of the audit, UTC: what expires is judged by it."""

    @property
    def baseline(self) -> Baseline:
        """The values that the inventory wants on this host."""
        return self.scope.baseline

    def limited_to(self, areas: tuple[str, ...]) -> "Host":
        """The same host with these areas only, so that a check reads what its control declares."""
        sections = {name: text for name, text in self.facts.sections.items() if name in areas}
        return replace(self, facts=HostFacts(sections))

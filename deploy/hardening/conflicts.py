"""What a plan tells people of the baseline's conflicts where one decides a change."""

from inventory.baseline import Baseline
from inventory.demands import conflicts


def conflict_notes(baseline: Baseline, *parameters: str) -> tuple[str, ...]:
    """One line per demand that the values of these parameters do not follow."""
    return tuple(str(conflict) for conflict in conflicts(baseline, parameters))

"""Checks of a device's configuration as a whole, from what the deploying side has reported."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from monitors.baseline.configuration import ConfigurationFacts
from monitors.baseline.scope import Scope
from monitors.baseline.verdict import Outcome, failed, not_proven, passed

LOOKED_WITHIN = timedelta(days=7)
"""CJIS SI-7(1): integrity is checked at least weekly."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """A device that is deployed from the inventory."""

    scope: Scope
    facts: ConfigurationFacts
    on: date


def as_deployed(device: Configuration) -> Outcome:
    """The last look found it as the inventory wants it, and was not long ago."""
    facts = device.facts
    if facts.reported_at is None:
        return not_proven(
            "nobody has reported a look at its configuration; run `watchfloor drift --report`",
            f"configuration: {facts.monitor} knows of none",
        )
    when = facts.reported_at.astimezone(UTC)
    cited = (
        f"configuration: looked at {when:%Y-%m-%d %H:%M} UTC by {facts.reporter}",
        f"configuration: {facts.changes} differences",
        *(f"configuration: {line}" for line in facts.findings),
    )
    end_of_day = datetime.combine(device.on, time.max, UTC)
    if end_of_day - when > LOOKED_WITHIN + timedelta(days=1):
        return not_proven("it was last looked at more than seven days ago", *cited)
    if facts.changes:
        return failed(f"differs from the inventory in {facts.changes} places", *cited)
    return passed("was as the inventory wants it when it was last looked at", *cited)

"""How a host pulls by itself: its units, whose bundles it believes, and the monitors' token."""

from dataclasses import dataclass

from inventory.facts.area import tagged
from inventory.facts.textfile import SHOW_FILE, TextFile, text_files
from inventory.facts.unit import SHOW_UNIT, Unit, units

SIGNERS = "/etc/watchfloor/allowed_signers"
ENVIRONMENT = "/etc/watchfloor/pull.environment"
"""Holds the monitors' token, for root alone."""
SERVICE, TIMER = "watchfloor-pull.service", "watchfloor-pull.timer"
_UNITS = "/etc/systemd/system"
SERVICE_FILE, TIMER_FILE = f"{_UNITS}/{SERVICE}", f"{_UNITS}/{TIMER}"

SCRIPT = (
    SHOW_FILE
    + SHOW_UNIT
    + f"""\
for path in {SIGNERS} {SERVICE_FILE} {TIMER_FILE}; do show_file "$path" || exit 1; done
show_secret_file {ENVIRONMENT} || exit 1
show_unit {TIMER}
exit 0
"""
)


@dataclass(frozen=True, slots=True)
class PullFacts:
    """What there is of it."""

    files: tuple[TextFile, ...]
    timer: Unit


def parse(text: str) -> PullFacts:
    """Raises `FactError` for a text that is not as the script prints it."""
    parts = tagged(text, "unit", "file")
    return PullFacts(text_files(parts["file"]), units(parts["unit"])[0])

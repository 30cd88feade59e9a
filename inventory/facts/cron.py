"""Who may have commands run later, and whose folders hold them."""

from dataclasses import dataclass

from inventory.facts.area import tagged
from inventory.facts.permissions import Status, status_line
from inventory.facts.textfile import SHOW_FILE, TextFile, text_files
from inventory.facts.unit import SHOW_UNIT, Unit, units

SCRIPT = (
    SHOW_FILE
    + SHOW_UNIT
    + """\
for path in /etc/cron.allow /etc/cron.deny /etc/at.allow /etc/at.deny; do
  show_file "$path" || exit 1
done
for path in /etc/crontab /etc/cron.hourly /etc/cron.daily /etc/cron.weekly /etc/cron.monthly \\
  /etc/cron.yearly /etc/cron.d; do
  [ ! -e "$path" ] || [ -h "$path" ] || stat -c 'status	%a %U %G %n' -- "$path" || exit 1
done
for name in crontab at; do command -v "$name"; done | sed 's|.*/||' | tag installed
show_unit cron.service
"""
)


@dataclass(frozen=True, slots=True)
class CronFacts:
    """cron and at, as far as they are installed."""

    files: tuple[TextFile, ...]
    places: tuple[Status, ...]
    installed: frozenset[str]
    """`crontab` and `at`, those that are there."""
    units: tuple[Unit, ...]


def parse(text: str) -> CronFacts:
    """Raises `FactError` for a line that is no file's."""
    parts = tagged(text, "file")
    return CronFacts(
        files=text_files(parts["file"]),
        places=tuple(status_line(line) for line in parts.get("status", ())),
        installed=frozenset(line for line in parts.get("installed", ()) if line),
        units=units(parts.get("unit", ())),
    )

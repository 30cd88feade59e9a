"""AIDE: its database and the database's digest, the daily check, and what the last one found."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from inventory.facts.area import parsed, tagged
from inventory.facts.textfile import SHOW_FILE, TextFile, text_files
from inventory.facts.unit import SHOW_UNIT, Unit, unit_named, units

CONFIGURATION = "/etc/aide/watchfloor.conf"
CHECKER = "/usr/local/sbin/watchfloor-check-integrity"
# These names are those that Debian's aide-common has for its own, which they take the place of.
CHECK_SERVICE = "/etc/systemd/system/dailyaidecheck.service"
CHECK_TIMER = "/etc/systemd/system/dailyaidecheck.timer"
RENEW_SERVICE = "/etc/systemd/system/watchfloor-integrity-renew.service"
DATABASE = "/var/lib/aide/aide.db"
RESULT = "/var/lib/aide/watchfloor-result"
"""Written by the checker: `clean TIME` or `differs TIME COUNT` or `failed TIME STATUS`."""
RENEW_UNIT = "watchfloor-integrity-renew.service"

SCRIPT = (
    SHOW_FILE
    + SHOW_UNIT
    + f"""\
dpkg-query -W -f '${{db:Status-Status}} ${{Package}}\\n' aide | tag package
for path in {CONFIGURATION} {CHECKER} {CHECK_SERVICE} {CHECK_TIMER} {RENEW_SERVICE}; do
  show_file $path || exit 1
done
show_unit dailyaidecheck.timer dailyaidecheck.service {RENEW_UNIT}
systemctl show {RENEW_UNIT} -p Result --value | tag renewal
if [ -f {DATABASE} ]; then
  stat -c '%Y %s' {DATABASE} | tag database
  sha256sum {DATABASE} | cut -d' ' -f1 | tag digest
fi
if [ -f {RESULT} ]; then head -c 200 {RESULT} | tag result; fi
exit 0
"""
)


@dataclass(frozen=True, slots=True)
class IntegrityFacts:
    """The host's own watch over its files."""

    installed: tuple[str, ...]
    files: tuple[TextFile, ...]
    units: tuple[Unit, ...]
    has_database: bool
    is_building: bool = field(metadata={"volatile": True})
    """A database is being made, detached from whoever asked for it."""
    has_failed: bool = field(metadata={"volatile": True})
    """The last making of a database failed."""
    made_at: int = field(metadata={"volatile": True})
    """Unix time of the database; 0 without one."""
    digest: str = field(metadata={"volatile": True})
    """SHA-256 of the database, 64 hex digits; empty without one."""
    result: str = field(metadata={"volatile": True})
    """`clean`, `differs` or `failed`; empty before the first check."""
    checked_at: int = field(metadata={"volatile": True})
    differences: int = field(metadata={"volatile": True})
    """Files that the last check found added, removed or changed."""


def parse(text: str) -> IntegrityFacts:
    """Raises `FactError` for a text that is not as the script prints it."""
    parts = tagged(text, "unit")
    packages = (line.partition(" ") for line in parts.get("package", ()))
    all_units = units(parts["unit"])
    made_at, _, _ = _first(parts, "database").partition(" ")
    words = [*_first(parts, "result").split(), "", "", ""][:3]
    renew = unit_named(all_units, RENEW_UNIT)
    return IntegrityFacts(
        installed=tuple(name for state, _, name in packages if state == "installed"),
        files=text_files(parts.get("file", ())),
        units=tuple(unit for unit in all_units if unit is not renew),
        has_database=bool(made_at),
        is_building=renew.active == "activating",
        has_failed=renew.active == "failed",
        made_at=parsed("the database's time", int, made_at or "0"),
        digest=_first(parts, "digest"),
        result=words[0],
        checked_at=parsed("the check's time", int, words[1] or "0"),
        differences=parsed("the differences", int, words[2] or "0"),
    )


def _first(parts: Mapping[str, tuple[str, ...]], name: str) -> str:
    return next(iter(parts.get(name, ())), "")

"""Where apt fetches from, what is updated unattended and when, and whether a restart is due."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from inventory.facts.area import parsed, tagged
from inventory.facts.textfile import SHOW_FILE, TextFile, text_files
from inventory.facts.unit import SHOW_UNIT, Unit, units

SOURCES = "/etc/apt/sources.list.d/watchfloor.sources"
DIRECT = "/etc/apt/apt.conf.d/95watchfloor-mirror"
UNATTENDED = "/etc/apt/apt.conf.d/95watchfloor-updates"
NEEDRESTART = "/etc/needrestart/conf.d/watchfloor.conf"
UPGRADE_TIMER = "/etc/systemd/system/apt-daily-upgrade.timer.d/watchfloor.conf"
FETCH_TIMER = "/etc/systemd/system/apt-daily.timer.d/watchfloor.conf"
TIMERS = ("apt-daily.timer", "apt-daily-upgrade.timer")

# A source's address may hold a password: of other files only their names are told.
SCRIPT = (
    SHOW_FILE
    + SHOW_UNIT
    + f"""\
dpkg-query -W -f '${{db:Status-Status}} ${{Package}}\\n' unattended-upgrades needrestart |
  tag package
for path in {SOURCES} {DIRECT} {UNATTENDED} {NEEDRESTART} {UPGRADE_TIMER} {FETCH_TIMER}; do
  show_file $path || exit 1
done
for path in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources
do
  if [ -f "$path" ] && [ "$path" != {SOURCES} ] &&
    grep -Eq '^[[:space:]]*(deb(-src)?[[:space:]]|Types:)' "$path"
  then echo "$path" | tag other; fi
done
show_unit {" ".join(TIMERS)}
for name in {" ".join(TIMERS)}; do
  systemctl show $name -p Id -p TimersCalendar | tr '\\n' ' ' | sed -e 's/$/\\n/' | tag calendar
done
apt-config dump --format '%f=%v%n' |
  grep -E '^(APT::Periodic|Unattended-Upgrade)::[A-Za-z:-]*=' | tag setting
if [ -f /run/reboot-required ]; then
  sort -u /run/reboot-required.pkgs 2>/dev/null | head -n 20 | tr '\\n' ' ' | tag restart
fi
{{ echo 0; find /var/lib/apt/lists -maxdepth 1 -name '*Packages*' -printf '%Cs\\n'; }} |
  sort -n | tail -n 1 | tag refreshed
date +%s | tag now
exit 0
"""
)


@dataclass(frozen=True, slots=True)
class UpdatesFacts:
    """apt's sources and its unattended work."""

    installed: tuple[str, ...]
    """Of unattended-upgrades and needrestart."""
    files: tuple[TextFile, ...]
    """Watchfloor's own."""
    others: tuple[str, ...]
    """Other files with sources in them."""
    units: tuple[Unit, ...]
    calendars: Mapping[str, str]
    """Timer -> the times at which systemd lets it elapse (systemd.time(7))."""
    settings: tuple[tuple[str, str], ...]
    """What apt takes for its own, in order; a list has its name several times."""
    restart_for: str = field(metadata={"volatile": True})
    """The packages whose update needs a restart of the host; empty when none does."""
    lists_age_s: int | None = field(metadata={"volatile": True})
    """Since the package lists were fetched last; None when they never were."""

    def values(self, name: str) -> tuple[str, ...]:
        """apt.conf(5): the values of a name, or of the list that it is."""
        wanted = name.lower()
        return tuple(
            value for key, value in self.settings if key.lower().rstrip(":") == wanted and value
        )


def parse(text: str) -> UpdatesFacts:
    """Raises `FactError` for a text that is not as the script prints it."""
    parts = tagged(text, "refreshed", "now")
    packages = (line.partition(" ") for line in parts.get("package", ()))
    refreshed = parsed("a time", int, parts["refreshed"][0])
    settings = (line.partition("=") for line in parts.get("setting", ()) if line)
    return UpdatesFacts(
        installed=tuple(name for state, _, name in packages if state == "installed"),
        files=text_files(parts.get("file", ())),
        others=tuple(filter(None, parts.get("other", ()))),
        units=units(parts.get("unit", ())),
        calendars=dict(_calendars(parts.get("calendar", ()))),
        settings=tuple((name, value) for name, _, value in settings),
        restart_for=" ".join(parts.get("restart", ())).strip(),
        lists_age_s=parsed("a time", int, parts["now"][0]) - refreshed if refreshed else None,
    )


def _calendars(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    for line in filter(None, lines):
        words = line.split(" ")
        name = next((w.removeprefix("Id=") for w in words if w.startswith("Id=")), "")
        times = re.findall(r"OnCalendar=([^;}]+?)\s*;", line)
        yield name, ", ".join(times)

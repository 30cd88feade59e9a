"""What a log collector holds: since when, how much a day, from whom last, and what still fits."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from inventory.facts.area import FactError, parsed, tagged
from inventory.facts.textfile import SHOW_FILE, TextFile, text_files
from inventory.facts.unit import SHOW_UNIT, Unit, units

FOLDER = "/var/log/center"
KEEPER = "/usr/local/sbin/watchfloor-keep-logs"
SERVICE = "/etc/systemd/system/watchfloor-keep-logs.service"
TIMER = "/etc/systemd/system/watchfloor-keep-logs.timer"

SCRIPT = (
    SHOW_FILE
    + SHOW_UNIT
    + f"""\
for path in {KEEPER} {SERVICE} {TIMER}; do show_file $path || exit 1; done
show_unit watchfloor-keep-logs.timer
ss -Hltn | awk '{{print "tcp", $4}}' | tag listens
ss -Hlun | awk '{{print "udp", $4}}' | tag listens
{{ df -B1 --output=avail {FOLDER} || df -B1 --output=avail /var/log; }} | tail -n 1 | tag free
date -u +%F | tag today
find {FOLDER} -mindepth 2 -maxdepth 2 -type f -name '????-??-??.log*' -printf '%f %s\\n' |
  awk '{{ sum[substr($1, 1, 10)] += $2 }} END {{ for (day in sum) print day, sum[day] }}' |
  sort | tag day
find {FOLDER} -mindepth 2 -maxdepth 2 -type f -name '????-??-??.log' -printf '%h %T@\\n' |
  awk '{{ sub(/.*\\//, "", $1); sub(/[.].*/, "", $2); if ($2 > last[$1]) last[$1] = $2 }}
    END {{ for (host in last) print host, last[host] }}' | sort | tag host
exit 0
"""
)


@dataclass(frozen=True, slots=True)
class Kept:
    """One day's lines of all hosts."""

    day: date
    octets: int
    """On the disk: older days are compressed."""


@dataclass(frozen=True, slots=True)
class Heard:
    """When a host's line was written last."""

    host: str
    at: int
    """Unix time."""


@dataclass(frozen=True, slots=True)
class CollectorFacts:
    """The collector's store and the timer that keeps it."""

    files: tuple[TextFile, ...]
    units: tuple[Unit, ...]
    listens: tuple[str, ...]
    """`tcp 6514`, for every address; what listens on one address only is left out."""
    free_octets: int = field(metadata={"volatile": True})
    today: date = field(metadata={"volatile": True})
    """On the host, in UTC."""
    days: tuple[Kept, ...] = field(metadata={"volatile": True})
    """From the oldest to the newest."""
    heard: tuple[Heard, ...] = field(metadata={"volatile": True})

    @property
    def oldest(self) -> date | None:
        return self.days[0].day if self.days else None

    @property
    def octets_a_day(self) -> float:
        """On average, of the days that are complete; 0 while none is."""
        whole = [kept.octets for kept in self.days if kept.day < self.today][-30:]
        return sum(whole) / len(whole) if whole else 0.0

    @property
    def octets(self) -> int:
        return sum(kept.octets for kept in self.days)


def parse(text: str) -> CollectorFacts:
    """Raises `FactError` for a text that is not as the script prints it."""
    parts = tagged(text, "free", "today")
    return CollectorFacts(
        files=text_files(parts.get("file", ())),
        units=units(parts.get("unit", ())),
        listens=tuple(sorted(set(_ports(parts.get("listens", ()))))),
        free_octets=parsed("the free space", int, parts["free"][0]),
        today=parsed("the day", date.fromisoformat, parts["today"][0]),
        days=tuple(
            Kept(parsed("a day", date.fromisoformat, day), parsed("its size", int, size))
            for day, size in _pairs(parts.get("day", ()))
        ),
        heard=tuple(
            Heard(host, parsed("a time", int, at)) for host, at in _pairs(parts.get("host", ()))
        ),
    )


def _pairs(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in filter(None, lines):
        first, space, second = line.partition(" ")
        if not space:
            raise FactError(f"not a name and a number: {line[:60]!r}")
        yield first, second


def _ports(lines: Iterable[str]) -> Iterator[str]:
    for line in filter(None, lines):
        protocol, _, address = line.partition(" ")
        host, _, port = address.rpartition(":")
        if host in ("0.0.0.0", "[::]", "*"):  # noqa: S104 - compared with, not bound to
            yield f"{protocol} {port}"

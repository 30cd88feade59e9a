"""Which clock the host follows: the daemons there are, their servers, and how far off they are."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from inventory.facts.area import parsed, tagged
from inventory.facts.textfile import SHOW_FILE, TextFile, text_files
from inventory.facts.unit import SHOW_UNIT, Unit, unit_named, units

SCRIPT = (
    SHOW_FILE
    + SHOW_UNIT
    + """\
dpkg-query -W -f '${db:Status-Status} ${Package}\\n' \\
  chrony systemd-timesyncd ntp ntpsec openntpd | tag package
show_unit chrony.service systemd-timesyncd.service ntp.service ntpsec.service openntpd.service
for path in /etc/default/chrony /etc/systemd/system/chrony.service.d/10-watchfloor.conf; do
  show_file "$path" || exit 1
done
for path in /etc/chrony/chrony.conf /etc/chrony/conf.d/*.conf /etc/chrony/sources.d/*.sources \\
  /etc/systemd/timesyncd.conf /etc/systemd/timesyncd.conf.d/*.conf; do
  case $path in *'*'*) ;; *) show_file "$path" || exit 1 ;; esac
done
if command -v chronyc >/dev/null && systemctl --quiet is-active chrony.service; then
  chronyc -n -c sources | tag source
  chronyc -n -c tracking | tag tracking
fi
if systemctl --quiet is-active systemd-timesyncd.service; then
  timedatectl show-timesync -p SystemNTPServers -p LinkNTPServers -p ServerAddress | tag timesyncd
fi
systemd-detect-virt --quiet --container && echo yes | tag container
timedatectl show -p NTPSynchronized -p Timezone | tag clock
exit 0
"""
)

_CHRONY_STATES = {
    "*": "current",
    "+": "combined",
    "-": "not combined",
    "?": "unreachable",
    "x": "falseticker",
    "~": "jumping",
}
"""Column 2 of `chronyc -c sources` (chronyc(1))."""


@dataclass(frozen=True, slots=True)
class TimeSource:
    """One server that chronyd asks, or receiver that it reads."""

    address: str
    state: str = field(metadata={"volatile": True})
    """`current`, `combined`, `not combined`, `unreachable`, `falseticker` or `jumping`."""
    is_clock: bool = False
    """Whether it is the host's own receiver, and no server."""


@dataclass(frozen=True, slots=True)
class TimesyncFacts:
    """The host's time keeping."""

    installed: tuple[str, ...]
    """The time packages that are installed."""
    units: tuple[Unit, ...]
    files: tuple[TextFile, ...]
    sources: tuple[TimeSource, ...]
    """What the running chronyd asks, by address."""
    timesyncd_servers: tuple[str, ...]
    """What the running systemd-timesyncd is configured to ask."""
    timezone: str
    is_container: bool
    """A container shares its machine's clock, and may not set it."""
    is_synchronised: bool = field(metadata={"volatile": True})
    """What the kernel says; never true where a container may not set the clock."""
    offset_s: float | None = field(metadata={"volatile": True})
    """Seconds that the clock is ahead of its sources, as chronyd last measured it."""
    leap: str = field(metadata={"volatile": True})
    """chronyd's leap status: `Normal`, `Not synchronised` …"""

    @property
    def running(self) -> tuple[str, ...]:
        """The packages whose daemon runs; more than one fight over the clock."""
        return tuple(
            name
            for name in ("chrony", "systemd-timesyncd", "ntp", "ntpsec", "openntpd")
            if unit_named(self.units, f"{name}.service").is_running
        )


def parse(text: str) -> TimesyncFacts:
    """Raises `FactError` for a line that is not as chronyc or systemctl print it."""
    parts = tagged(text, "unit")
    clock = _pairs(parts.get("clock", ()))
    tracking = next(iter(parts.get("tracking", ())), "").split(",")
    timesyncd = _pairs(parts.get("timesyncd", ()))
    asked = f"{timesyncd.get('SystemNTPServers', '')} {timesyncd.get('LinkNTPServers', '')}"
    return TimesyncFacts(
        installed=_installed(parts.get("package", ())),
        units=units(parts["unit"]),
        files=text_files(parts.get("file", ())),
        sources=tuple(_source(line) for line in parts.get("source", ()) if line.count(",") > 2),
        timesyncd_servers=tuple(asked.split()),
        timezone=clock.get("Timezone", ""),
        is_container=parts.get("container") == ("yes",),
        is_synchronised=clock.get("NTPSynchronized") == "yes",
        offset_s=_offset(tracking),
        leap=tracking[13] if len(tracking) > 13 else "",
    )


def _installed(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        name for state, _, name in (line.partition(" ") for line in lines) if state == "installed"
    )


def _source(line: str) -> TimeSource:
    fields = line.split(",")
    state = _CHRONY_STATES.get(fields[1], fields[1][:10])
    return TimeSource(fields[2], state, is_clock=fields[0] == "#")


def _offset(tracking: Sequence[str]) -> float | None:
    """`chronyc -c tracking`: field 5 is the system time's offset, positive when it is slow."""
    if len(tracking) < 14 or tracking[13] == "Not synchronised":
        return None
    return -parsed("the clock's offset", float, tracking[4])


def _pairs(lines: Sequence[str]) -> dict[str, str]:
    return dict(line.partition("=")[::2] for line in lines)

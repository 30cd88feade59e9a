"""Where a host's log lines go: rsyslog's files, whether the daemon has read them, what waits."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from inventory.facts.area import parsed, tagged
from inventory.facts.textfile import SHOW_FILE, TextFile, text_files
from inventory.facts.unit import SHOW_UNIT, Unit, unit_named, units

TLS_PORT = 6514
"""The port of syslog over TLS (RFC 5425); between hosts, RELP is what TLS carries here."""
FORMAT = "/etc/rsyslog.d/00-watchfloor.conf"
COLLECT = "/etc/rsyslog.d/20-watchfloor-collect.conf"
HOSTS = "/etc/rsyslog.d/watchfloor-hosts.json"
FORWARD = "/etc/rsyslog.d/30-watchfloor-forward.conf"
SPOOL = "/var/spool/rsyslog"

SCRIPT = (
    SHOW_FILE
    + SHOW_UNIT
    + f"""\
dpkg-query -W -f '${{db:Status-Status}} ${{Package}}\\n' rsyslog rsyslog-relp | tag package
for path in {FORMAT} {COLLECT} {HOSTS} {FORWARD}; do show_file $path || exit 1; done
show_unit rsyslog.service
read_at=$(systemctl show rsyslog.service -p ActiveEnterTimestamp --value)
[ -z "$read_at" ] || date -d "$read_at" +%s | tag read_at
find /etc/rsyslog.conf /etc/rsyslog.d /etc/ssl/watchfloor -printf '%T@\\n' |
  sort -n | tail -n 1 | cut -d. -f1 | tag changed_at
ss -Htn state established "dport = :{TLS_PORT}" | awk '{{print $4}}' | tag peer
du -sb {SPOOL} | cut -f1 | tag spool
exit 0
"""
)


@dataclass(frozen=True, slots=True)
class RsyslogFacts:
    """The syslog daemon."""

    installed: tuple[str, ...]
    files: tuple[TextFile, ...]
    """Watchfloor's own."""
    unit: Unit
    is_stale: bool
    """The files were changed after the running daemon had read them."""
    peers: tuple[str, ...] = field(metadata={"volatile": True})
    """Addresses of the collectors that it has a TLS connection with now."""
    spool_octets: int = field(metadata={"volatile": True})
    """What waits on the disk, the folder itself included."""


def parse(text: str) -> RsyslogFacts:
    """Raises `FactError` for a text that is not as the script prints it."""
    parts = tagged(text, "unit")
    packages = (line.partition(" ") for line in parts.get("package", ()))
    return RsyslogFacts(
        installed=tuple(name for state, _, name in packages if state == "installed"),
        files=text_files(parts.get("file", ())),
        unit=unit_named(units(parts["unit"]), "rsyslog.service"),
        is_stale=_number(parts, "changed_at", 0) > _number(parts, "read_at", 2**62),
        peers=tuple(sorted({_address(line) for line in parts.get("peer", ()) if line})),
        spool_octets=_number(parts, "spool", 0),
    )


def _number(parts: Mapping[str, tuple[str, ...]], name: str, missing: int) -> int:
    text = next(iter(parts.get(name, ())), "")
    return parsed(name, int, text) if text else missing


def _address(peer: str) -> str:
    """`198.51.100.9:6514` or `[fd00::9]:6514` without its port."""
    return peer.rpartition(":")[0].strip("[]").removeprefix("::ffff:")

"""Prometheus and Alertmanager of a host: their files, and whether they run with them."""

from collections.abc import Iterable
from dataclasses import dataclass

from inventory.facts.area import tagged
from inventory.facts.textfile import SHOW_FILE, TextFile, text_files
from inventory.facts.unit import SHOW_UNIT, Unit, units

SERVER = "/etc/prometheus/prometheus.yml"
SERVER_OPTIONS = "/etc/default/prometheus"
SERVER_UNIT = "prometheus.service"
RULES = "/etc/prometheus/watchfloor.rules.yml"
SENDER = "/etc/prometheus/alertmanager.yml"
SENDER_OPTIONS = "/etc/default/prometheus-alertmanager"
SENDER_UNIT = "prometheus-alertmanager.service"
PACKAGES = ("prometheus", "prometheus-alertmanager")

_READ_BY = {
    SERVER_UNIT: (SERVER, SERVER_OPTIONS, RULES),
    SENDER_UNIT: (SENDER, SENDER_OPTIONS),
}

SCRIPT = (
    SHOW_FILE
    + SHOW_UNIT
    + f"""\
dpkg-query -W -f '${{db:Status-Status}} ${{Package}}\\n' {" ".join(PACKAGES)} | tag package
"""
    + "".join(
        f"""\
for path in {" ".join(files)}; do show_file "$path" || exit 1; done
show_unit {unit}
read_at=$(systemctl show {unit} -p ActiveEnterTimestamp --value)
changed_at=$(find {" ".join(files)} -printf '%T@\\n' | sort -n | tail -n 1 | cut -d. -f1)
[ -z "$read_at" ] || [ -z "$changed_at" ] || [ "$changed_at" -le "$(date -d "$read_at" +%s)" ] ||
  echo {unit} | tag stale
"""
        for unit, files in _READ_BY.items()
    )
    + """\
exit 0
"""
)


@dataclass(frozen=True, slots=True)
class PrometheusFacts:
    """The two daemons."""

    installed: tuple[str, ...]
    files: tuple[TextFile, ...]
    units: tuple[Unit, ...]
    stale: tuple[str, ...]
    """The units that run with older files than there are."""


def parse(text: str) -> PrometheusFacts:
    """Raises `FactError` for a text that is not as the script prints it."""
    parts = tagged(text, "unit", "file")
    return PrometheusFacts(
        installed=tuple(_installed(parts.get("package", ()))),
        files=text_files(parts["file"]),
        units=units(parts["unit"]),
        stale=parts.get("stale", ()),
    )


def _installed(lines: Iterable[str]) -> Iterable[str]:
    pairs = (line.partition(" ") for line in lines)
    return (name for state, _, name in pairs if state == "installed")

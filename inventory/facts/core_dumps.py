"""What becomes of a program's memory when it crashes."""

from dataclasses import dataclass

from inventory.facts.area import tagged
from inventory.facts.textfile import SHOW_FILE, TextFile, text_files

LIMITS = "/etc/security/limits.d/zz-watchfloor-core.conf"
MANAGER = "/etc/systemd/system.conf.d/zz-watchfloor-core.conf"
COREDUMP = "/etc/systemd/coredump.conf.d/zz-watchfloor.conf"

SCRIPT = (
    SHOW_FILE
    + f"""\
for path in {LIMITS} {MANAGER} {COREDUMP}; do show_file "$path" || exit 1; done
cat /etc/security/limits.conf /etc/security/limits.d/*.conf 2>/dev/null |
  grep -E '^[^#]*[[:space:]]core[[:space:]]' | tag limit
systemctl show -p DefaultLimitCORE --value | tag manager
systemd-analyze cat-config systemd/coredump.conf 2>/dev/null |
  grep -E '^[[:space:]]*(Storage|ProcessSizeMax)' | tag coredump
exit 0
"""
)


@dataclass(frozen=True, slots=True)
class CoreDumpsFacts:
    """Limits, and what systemd does with a dump that it gets."""

    files: tuple[TextFile, ...]
    limits: tuple[tuple[str, ...], ...]
    """pam_limits' lines about dumps, all files: domain, type, `core`, value."""
    manager: str
    """The limit in octets with which systemd starts services; `infinity` for none."""
    coredump: tuple[str, ...]
    """systemd-coredump's settings, in the order in which they are read."""


def parse(text: str) -> CoreDumpsFacts:
    """Raises `FactError` when systemd does not tell its limit."""
    parts = tagged(text, "manager", "file")
    return CoreDumpsFacts(
        files=text_files(parts["file"]),
        limits=tuple(tuple(line.split()[:4]) for line in parts.get("limit", ())),
        manager=parts["manager"][0].strip(),
        coredump=tuple("".join(line.split()) for line in parts.get("coredump", ())),
    )

"""What the kernel records for auditors: its rules, those of the files, and auditd's settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from inventory.facts.area import parsed, tagged
from inventory.facts.textfile import SHOW_FILE, TextFile, file_at, text_files
from inventory.facts.unit import SHOW_UNIT, Unit, unit_named, units

RULES = "/etc/audit/rules.d/30-watchfloor.rules"
LOCK = "/etc/audit/rules.d/99-watchfloor-lock.rules"
DAEMON = "/etc/audit/auditd.conf"
SYSLOG = "/etc/audit/plugins.d/syslog.conf"

SCRIPT = (
    SHOW_FILE
    + SHOW_UNIT
    + f"""\
systemd-detect-virt --quiet --container && echo yes | tag container
uname -m | tag machine
dpkg-query -W -f '${{db:Status-Status}} ${{Package}}\\n' auditd audispd-plugins | tag package
for path in {DAEMON} {SYSLOG} {RULES} {LOCK}; do show_file $path || exit 1; done
for path in /etc/audit/rules.d/*.rules; do
  case $path in *'*'*|{RULES}|{LOCK}) ;; *) show_file "$path" || exit 1 ;; esac
done
show_unit auditd.service
read_at=$(systemctl show auditd.service -p ActiveEnterTimestamp --value)
[ -z "$read_at" ] || date -d "$read_at" +%s | tag read_at
find {DAEMON} {SYSLOG} -printf '%T@\\n' | sort -n | tail -n 1 | cut -d. -f1 | tag changed_at
tr ' ' '\\n' </proc/cmdline | grep '^audit' | tag boot
if command -v auditctl >/dev/null; then
  auditctl -s | tag status
  auditctl -l | head -n 1000 | tag rule
fi
exit 0
"""
)


@dataclass(frozen=True, slots=True)
class AuditFacts:
    """The kernel's audit and its daemon."""

    is_container: bool
    """A container has no audit of its own: its machine's kernel records."""
    machine: str
    """`x86_64`, `aarch64` … (uname -m)."""
    installed: tuple[str, ...]
    files: tuple[TextFile, ...]
    """The daemon's, the syslog plugin's, and all of rules.d."""
    unit: Unit
    is_stale: bool
    """auditd has not read its settings since they were changed."""
    boot: tuple[str, ...]
    """The kernel's parameters for audit, as it was booted: `audit=1`."""
    enabled: int | None
    """0 off, 1 on, 2 locked until a restart; None when the kernel does not say."""
    lost: int = field(metadata={"volatile": True})
    """Records that the kernel had to drop since it was started."""
    running: tuple[str, ...]
    """The kernel's rules, as auditctl lists them."""

    @property
    def rule_files(self) -> tuple[TextFile, ...]:
        """In the order in which augenrules joins them."""
        found = [file for file in self.files if file.path.startswith("/etc/audit/rules.d/")]
        return tuple(sorted(found, key=lambda file: file.path))

    def file(self, path: str) -> TextFile:
        return file_at(self.files, path)


def parse(text: str) -> AuditFacts:
    """Raises `FactError` for a text that is not as the script prints it."""
    parts = tagged(text, "machine", "unit")
    packages = (line.partition(" ") for line in parts.get("package", ()))
    status = dict(line.partition(" ")[::2] for line in parts.get("status", ()))
    enabled = status.get("enabled", "")
    rules = (line.strip() for line in parts.get("rule", ()))
    return AuditFacts(
        is_container=parts.get("container") == ("yes",),
        machine=parts["machine"][0],
        installed=tuple(name for state, _, name in packages if state == "installed"),
        files=text_files(parts.get("file", ())),
        unit=unit_named(units(parts["unit"]), "auditd.service"),
        is_stale=_time(parts, "changed_at", 0) > _time(parts, "read_at", 2**62),
        boot=tuple(filter(None, parts.get("boot", ()))),
        enabled=parsed("audit's state", int, enabled) if enabled else None,
        lost=parsed("the lost records", int, status.get("lost", "0")),
        running=tuple(rule for rule in rules if rule.startswith("-")),
    )


def _time(parts: Mapping[str, tuple[str, ...]], name: str, missing: int) -> int:
    text = next(iter(parts.get(name, ())), "")
    return parsed(name, int, text) if text else missing

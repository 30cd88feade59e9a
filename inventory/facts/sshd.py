"""What sshd would do with its configuration, and whether the running one has read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inventory.facts.area import FactError, parsed, tagged
from inventory.facts.textfile import SHOW_FILE, TextFile, text_files
from inventory.facts.unit import SHOW_UNIT, Unit, unit_named, units

SCRIPT = (
    SHOW_FILE
    + SHOW_UNIT
    + """\
command -v sshd >/dev/null || { echo no | tag installed; exit 0; }
echo yes | tag installed
for path in /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*.conf; do
  case $path in *'*'*) ;; *) show_file "$path" || exit 1 ;; esac
done
mkdir -p /run/sshd
if said=$(sshd -T 2>&1); then printf '%s\\n' "$said" | tag effective
else printf '%s\\n' "$said" | tag invalid; fi
show_unit ssh.service ssh.socket
read_at=$(systemctl show ssh.service -p StateChangeTimestamp --value)
[ -z "$read_at" ] || date -d "$read_at" +%s | tag read_at
find /etc/ssh/sshd_config /etc/ssh/sshd_config.d -printf '%T@\\n' 2>/dev/null |
  sort -n | tail -n 1 | cut -d. -f1 | tag changed_at
"""
)


@dataclass(frozen=True, slots=True)
class SshdFacts:
    """The SSH daemon. An uninstalled one has only `installed=False`."""

    installed: bool
    effective: Mapping[str, tuple[str, ...]]
    """What `sshd -T` says outside Match blocks: keyword in lower case -> one value per line."""
    invalid: str
    """What sshd says against its configuration; empty when it accepts it."""
    files: tuple[TextFile, ...]
    """sshd_config and its drop-ins, in the order in which sshd reads the drop-ins."""
    units: tuple[Unit, ...]
    is_stale: bool
    """The files were changed after the running daemon has last read them."""

    def value(self, keyword: str) -> str:
        """The effective value, or an empty string; several lines are joined by a space."""
        return " ".join(self.effective.get(keyword.lower(), ()))

    @property
    def is_running(self) -> bool:
        """Whether the daemon runs, or systemd listens for it."""
        return any(
            unit_named(self.units, f"ssh.{kind}").is_running for kind in ("service", "socket")
        )


def parse(text: str) -> SshdFacts:
    """Raises `FactError` when neither an effective configuration nor a complaint is there."""
    parts = tagged(text, "installed")
    if parts["installed"] != ("yes",):
        return SshdFacts(False, {}, "", (), (), False)
    effective, invalid = parts.get("effective", ()), " ".join(parts.get("invalid", ()))
    if not effective and not invalid:
        raise FactError("sshd -T said nothing")
    return SshdFacts(
        installed=True,
        effective=_by_keyword(effective),
        invalid=invalid,
        files=text_files(parts.get("file", ())),
        units=units(parts.get("unit", ())),
        is_stale=_seconds(parts, "changed_at") > _seconds(parts, "read_at"),
    )


def _by_keyword(lines: Sequence[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for line in lines:
        keyword, _, value = line.partition(" ")
        found.setdefault(keyword.lower(), []).append(value.strip())
    return {keyword: tuple(values) for keyword, values in found.items()}


def _seconds(parts: Mapping[str, tuple[str, ...]], name: str) -> int:
    """Unix time; a daemon that was never started has read nothing, but is not stale either."""
    text = next(iter(parts.get(name, ())), "")
    never = 0 if name == "changed_at" else 2**62
    return parsed(name, int, text) if text else never

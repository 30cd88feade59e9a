"""How the system journal is kept: its settings, its drop-ins, and what the running one writes."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from inventory.facts.area import parsed, tagged
from inventory.facts.textfile import SHOW_FILE, TextFile, text_files

# The files that the running journald holds open are the proof of where it writes.
SCRIPT = (
    SHOW_FILE
    + """\
systemd-analyze cat-config systemd/journald.conf | grep -E '^[[:space:]]*[[A-Z]' | tag setting
if [ -d /var/log/journal ]; then echo yes; else echo no; fi | tag folder
for path in /etc/systemd/journald.conf /etc/systemd/journald.conf.d/*.conf; do
  case $path in *'*'*) ;; *) show_file "$path" || exit 1 ;; esac
done
pid=$(systemctl show systemd-journald.service -p MainPID --value)
ls -l "/proc/$pid/fd" | sed -n 's#.* -> \\(/[a-z]*/log/journal/[^ ]*\\)$#\\1#p' | sort -u | tag open
read_at=$(systemctl show systemd-journald.service -p ActiveEnterTimestamp --value)
[ -z "$read_at" ] || date -d "$read_at" +%s | tag read_at
find /etc/systemd/journald.conf /etc/systemd/journald.conf.d -printf '%T@\\n' |
  sort -n | tail -n 1 | cut -d. -f1 | tag changed_at
exit 0
"""
)

_SETTING = re.compile(r"^\s*([A-Za-z]+)\s*=\s*(.*?)\s*$")


@dataclass(frozen=True, slots=True)
class JournalFacts:
    """journald.conf(5), with all drop-ins."""

    settings: Mapping[str, str]
    """The last one of each key, which wins; what is left at its default is missing."""
    has_folder: bool
    """Whether /var/log/journal exists, which makes `auto` persistent."""
    files: tuple[TextFile, ...] = ()
    writes_to_disk: bool = False
    """Whether the running journald has a file below /var/log open."""
    is_stale: bool = False
    """The files were changed after the running journald had read them."""

    @property
    def storage(self) -> str:
        """`auto` when nothing is set."""
        return self.settings.get("Storage", "").lower() or "auto"

    @property
    def is_persistent(self) -> bool:
        """Whether entries are kept on disk."""
        return self.storage == "persistent" or (self.storage == "auto" and self.has_folder)


def parse(text: str) -> JournalFacts:
    """The last setting wins, as in journald. Raises `FactError` when parts are missing."""
    parts = tagged(text, "setting", "folder")
    return JournalFacts(
        settings=assignments(parts["setting"]),
        has_folder=parts["folder"][0] == "yes",
        files=text_files(parts.get("file", ())),
        writes_to_disk=any(line.startswith("/var/log/") for line in parts.get("open", ())),
        is_stale=_time(parts, "changed_at", 0) > _time(parts, "read_at", 2**62),
    )


def assignments(lines: Iterable[str]) -> dict[str, str]:
    """`Key=value` lines; the last of each key."""
    matches = (_SETTING.match(line) for line in lines)
    return {match[1]: match[2] for match in matches if match}


def _time(parts: Mapping[str, tuple[str, ...]], name: str, missing: int) -> int:
    text = next(iter(parts.get(name, ())), "")
    return parsed(name, int, text) if text else missing

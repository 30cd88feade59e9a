"""Whether the system journal outlives a reboot."""

import re
from dataclasses import dataclass

from inventory.facts.area import tagged

SCRIPT = """\
systemd-analyze cat-config systemd/journald.conf | grep -E '^[[:space:]]*[[A-Z]' | tag setting
if [ -d /var/log/journal ]; then echo yes; else echo no; fi | tag folder
"""

_SETTING = re.compile(r"^\s*([A-Za-z]+)\s*=\s*(.*?)\s*$")


@dataclass(frozen=True, slots=True)
class JournalFacts:
    """journald.conf(5), with all drop-ins."""

    storage: str
    """`auto` when nothing is set."""
    has_folder: bool
    """Whether /var/log/journal exists, which makes `auto` persistent."""

    @property
    def is_persistent(self) -> bool:
        """Whether entries are kept on disk."""
        return self.storage == "persistent" or (self.storage == "auto" and self.has_folder)


def parse(text: str) -> JournalFacts:
    """The last setting wins, as in journald. Raises `FactError` when parts are missing."""
    parts = tagged(text, "setting", "folder")
    storage = "auto"
    for line in parts["setting"]:
        match = _SETTING.match(line)
        if match and match[1] == "Storage":
            storage = match[2].lower() or "auto"
    return JournalFacts(storage=storage, has_folder=parts["folder"][0] == "yes")

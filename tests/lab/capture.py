"""Records facts of a lab host as test data; `python -m tests.lab.capture FOLDER` boots one."""

import base64
import re
import sys
from pathlib import Path

from inventory.facts.collect import HostFacts, batch, host_facts
from monitors.baseline.catalogue import shipped
from tests.lab.host import LabHost
from tests.lab.lab import open_lab

_FILE = re.compile(r"^(file\tfile \S+ \S+ \S+ )([A-Za-z0-9+/=]*)(\. (/.*))$", re.MULTILINE)
_PROSE = ("/etc/motd",)


def facts_of(host: LabHost) -> HostFacts:
    """The areas that controls are judged by, read at the host's console."""
    return host_facts(host.run(["sh", "-s"], stdin=batch(shipped().areas()), timeout_s=120))


def record(facts: HostFacts, folder: Path) -> None:
    """One text for each area; comments of configuration files are left out of them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, section in facts.sections.items():
        assert not section.complaint, f"{name}: {section.complaint}"
        (folder / f"{name}.txt").write_text(_FILE.sub(_bare, section.text))


def _bare(match: re.Match[str]) -> str:
    text = base64.b64decode(match[2]).decode()
    kept = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if match[4] in _PROSE:
        kept = ["Welcome."]
    content = "".join(f"{line}\n" for line in kept)
    return match[1] + base64.b64encode(content.encode()).decode() + match[3]


if __name__ == "__main__":
    with open_lab() as lab:
        record(facts_of(lab.boot("fresh", suite="bookworm")), Path(sys.argv[1]))

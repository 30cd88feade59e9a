"""The operating system's release and kernel."""

import re
from dataclasses import dataclass

from inventory.facts.area import FactError, tagged

SCRIPT = """\
cat /etc/os-release | tag release
uname -r | tag kernel
systemd-detect-virt 2>/dev/null | tag virtualization
"""

_ASSIGNMENT = re.compile(r"""^([A-Z_]+)=(["']?)(.*)\2$""")


@dataclass(frozen=True, slots=True)
class SystemFacts:
    """os-release(5) and uname(1)."""

    distribution: str
    """`debian`, `ubuntu`."""
    version: str
    """`12`, `24.04`."""
    title: str
    kernel: str
    virtualization: str
    """`none` on bare metal, else as systemd-detect-virt(1) names it; empty when it is unknown."""

    @property
    def release(self) -> str:
        """As the inventory names it: `debian-12`."""
        return f"{self.distribution}-{self.version}"


def parse(text: str) -> SystemFacts:
    """Raises `FactError` when the release names neither itself nor its version."""
    parts = tagged(text, "release", "kernel")
    values = {m[1]: m[3] for line in parts["release"] if (m := _ASSIGNMENT.match(line))}
    if not values.get("ID"):
        raise FactError("/etc/os-release has no ID")
    return SystemFacts(
        distribution=values["ID"],
        version=values.get("VERSION_ID", ""),
        title=values.get("PRETTY_NAME", values["ID"]),
        kernel=parts["kernel"][0],
        virtualization=parts.get("virtualization", ("",))[0],
    )

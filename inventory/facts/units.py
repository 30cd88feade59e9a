"""The systemd units that are enabled, and the services and sockets that run."""

from dataclasses import dataclass

from inventory.facts.area import tagged

SCRIPT = """\
systemctl list-unit-files --state=enabled,enabled-runtime,linked,linked-runtime,alias \\
  --no-legend --no-pager --plain | tag enabled
systemctl list-units --state=active,activating,reloading,failed --type=service,socket,timer \\
  --no-legend --no-pager --plain | tag loaded
"""


@dataclass(frozen=True, slots=True)
class UnitsFacts:
    """Names of units, with their suffix: `ssh.service`."""

    enabled: frozenset[str]
    """Started at boot or on demand, aliases too."""
    active: frozenset[str]
    failed: frozenset[str]

    @property
    def wanted(self) -> frozenset[str]:
        """What runs now or will run after the next boot."""
        return self.enabled | self.active


def parse(text: str) -> UnitsFacts:
    """Raises `FactError` when systemd listed nothing."""
    parts = tagged(text, "enabled", "loaded")
    rows = [line.split() for line in parts["loaded"]]
    return UnitsFacts(
        enabled=frozenset(line.split()[0] for line in parts["enabled"] if line.strip()),
        active=frozenset(row[0] for row in rows if len(row) > 2 and row[2] != "failed"),
        failed=frozenset(row[0] for row in rows if len(row) > 2 and row[2] == "failed"),
    )

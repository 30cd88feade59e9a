"""The systemd unit of a monitor: its own account, and rights to little more than its sockets."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.rendering import render
from deploy.systemd_units import command_line, write_units
from inventory.facts.watchfloor import ACCOUNT, ENVIRONMENT, UNIT

__all__ = ["NAME", "UNIT", "USER", "MonitorUnit"]

USER = ACCOUNT
NAME = "watchfloor-monitor"
"""Of its folders in /var/lib and /run. Those called `watchfloor` are root's on a deployed host."""


@dataclass(frozen=True, slots=True)
class MonitorUnit:
    """What the service runs, and where."""

    python: Path
    """The interpreter that has Watchfloor installed."""
    center: Path
    """The center's folder, which the service's account may read."""
    options: Sequence[str]
    """Of `watchfloor monitor`."""
    ports: Sequence[int]
    """Where it listens; one below 1024 needs a capability."""

    @property
    def text(self) -> str:
        command = (str(self.python), "-m", "watchfloor", "monitor", *self.options)
        return render(
            "monitor.service.j2",
            user=USER,
            name=NAME,
            center=str(self.center).replace("%", "%%"),
            command=command_line(*command),
            environment=ENVIRONMENT,
            privileged=any(port < 1024 for port in self.ports),
        )

    def write(self, folder: Path) -> Path:
        """Puts it into a folder that is there. Raises `UnitsError`."""
        write_units(folder, {UNIT: self.text})
        return folder / UNIT

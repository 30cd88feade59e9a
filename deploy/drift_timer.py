"""The systemd units that look for drift by themselves, on a machine that may log in to the hosts.

That is an administrator's, or the one that deploys: a monitor is no place for the key that opens
every host. The service reads and reports, and changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.rendering import render
from deploy.systemd_units import assignments, command_line, quoted, told
from inventory.settings import READ_TIMEOUT_S, Settings

SERVICE = "watchfloor-drift.service"
TIMER = "watchfloor-drift.timer"
ENVIRONMENT = "/etc/watchfloor/drift.environment"
"""May hold what `env:` secrets and a monitor's token need, as NAME=value, for root alone."""


@dataclass(frozen=True, slots=True)
class DriftTimer:
    """What the service runs, where, and as whom."""

    python: Path
    """The interpreter that has Watchfloor installed."""
    center: Path
    """The center's folder."""
    user: str
    settings: Settings

    @property
    def texts(self) -> Mapping[str, str]:
        """The units, by file name."""
        variables = told(self.settings)
        if self.settings.endpoints_file is not None:
            variables["WATCHFLOOR_ENDPOINTS"] = str(self.settings.endpoints_file)
        if self.settings.read_timeout_s != READ_TIMEOUT_S:
            variables["WATCHFLOOR_READ_TIMEOUT"] = str(self.settings.read_timeout_s)
        service = render(
            "drift.service.j2",
            python=" ".join(command_line(str(self.python))),
            center=str(self.center).replace("%", "%%"),
            user=self.user,
            variables=assignments(variables),
            environment=ENVIRONMENT,
            writable=[quoted(f"-{path}") for path in (self.settings.state, self.settings.runtime)],
        )
        return {SERVICE: service, TIMER: render("drift.timer.j2")}

"""The systemd units that look for drift by themselves, on a machine that may log in to the hosts.

That is an administrator's, or the one that deploys: a monitor is no place for the key that opens
every host. The service reads and reports, and changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.rendering import render
from inventory.errors import WatchfloorError
from inventory.settings import READ_TIMEOUT_S, Settings

SERVICE = "watchfloor-drift.service"
TIMER = "watchfloor-drift.timer"
ENVIRONMENT = "/etc/watchfloor/drift.environment"
"""May hold what `env:` secrets and a monitor's token need, as NAME=value, for root alone."""


class UnitsError(WatchfloorError):
    """Units that cannot be written."""


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
        variables = {
            "WATCHFLOOR_STATE": str(self.settings.state),
            "WATCHFLOOR_RUNTIME": str(self.settings.runtime),
            "WATCHFLOOR_MONITOR_URL": ",".join(self.settings.monitor_urls),
        }
        if self.settings.endpoints_file is not None:
            variables["WATCHFLOOR_ENDPOINTS"] = str(self.settings.endpoints_file)
        if self.settings.read_timeout_s != READ_TIMEOUT_S:
            variables["WATCHFLOOR_READ_TIMEOUT"] = str(self.settings.read_timeout_s)
        service = render(
            "drift.service.j2",
            python=quoted(str(self.python)).replace("$", "$$"),
            center=str(self.center).replace("%", "%%"),
            user=self.user,
            variables=[quoted(f"{name}={value}") for name, value in variables.items()],
            environment=ENVIRONMENT,
            writable=[quoted(f"-{path}") for path in (self.settings.state, self.settings.runtime)],
        )
        return {SERVICE: service, TIMER: render("drift.timer.j2")}

    def write(self, folder: Path) -> None:
        """Puts both into a folder that is there. Raises `UnitsError`."""
        try:
            for name, text in self.texts.items():
                (folder / name).write_text(text, encoding="utf-8")
        except OSError as error:
            raise UnitsError(f"{folder}: cannot be written: {error.strerror}") from error


def quoted(word: str) -> str:
    """One word of a systemd unit (systemd.syntax(7)); a command's dollars are escaped besides."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'

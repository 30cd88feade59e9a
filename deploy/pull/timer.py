"""The systemd units by which a host pulls by itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.drift_timer import UnitsError, quoted
from deploy.rendering import render
from inventory.facts.pull import ENVIRONMENT, SERVICE, TIMER
from inventory.settings import Settings

__all__ = ["SERVICE", "TIMER", "PullTimer"]


@dataclass(frozen=True, slots=True)
class PullTimer:
    """What the service runs."""

    python: Path
    """The interpreter that has Watchfloor installed."""
    words: Iterable[str]
    """What stands behind `watchfloor`."""
    settings: Settings

    @property
    def texts(self) -> Mapping[str, str]:
        """The units, by file name."""
        variables = {
            "WATCHFLOOR_STATE": str(self.settings.state),
            "WATCHFLOOR_RUNTIME": str(self.settings.runtime),
            "WATCHFLOOR_MONITOR_URL": ",".join(self.settings.monitor_urls),
        }
        words = (str(self.python), "-m", "watchfloor", *self.words)
        service = render(
            "pull.service.j2",
            variables=[quoted(f"{name}={value}") for name, value in variables.items()],
            environment=ENVIRONMENT,
            command=" ".join(quoted(word).replace("$", "$$") for word in words),
        )
        return {SERVICE: service, TIMER: render("pull.timer.j2")}

    def write(self, folder: Path) -> None:
        """Puts both into a folder that is there. Raises `UnitsError`."""
        try:
            for name, text in self.texts.items():
                (folder / name).write_text(text, encoding="utf-8")
        except OSError as error:
            raise UnitsError(f"{folder}: cannot be written: {error.strerror}") from error

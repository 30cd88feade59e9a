"""The systemd units by which a host pulls by itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.rendering import render
from deploy.systemd_units import assignments, command_line, told
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
        words = command_line(str(self.python), "-m", "watchfloor", *self.words)
        service = render(
            "pull.service.j2",
            variables=assignments(told(self.settings)),
            environment=ENVIRONMENT,
            command=" ".join(words),
        )
        return {SERVICE: service, TIMER: render("pull.timer.j2")}

"""What the supervisor must know of the configuration that it passes on, and its children's answers.

It keeps no models: reading the inventory takes more memory than supervising ever does.
"""

import json
from dataclasses import dataclass
from pathlib import Path

EX_CONFIG = 78
"""sysexits.h: a mistake that a restart does not cure. The supervisor gives up on it."""


@dataclass(frozen=True, slots=True)
class Orders:
    """A `MonitorConfig` as JSON, and the little of it that concerns the supervisor itself."""

    text: str
    state: Path
    runtime: Path
    receives: bool
    """Whether anything is listened to that gear sends unasked."""

    @classmethod
    def of(cls, text: str) -> "Orders":
        """Reads what `MonitorConfig.model_dump_json` has written."""
        told = json.loads(text)
        return cls(
            text,
            Path(told["state"]),
            Path(told["runtime"]),
            receives=any(told[name] for name in ("traps", "syslog", "notices")),
        )

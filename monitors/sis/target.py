"""Which wall processor is asked over SIS, and what vouches for it."""

from dataclasses import dataclass, field
from typing import Protocol

from monitors.sis.protocol import PORT

PROOF = "simulated, not proved on a device"
"""How far what is read over SIS may be relied on; shown beside it."""


class Secret(Protocol):
    """A secret that shows itself only when asked, as pydantic's SecretStr."""

    def get_secret_value(self) -> str:
        """The secret itself."""


@dataclass(frozen=True, slots=True)
class SisTarget:
    """One wall processor."""

    device: str
    """Its name in the inventory."""
    host: str
    user: str
    password: Secret = field(repr=False)
    host_key: str = ""
    """`SHA256:…` of its SSH host key, as `ssh-keygen -l` prints it; without it nothing is sent."""
    port: int = PORT
    timeout_s: float = 3.0
    """How long any one step of the login may take."""
    answer_s: float = 1.5
    """How long any one answer may take. What a device does not know, it may not answer at all."""
    deadline_s: float = 20.0
    """How long one poll may take."""

    @property
    def where(self) -> str:
        """Names the processor and its address, for messages."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"wall processor {host}:{self.port}"

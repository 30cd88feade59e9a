"""Which display is asked, and what it should be doing."""

from dataclasses import dataclass, field
from typing import Protocol

from monitors.pjlink.protocol import PORT


class Secret(Protocol):
    """A secret that shows itself only when asked, as pydantic's SecretStr."""

    def get_secret_value(self) -> str:
        """The secret itself."""


@dataclass(frozen=True, slots=True)
class PjlinkTarget:
    """One display."""

    device: str
    """The display's name in the inventory."""
    host: str
    port: int = PORT
    password: Secret | None = field(default=None, repr=False)
    timeout_s: float = 3.0
    """How long the connection, or any one line, may take."""
    deadline_s: float = 10.0
    """How long one poll may take."""
    expected_on: bool | None = None
    """Whether the display should be on: True makes standby critical, False makes it ok, None
    (nobody said) makes it unknown."""
    expected_input: str = ""
    """The input that it should show, in PJLink's letters (`31`): another one is a warning."""

    @property
    def address(self) -> str:
        """Host and port for messages."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

"""Which BMC is asked over Redfish, as whom, and how patiently."""

from dataclasses import dataclass, field
from typing import Protocol

from monitors.net.trust import Trust

REDFISH_PORT = 443


class Secret(Protocol):
    """A secret that shows itself only when asked, as pydantic's SecretStr."""

    def get_secret_value(self) -> str:
        """The secret itself."""


@dataclass(frozen=True, slots=True)
class RedfishTarget:
    """One BMC and the credential that reads it."""

    device: str
    """The server's name in the inventory."""
    host: str
    user: str
    password: Secret = field(repr=False)
    trust: Trust
    port: int = REDFISH_PORT
    timeout_s: float = 5.0
    """How long any one answer may take."""
    deadline_s: float = 20.0
    """How long one poll may take; only the first one, which looks around, comes near."""
    log_every_s: float = 60.0
    """How often logs are read."""
    look_again_s: float = 3600.0
    """How often the BMC's tree is walked anew."""
    credential_pause_s: float = 300.0
    """How long a refused credential is not tried again: BMCs lock users after a few failures."""
    expected_power_on: bool = True
    """Whether a server that is switched off is a failure."""

    @property
    def address(self) -> str:
        """Host and port for messages."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

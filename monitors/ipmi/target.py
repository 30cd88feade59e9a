"""Which BMC is asked, as whom, and how patiently."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

from monitors.ipmi.ciphers import SUITES
from monitors.ipmi.errors import IpmiError

IPMI_PORT = 623
LONGEST_USER = 16
LONGEST_PASSWORD = 20
"""Bytes that IPMI 2.0 stores (section 22.30)."""


class Privilege(IntEnum):
    """What a session may do (IPMI 2.0, table 6-2)."""

    CALLBACK = 1
    USER = 2
    OPERATOR = 3
    ADMINISTRATOR = 4
    OEM = 5


class Secret(Protocol):
    """A secret that shows itself only when asked, as pydantic's SecretStr."""

    def get_secret_value(self) -> str:
        """The secret itself."""


@dataclass(frozen=True, slots=True)
class IpmiTarget:
    """One BMC and the credential that reads it."""

    device: str
    """The server's name in the inventory."""
    host: str
    user: str
    password: Secret = field(repr=False)
    port: int = IPMI_PORT
    timeout_s: float = 4.0
    """How long any single question may stay unanswered before the BMC counts as silent."""
    deadline_s: float = 30.0
    """How long one poll may take; only the first one, which reads the sensor list, comes near."""
    privilege: Privilege = Privilege.USER
    """What is asked for first. OPERATOR follows where USER is refused a reading, never more."""
    cipher_suites: tuple[int, ...] = (17, 3)
    """Allowed suites, best first."""
    credential_pause_s: float = 300.0
    """How long a refused credential is not tried again: BMCs lock users after a few failures."""
    expected_power_on: bool = True
    """Whether a server that is switched off is a failure."""

    def __post_init__(self) -> None:
        """Refuses what can never work, before a packet is sent."""
        where = f"{self.device}: BMC {self.address}"
        if len(self.user.encode()) > LONGEST_USER:
            raise IpmiError(f"{where}: user names end at {LONGEST_USER} bytes; shorten it")
        if len(self.password.get_secret_value().encode()) > LONGEST_PASSWORD:
            raise IpmiError(f"{where}: passwords end at {LONGEST_PASSWORD} bytes; shorten it")
        if unknown := set(self.cipher_suites) - set(SUITES):
            raise IpmiError(f"{where}: cipher suite {min(unknown)} is not spoken; use 17 or 3")

    @property
    def address(self) -> str:
        """Host and port for messages."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

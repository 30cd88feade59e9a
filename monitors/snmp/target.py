"""Whom to ask and with which credential; secrets stay out of every repr."""

from dataclasses import dataclass, field

from inventory.secrets import ResolvedCredential
from monitors.snmp.errors import TargetError
from monitors.snmp.usm import Auth, Priv, UsmUser

MAX_COMMUNITY_BYTES = 255
MAX_REPETITIONS = 127


@dataclass(frozen=True, slots=True)
class Community:
    """An SNMPv2c community string (RFC 1901)."""

    value: str = field(repr=False)

    def __post_init__(self) -> None:
        if not 1 <= len(self.value.encode()) <= MAX_COMMUNITY_BYTES:
            raise TargetError(f"an SNMP community has 1 to {MAX_COMMUNITY_BYTES} bytes")


Credential = Community | UsmUser


def snmp_credential(resolved: ResolvedCredential) -> Credential:
    """An inventory credential of SNMP as this package wants it. Raises `TargetError`."""
    if resolved.protocol == "snmp-v2c":
        return Community(resolved.secret.reveal())
    private = bool(resolved.privacy_secret)
    return UsmUser(
        resolved.user,
        Auth[resolved.authentication.upper()],
        resolved.secret.reveal(),
        Priv[resolved.privacy.upper()] if private else None,
        resolved.privacy_secret.reveal(),
    )


@dataclass(frozen=True, slots=True)
class SnmpTarget:
    """One agent, as the inventory names it."""

    device: str
    host: str
    """An IP address or a name."""
    port: int = 161
    credential: Credential = field(default_factory=lambda: Community("public"))
    timeout_s: float = 2.0
    """Until a request is sent again, and after the last one until the agent counts as silent."""
    retries: int = 2
    max_repetitions: int = 25
    """Varbinds that one GETBULK asks for; less is used where an agent answers `tooBig`."""
    deadline_s: float = 10.0
    """For one whole poll: what has not come by then is missing."""
    _hash: int = field(init=False, repr=False, compare=False)
    """Worked out once: what was learned of a target is looked up several times in every poll."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.device, self.host, self.port)))
        if not 1 <= self.port <= 65535:
            raise TargetError(f"{self.device}: {self.port} is no UDP port; use 1 to 65535")
        if not 1 <= self.max_repetitions <= MAX_REPETITIONS:
            raise TargetError(f"{self.device}: max_repetitions must be 1 to {MAX_REPETITIONS}")
        if self.timeout_s <= 0 or self.deadline_s <= 0 or self.retries < 0:
            raise TargetError(f"{self.device}: timeouts must be above 0, retries 0 or more")

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.device} ({host}:{self.port})"

"""The center's secrets on the controller's side: checked against hosts, given to the worker."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hmac import compare_digest

from pydantic import SecretStr

from deploy.change import Change, FileChange
from deploy.secret_text import fingerprint
from inventory.errors import WatchfloorError
from inventory.model import Center, Credential, Device, Purpose
from inventory.nearest import hint
from inventory.secrets import Secrets

_EVERYWHERE = frozenset({Purpose.DEPLOY, Purpose.BMC_ADMIN})
_ON_MONITORS = _EVERYWHERE | {Purpose.MONITOR}
MONITOR_ROLE = "monitor"
"""A host with this role polls the others, and gets what it polls them with."""


class SecretUseError(WatchfloorError):
    """A text names a secret that there is none of, or that may not go to that device."""


def check_quotable(changes: Iterable[Change], secrets: Mapping[str, SecretStr]) -> None:
    """Raises `SecretUseError` for a secret that would end the quotes that it stands in."""
    for change in changes:
        if not isinstance(change, FileChange) or not change.quoted:
            continue
        for name in change.secrets:
            if {"'", "\n", "\r", "\0"} & set(secrets[name].get_secret_value()):
                raise SecretUseError(
                    f"{name}: holds a ' or the end of a line, which cannot stand in {change.path};"
                    " choose another secret"
                )


@dataclass(frozen=True, slots=True)
class SecretBox:
    """The secrets that may go to one device."""

    center: Center
    secrets: Secrets
    device: Device

    def value(self, name: str) -> SecretStr:
        """The secret `CREDENTIAL.secret`. Raises `SecretUseError`, `SecretError`."""
        credential, _, field = name.partition(".")
        resolved = self.secrets.resolve(self._allowed(credential))
        found = resolved.privacy_secret if field == "privacy_secret" else resolved.secret
        text = found.reveal()
        if not text:
            raise SecretUseError(f"{name}: is empty, or a key file, which never goes to a host")
        return SecretStr(text)

    def values(self, names: Iterable[str]) -> dict[str, SecretStr]:
        """The secrets of these names. Raises as `value` does."""
        return {name: self.value(name) for name in names}

    def is_current(self, name: str, salt: str, digest: str) -> bool:
        """See `deploy.secret_text.SecretCheck`."""
        wanted = self.value(name).get_secret_value()
        if not digest:
            return False
        try:
            return compare_digest(fingerprint(salt, wanted).encode(), digest.encode())
        except ValueError:  # the host's salt is no hex: what it keeps is not what we wrote
            return False

    def _allowed(self, name: str) -> Credential:
        credential = self.center.credentials.get(name)
        if credential is None:
            near = hint(name, self.center.credentials)
            raise SecretUseError(f"{self.device.name}: there is no credential {name}; {near}")
        # Network gear gets its SNMP user from us: it may know what it is polled with itself.
        monitoring = self.device.monitoring
        own = self.device.platform is not None and name == monitoring.snmp
        # A BMC has the user that reads it.
        own = own or (self.device.bmc is not None and name == monitoring.ipmi)
        allowed = _ON_MONITORS if own or MONITOR_ROLE in self.device.roles else _EVERYWHERE
        if credential.purpose not in allowed:
            raise SecretUseError(
                f"{self.device.name}: the credential {name} is for {credential.purpose}, and"
                " goes to no such device"
            )
        return credential

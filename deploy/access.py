"""From the inventory to a worker's way into each host: address, account, key and host keys."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from deploy.area import Vantage
from deploy.cargo import Hold, NoCargo
from deploy.messages import HostJob
from deploy.secret_box import SecretBox
from inventory.endpoints import EndpointMap
from inventory.errors import WatchfloorError
from inventory.host_keys import HostKey, alias, read_host_keys
from inventory.model import Center, Credential, Device, Purpose
from inventory.public_keys import public_keys
from inventory.secrets import ResolvedCredential, Secrets
from inventory.settings import READ_TIMEOUT_S, Settings
from inventory.upkeep import certificate_text

SSH_PORT = 22


class AccessError(WatchfloorError):
    """The inventory does not say how the hosts are logged in to."""


@dataclass(frozen=True, slots=True)
class Access:
    """All that is needed to reach the hosts of one center."""

    center: Center
    credential: ResolvedCredential
    """The one that deploys Linux hosts."""
    endpoints: EndpointMap
    host_keys: Mapping[str, tuple[HostKey, ...]]
    secrets: Secrets | None = None
    """For other ways' credentials, and for the markers in texts; `SecretBox` says what may go
    where."""
    login: str | None = None
    """Another account to log in as: root, on a host that does not have its accounts yet."""
    hold: Hold | None = None
    """What can be shipped to hosts."""
    read_timeout_s: float = READ_TIMEOUT_S
    """How long the reading of one device may take."""

    @property
    def admin(self) -> str:
        """The account that deploys, and that every risky change has to leave able to log in."""
        return self.credential.user

    def resolved(self, credential: str) -> ResolvedCredential:
        """Another credential of the center's. Raises `AccessError`, `SecretError`."""
        if self.secrets is None or credential not in self.center.credentials:
            raise AccessError(f"{self.center.name}: there is no credential {credential}")
        return self.secrets.resolve(self.center.credentials[credential])

    def authority_key(self) -> SecretStr:
        """The private key, in PEM, that hosts' certificates are signed with.

        Raises `AccessError`, `SecretError`.
        """
        authority = self.center.authority
        credential = authority.credential if authority else ""
        return SecretStr(self.resolved(credential).secret.reveal())

    def box(self, device: Device) -> SecretBox:
        """The secrets that may go to that device."""
        return SecretBox(self.center, self.secrets or Secrets((), Path()), device)

    def vantage(self, device: Device, client: str, port: int) -> Vantage:
        """Where we stand towards that device, whose answer has our address and its port."""
        login = self.login or self.admin
        cargo = self.hold or NoCargo()
        return Vantage(client, port, login, self.admin, self.box(device), cargo)

    def parcels(self, digests: Iterable[str]) -> dict[str, str]:
        """SHA-256 -> the file on this machine that has it. Raises `WatchfloorError`."""
        wanted = set(digests)
        if wanted and self.hold is None:
            raise AccessError(f"{self.center.name}: nothing can be shipped from here")
        return self.hold.parcels(wanted) if self.hold is not None and wanted else {}

    def host(self, device: Device) -> HostJob:
        """The way in to one host, without anything to do there yet."""
        address, port = self.endpoints.resolve(device.name, "ssh", str(device.address), SSH_PORT)
        key_file = self.credential.key_file
        return HostJob(
            name=device.name,
            device=device.name,
            address=address,
            port=port,
            user=self.login or self.admin,
            admin=self.admin,
            key_file=str(key_file.resolve()) if key_file else "",
            key_text=SecretStr("" if key_file else self.credential.secret.reveal()),
            host_keys=tuple(str(key) for key in self.host_keys.get(alias(self.center, device), ())),
        )


def open_access(
    center: Center, folder: Path, settings: Settings, login: str | None = None
) -> Access:
    """Resolves the deploy credential. Raises `AccessError`, `SecretError`, `HostKeyFileError`."""
    secrets = Secrets((Purpose.DEPLOY, Purpose.BMC_ADMIN, Purpose.MONITOR), folder)
    return Access(
        center=center,
        credential=secrets.resolve(deploy_credential(center)),
        endpoints=settings.endpoints(),
        host_keys=read_host_keys(settings.known_hosts),
        secrets=secrets,
        login=login,
        hold=Hold(center, folder, settings.state, settings.runtime),
        read_timeout_s=settings.read_timeout_s,
    )


def deploy_credential(center: Center) -> Credential:
    """The SSH credential whose purpose is to deploy."""
    found = [
        credential
        for credential in center.credentials.values()
        if credential.purpose is Purpose.DEPLOY and credential.protocol == "ssh"
    ]
    if not found or not found[0].user:
        raise AccessError(
            f"{center.name}: no credential with `purpose: deploy`, `protocol: ssh` and a user; add"
            " one under `credentials:`"
        )
    return found[0]


def with_public_keys(center: Center, folder: Path) -> Center:
    """The center with its references to what is public resolved: accounts' keys, and the
    authority's certificate. Raises `PublicKeyError`, `AuthorityError`."""
    accounts = {
        name: account.model_copy(update={"keys": public_keys(account, folder)})
        for name, account in center.accounts.items()
    }
    authority = center.authority
    if authority is not None:
        text = certificate_text(authority, folder)
        authority = authority.model_copy(update={"certificate": text})
    return center.model_copy(update={"accounts": accounts, "authority": authority})

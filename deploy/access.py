"""From the inventory to a worker's way into each host: address, account, key and host keys."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import SecretStr

from deploy.messages import HostJob
from inventory.endpoints import EndpointMap
from inventory.errors import WatchfloorError
from inventory.host_keys import HostKey, alias, read_host_keys
from inventory.model import Center, Credential, Device, Purpose
from inventory.nearest import hint
from inventory.public_keys import public_keys
from inventory.secrets import ResolvedCredential, Secrets
from inventory.settings import Settings

SSH_PORT = 22


class AccessError(WatchfloorError):
    """The inventory does not say how the hosts are logged in to."""


class LimitError(WatchfloorError):
    """A `--limit` that fits no device."""


@dataclass(frozen=True, slots=True)
class Access:
    """All that is needed to reach the hosts of one center."""

    center: Center
    credential: ResolvedCredential
    endpoints: EndpointMap
    host_keys: Mapping[str, tuple[HostKey, ...]]
    login: str | None = None
    """Another account to log in as: root, on a host that does not have its accounts yet."""

    @property
    def admin(self) -> str:
        """The account that deploys, and that every risky change has to leave able to log in."""
        return self.credential.user

    def host(self, device: Device) -> HostJob:
        """The way in to one host, without anything to do there yet."""
        address, port = self.endpoints.resolve(device.name, "ssh", str(device.address), SSH_PORT)
        key_file = self.credential.key_file
        return HostJob(
            name=device.name,
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
    secrets = Secrets((Purpose.DEPLOY,), folder)
    return Access(
        center=center,
        credential=secrets.resolve(deploy_credential(center)),
        endpoints=settings.endpoints(),
        host_keys=read_host_keys(settings.known_hosts),
        login=login,
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
    """The center with every account's key references resolved. Raises `PublicKeyError`."""
    accounts = {
        name: account.model_copy(update={"keys": public_keys(account, folder)})
        for name, account in center.accounts.items()
    }
    return center.model_copy(update={"accounts": accounts})


def chosen(center: Center, limits: Iterable[str]) -> tuple[Device, ...]:
    """The deployable devices that `--limit` names; all of them without one. Raises `LimitError`.

    A limit is a device's name or pattern (`console-*`), `role:NAME`, `kind:NAME` or `group:NAME`.
    """
    deployable = [d for d in center.devices.values() if d.is_deployable and d.address is not None]
    wanted = tuple(limits)
    if not wanted:
        return tuple(deployable)
    names = {name for limit in wanted for name in _names(center, limit, deployable)}
    return tuple(device for device in deployable if device.name in names)


def _names(center: Center, limit: str, deployable: list[Device]) -> list[str]:
    sort, colon, name = limit.partition(":")
    if colon and sort == "role":
        found = [d.name for d in deployable if name in d.roles]
    elif colon and sort == "kind":
        found = [d.name for d in deployable if d.kind == name]
    elif colon and sort == "group":
        members = center.groups[name].of if name in center.groups else ()
        found = [d.name for d in deployable if d.name in members]
    else:
        found = [d.name for d in deployable if fnmatchcase(d.name, limit)]
    if found:
        return found
    if limit in center.devices:
        raise LimitError(
            f"--limit {limit}: it is {center.devices[limit].os}; only Linux hosts with an address"
            " are deployed"
        )
    near = hint(limit, [device.name for device in deployable])
    raise LimitError(f"--limit {limit}: fits no deployable device: {near}")

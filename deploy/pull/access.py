"""A host's way into itself, without a key and without any secret."""

from dataclasses import dataclass

from deploy.access import Access, deploy_credential
from deploy.area import Vantage
from deploy.center_folder import CenterFolder
from deploy.messages import HostJob
from deploy.pull.bundle import Bundle
from deploy.releases.manifest import Release
from inventory.endpoints import EndpointMap
from inventory.errors import WatchfloorError
from inventory.model import Center, Device
from inventory.secrets import ResolvedCredential, SecretText

LEFT = (
    "needs a secret, the center's authority or a file that is shipped, which no bundle has: left to"
    " `watchfloor apply`"
)


class WithheldError(WatchfloorError):
    """An area needs what is not in a bundle."""


class Withheld:
    """Stands where a controller has the center's secrets."""

    def is_current(self, name: str, salt: str, digest: str) -> bool:  # noqa: ARG002 - the protocol's
        """Raises `WithheldError`."""
        raise WithheldError(LEFT)


class WithheldCargo:
    """Stands where a controller has files to ship."""

    @property
    def release(self) -> Release:
        """Raises `WithheldError`."""
        raise WithheldError(LEFT)

    @property
    def center_folder(self) -> CenterFolder:
        """Raises `WithheldError`."""
        raise WithheldError(LEFT)

    @property
    def signers(self) -> str:
        """Raises `WithheldError`."""
        raise WithheldError(LEFT)


@dataclass(frozen=True, slots=True)
class LocalAccess(Access):
    """Of one host to itself."""

    def host(self, device: Device) -> HostJob:
        """No address is gone to."""
        return HostJob(
            name=device.name,
            device=device.name,
            way="local",
            address="127.0.0.1",
            port=0,
            user=self.admin,
            admin=self.admin,
        )

    def vantage(self, device: Device, client: str, port: int) -> Vantage:  # noqa: ARG002 - as `Access`
        """From the host itself."""
        return Vantage(client, port, self.admin, self.admin, Withheld(), WithheldCargo())


def local_access(bundle: Bundle) -> LocalAccess:
    """Raises `AccessError` when the center says nobody who deploys."""
    return LocalAccess(bundle.center, _nobody(bundle.center), EndpointMap(), {})


def _nobody(center: Center) -> ResolvedCredential:
    """The deploying account's name; areas see to it that it stays able to log in."""
    known = deploy_credential(center)
    none = SecretText("")
    return ResolvedCredential(known.name, "ssh", known.user, none, none, "", "")

"""Network gear over its command line: areas of `deploy.network`, sent line by line."""

from collections.abc import Collection
from typing import Final

from pydantic import SecretStr

from deploy.access import Access
from deploy.messages import HostJob
from deploy.network import reads
from deploy.network.intended import GearError, is_gear
from deploy.network.maker import AREAS, differences
from deploy.network.proved import proof as proof_of
from inventory.host_keys import alias
from inventory.model import Center, Device

__all__ = [
    "AREAS",
    "ENROLLED",
    "NAME",
    "PART",
    "applies",
    "differences",
    "host_job",
    "proof",
    "reading",
]

NAME: Final = "cli"
PART = ""
ENROLLED = True
UNDOES = True
_SSH_PORT = 22


def applies(_center: Center, device: Device) -> bool:
    """Gear with a platform, an address and somebody to log in as, unless NETCONF is its way."""
    return is_gear(device) and device.gear.login is not None and device.gear.way == "cli"


def proof(_center: Center, device: Device) -> str:
    """Empty where the platform was proved."""
    return proof_of(device.platform) if device.platform is not None else ""


def host_job(access: Access, device: Device) -> HostJob:
    """Its address, and the user and password of its login. Raises `WatchfloorError`."""
    if device.platform is None or device.gear.login is None:
        raise GearError(f"{device.name}: has no platform or no gear: login to be deployed with")
    login = access.resolved(device.gear.login)
    address, port = access.endpoints.resolve(device.name, "ssh", str(device.address), _SSH_PORT)
    return HostJob(
        name=device.name,
        device=device.name,
        way="cli",
        platform=str(device.platform),
        address=address,
        port=port,
        user=access.login or login.user,
        admin=login.user,
        password=SecretStr(login.secret.reveal()),
        host_keys=tuple(str(key) for key in access.host_keys.get(alias(access.center, device), ())),
    )


def reading(_center: Center, device: Device, _only: Collection[str]) -> str:
    """The commands whose answers are the target's facts."""
    assert device.platform is not None, "`applies` says so"
    return reads.told(device.platform)

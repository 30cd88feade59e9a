"""Servers' BMCs over IPMI: users, cipher suites, LAN settings and where alerts go."""

from collections.abc import Collection
from typing import Final

from pydantic import SecretStr

from deploy.access import Access, AccessError
from deploy.bmc.differences import AREAS, differences
from deploy.bmc.facts import USERS
from deploy.bmc.talk import BmcReading
from deploy.bmc.wanted import admin_credential, desired
from deploy.messages import HostJob
from inventory.model import Center, Device

__all__ = [
    "AREAS",
    "ENROLLED",
    "NAME",
    "PART",
    "UNDOES",
    "applies",
    "differences",
    "host_job",
    "proof",
    "reading",
]

NAME: Final = "ipmi"
PART = "bmc"
ENROLLED = False
UNDOES = True
_PORT = 623


def applies(center: Center, device: Device) -> bool:
    """What has a BMC, in a center that says who administers them."""
    return device.bmc is not None and admin_credential(center) is not None


def proof(_center: Center, _device: Device) -> str:
    """IPMI is one language for all of them, and each change is read back."""
    return ""


def host_job(access: Access, device: Device) -> HostJob:
    """Its address, its administrator, and the passwords that are tried. Raises
    `WatchfloorError`."""
    admin = admin_credential(access.center)
    if admin is None:
        raise AccessError(f"{device.name}: no credential's purpose is `bmc-admin` over ipmi")
    login = access.resolved(admin.name)
    address, port = access.endpoints.resolve(device.name, NAME, str(device.bmc), _PORT)
    secret = desired(access.center, device).reader_secret
    return HostJob(
        name=f"{device.name}/{PART}",
        device=device.name,
        way=NAME,
        address=address,
        port=port,
        user=login.user,
        admin=login.user,
        password=SecretStr(login.secret.reveal()),
        secrets=access.box(device).values([secret] if secret else ()),
    )


def reading(center: Center, device: Device, only: Collection[str]) -> str:
    """The areas, and whose passwords are tried."""
    wanted = desired(center, device)
    areas = tuple(name for name in AREAS if not only or name in only)
    tried = {wanted.reader: wanted.reader_secret} if wanted.reader and USERS in areas else {}
    return BmcReading(areas=areas, passwords=tried).model_dump_json()

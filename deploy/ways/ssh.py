"""Linux hosts over SSH: the areas of `deploy.desired`, read by one script."""

from collections.abc import Collection
from typing import Final

from deploy.access import Access
from deploy.desired import AREAS, differences, reading_script
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

NAME: Final = "ssh"
PART = ""
ENROLLED = True
UNDOES = True


def applies(_center: Center, device: Device) -> bool:
    """A Linux host that has an address."""
    return device.is_deployable and device.address is not None


def proof(_center: Center, _device: Device) -> str:
    """Every system that the inventory can name is proved, or refused by its visit."""
    return ""


def host_job(access: Access, device: Device) -> HostJob:
    """The way in to one host."""
    return access.host(device)


def reading(center: Center, device: Device, only: Collection[str]) -> str:
    """The script that reads all facts which the areas of this host need."""
    return reading_script(center, (device,), only)

"""Displays over PJLink: power and input."""

from collections.abc import Collection
from typing import Final

from pydantic import SecretStr

from deploy.access import Access, AccessError
from deploy.displays import AREAS, differences, wall_of
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

NAME: Final = "pjlink"
PART = ""
ENROLLED = False
UNDOES = False
_PORT = 4352


def applies(center: Center, device: Device) -> bool:
    """A display with an address, in a wall that says how its displays are logged in to."""
    wall = wall_of(center, device)
    return wall is not None and device.address is not None and wall.credentials.displays is not None


def proof(_center: Center, _device: Device) -> str:
    """The protocol was tried with a simulated display."""
    return "simulated, not proved on a device"


def host_job(access: Access, device: Device) -> HostJob:
    """Its address and its password. Raises `WatchfloorError`."""
    wall = wall_of(access.center, device)
    if wall is None or wall.credentials.displays is None:
        raise AccessError(f"{device.name}: no wall says how its displays are logged in to")
    login = access.resolved(wall.credentials.displays)
    address, port = access.endpoints.resolve(device.name, NAME, str(device.address), _PORT)
    return HostJob(
        name=device.name,
        device=device.name,
        way="pjlink",
        address=address,
        port=port,
        user="",
        admin="",
        password=SecretStr(login.secret.reveal()),
    )


def reading(_center: Center, _device: Device, _only: Collection[str]) -> str:
    """The visit knows what to ask."""
    return ""

"""Gear over NETCONF: leaves of `ietf-system`, tried by the device's own confirmed commit."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from pydantic import SecretStr

from deploy.access import Access, AccessError
from deploy.area import Difference, Rules, Vantage
from deploy.messages import HostJob
from deploy.network.netconf import SECTION, change, untold, wanted
from inventory.facts.collect import HostFacts
from inventory.host_keys import alias
from inventory.model import Center, Device

NAME: Final = "netconf"
PART = ""
ENROLLED = True
UNDOES = True
AREAS: Mapping[str, Rules] = MappingProxyType({"system": Rules(FACTS=(SECTION,), RISKY=True)})
_PORT = 830
"""RFC 6242."""


def applies(_center: Center, device: Device) -> bool:
    """Gear with an address and somebody to log in as, whose way it is."""
    gear = device.gear
    return gear.way == NAME and gear.login is not None and device.address is not None


def proof(_center: Center, _device: Device) -> str:
    """The protocol was tried with one server."""
    return "proved with yuma123 netconfd alone"


def host_job(access: Access, device: Device) -> HostJob:
    """Its address, and the user and password of its login. Raises `WatchfloorError`."""
    if device.gear.login is None:
        raise AccessError(f"{device.name}: has no gear: login to be deployed with")
    login = access.resolved(device.gear.login)
    address, port = access.endpoints.resolve(device.name, NAME, str(device.address), _PORT)
    return HostJob(
        name=device.name,
        device=device.name,
        way=NAME,
        address=address,
        port=port,
        user=access.login or login.user,
        admin=login.user,
        password=SecretStr(login.secret.reveal()),
        host_keys=tuple(str(key) for key in access.host_keys.get(alias(access.center, device), ())),
    )


def reading(_center: Center, _device: Device, _only: Collection[str]) -> str:
    """The visit knows what to ask."""
    return ""


def differences(
    center: Center,
    device: Device,
    facts: HostFacts,
    vantage: Vantage,  # noqa: ARG001 - every way has it
    only: Collection[str],
) -> dict[str, Difference]:
    """Every area's difference, by area, for all areas or `only` these. Pure."""
    if only and "system" not in only:
        return {}
    section = facts.sections.get(SECTION)
    if section is None:
        return {"system": Difference(unmet=(f"{SECTION}: was not read from the device",))}
    found = change(untold(section.text), wanted(center, device))
    return {"system": Difference(changes=(found,) if found else ())}

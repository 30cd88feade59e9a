"""A Linux host's areas in their order, and what they would change there together. Pure."""

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import cast

from deploy import consoles, hardening, servers, walls
from deploy.area import Difference, HostArea, Vantage
from inventory.errors import WatchfloorError
from inventory.facts.collect import HostFacts, batch
from inventory.model import Center, Device

AREAS: Mapping[str, HostArea] = MappingProxyType(
    {
        area.__name__.rpartition(".")[2]: cast(HostArea, area)
        for package in (hardening, servers, consoles, walls)
        for area in package.AREAS
    }
)
"""By name, in the order in which they are done: one stands behind all that its AFTER names."""


def areas_of(center: Center, device: Device, only: Collection[str] = ()) -> dict[str, HostArea]:
    """The areas that this host has; of those in `only`, when it names any."""
    return {
        name: area
        for name, area in AREAS.items()
        if (not only or name in only) and area.applies(center, device)
    }


def reading_script(center: Center, devices: Iterable[Device], only: Collection[str] = ()) -> str:
    """The script that reads all facts which the areas of these hosts need."""
    areas = {
        name: area for device in devices for name, area in areas_of(center, device, only).items()
    }
    return batch(fact for name in AREAS if name in areas for fact in areas[name].FACTS)


def differences(
    center: Center,
    device: Device,
    facts: HostFacts,
    vantage: Vantage,
    only: Collection[str] = (),
) -> dict[str, Difference]:
    """Every area's difference, by area. Facts that are not usable make their own area unmet."""
    return {
        name: _difference(area, center, device, facts, vantage)
        for name, area in areas_of(center, device, only).items()
    }


def _difference(
    area: HostArea, center: Center, device: Device, facts: HostFacts, vantage: Vantage
) -> Difference:
    try:
        return area.difference(center, device, facts, vantage)
    except WatchfloorError as error:  # facts that are not usable, a secret that is not at hand
        return Difference(unmet=(str(error),))

"""All hardening areas in their order, and what they would change on one host together. Pure."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import cast

from deploy.area import Difference, HardeningArea, Vantage
from deploy.hardening import accounts, auditor, banner, firewall, ssh, time
from inventory.facts.area import FactError
from inventory.facts.collect import HostFacts
from inventory.model import Center, Device

AREAS: Mapping[str, HardeningArea] = MappingProxyType(
    {
        "auditor": cast(HardeningArea, auditor),
        "banner": cast(HardeningArea, banner),
        "time": cast(HardeningArea, time),
        "accounts": cast(HardeningArea, accounts),
        "ssh": cast(HardeningArea, ssh),
        "firewall": cast(HardeningArea, firewall),
    }
)
"""In the order in which they are done: one stands behind all that its AFTER names."""


def fact_areas(names: Iterable[str] = AREAS) -> tuple[str, ...]:
    """The areas of facts that these hardening areas read."""
    return tuple(dict.fromkeys(fact for name in names for fact in AREAS[name].FACTS))


def differences(
    center: Center, device: Device, facts: HostFacts, vantage: Vantage
) -> dict[str, Difference]:
    """Every area's difference, by area. Facts that are not usable make their own area unmet."""
    return {name: _difference(name, center, device, facts, vantage) for name in AREAS}


def _difference(
    name: str, center: Center, device: Device, facts: HostFacts, vantage: Vantage
) -> Difference:
    try:
        return AREAS[name].difference(center, device, facts, vantage)
    except FactError as error:
        return Difference(unmet=(str(error),))

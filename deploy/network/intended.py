"""Draws what a piece of gear should be from the inventory. Pure."""

from dataclasses import replace

from deploy.network.cables import Cabling
from deploy.network.intent import GearIntent, Vlan
from deploy.network.layer3 import interfaces, routes
from deploy.network.management import management, notes
from deploy.network.ports import Sketch, sketch, snooped
from inventory.errors import WatchfloorError
from inventory.model import Center, Device, Kind


class GearError(WatchfloorError):
    """A device that is not network gear which can be deployed."""


def is_gear(device: Device) -> bool:
    """Whether the device is network gear whose configuration is ours."""
    return device.platform is not None and device.address is not None


def gear_intent(center: Center, device: Device) -> GearIntent:
    """What this device should be. Raises `GearError` for what is no gear with a platform."""
    if device.platform is None or device.address is None:
        raise GearError(
            f"{device.name}: is a {device.kind} without a `platform` and an address; name the "
            "platform in the inventory (ios, iosxe, nxos, eos, junos, fortios, frr)"
        )
    cabling = Cabling(center)
    drawn = sketch(cabling, device, device.platform)
    layer3 = tuple(interfaces(cabling, device, device.platform, drawn.everything))
    switching = device.kind is Kind.SWITCH
    routed = {name for network in center.networks.values() for name in network.routers}
    return GearIntent(
        device=device.name,
        platform=device.platform,
        management=management(center, device, layer3),
        vlans=_vlans(cabling, device, drawn) if switching else (),
        ports=drawn.ports,
        channels=drawn.channels,
        interfaces=layer3,
        routes=tuple(routes(cabling, device)),
        switching=switching,
        routing=not switching or device.name in routed,
        removes_vlans=device.gear.removes_vlans,
        parking_vlan=device.gear.parking_vlan or 0,
        notes=(*drawn.notes, *notes(center, device)),
    )


def _vlans(cabling: Cabling, device: Device, drawn: Sketch) -> tuple[Vlan, ...]:
    """Those of its ports and its own addresses; the parking one is for ports that are shut."""
    used = {vlan for port in drawn.everything for vlan in (port.vlan, *port.tagged)}
    used |= {network.vlan or 0 for network in cabling.networks_at(device)}
    loose = snooped(cabling, device)
    found = {
        network.vlan: Vlan(
            id=network.vlan,
            name=network.name,
            multicast=network.multicast,
            querier=network.igmp_querier and device.name in network.routers,
            snooped=network.vlan in loose,
        )
        for network in cabling.center.networks.values()
        if network.vlan in used and network.vlan
    }
    parking = device.gear.parking_vlan
    if parking:
        known = found.get(parking, Vlan(parking, "parking"))
        found[parking] = replace(known, snooped=False)
    return tuple(found[number] for number in sorted(found))

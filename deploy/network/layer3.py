"""The layer-3 interfaces, shared gateways and routes of a piece of gear. Pure."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, ip_address, ip_network

from deploy.network.cables import Cabling
from deploy.network.intent import Address, Interface, Port, Route, Shared
from deploy.network.names import tagged_name, vlan_interface
from deploy.network.ports import own_address
from inventory.gear import Platform
from inventory.model import Device, Kind, Network

PREFERRED = 110
"""The priority of the first router of a network; each further one has ten less."""
HSRP = frozenset({Platform.IOS, Platform.IOSXE, Platform.NXOS})
EVERYWHERE = IPv4Network("0.0.0.0/0")


def interfaces(
    cabling: Cabling, device: Device, platform: Platform, ports: Iterable[Port]
) -> Iterator[Interface]:
    """Of a switch, one per network that it has an address in; of a router, one per routed port."""
    drawn = list(ports)
    networks = cabling.networks_at(device)
    if device.kind is Kind.SWITCH:
        for network in networks:
            if network.vlan:
                name = vlan_interface(platform, network.vlan)
                yield from _interface(cabling, device, network, name)
    yield from _routed(cabling, device, networks, drawn)
    if device.kind is not Kind.SWITCH:
        yield from _tagged(cabling, device, platform, networks, drawn)


def routes(cabling: Cabling, device: Device) -> Iterator[Route]:
    """The declared ones, and a switch's way out through its management network's gateway."""
    declared = device.gear.routes
    for destination, via in declared.items():
        network = EVERYWHERE if destination == "default" else ip_network(destination)
        if isinstance(network, IPv4Network):
            hops = via if isinstance(via, tuple) else (via,)
            yield from (Route(network, hop, rank) for rank, hop in enumerate(hops))
    own = cabling.network_of(device.address)
    if own is None or "default" in declared or str(EVERYWHERE) in declared:
        return
    gateway = gateway_of(own)
    if gateway is not None and device.name not in own.routers:
        yield Route(EVERYWHERE, gateway)


def gateway_of(network: Network) -> Address | None:
    """What a network's hosts send to: the shared address, or its only router's own."""
    own = list(network.routers.values())
    return network.gateway or (own[0] if len(own) == 1 else None)


def shared(cabling: Cabling, device: Device, network: Network) -> Shared | None:
    """The gateway's address that this router shares with others."""
    number, address, routers = _sharing(device, network)
    if address is None or len(routers) < 2:
        return None
    platforms = {cabling.center.devices[name].platform for name in routers}
    return Shared(
        protocol="hsrp" if platforms <= HSRP else "vrrp",
        group=((network.vlan or 1) + number) % 255 or 255,
        address=address,
        priority=PREFERRED - 10 * routers.index(device.name),
    )


def _sharing(device: Device, network: Network) -> tuple[int, Address | None, list[str]]:
    """Which shared address of a network it is (0 the first), and who shares it."""
    for number, (address, names) in enumerate(network.more_gateways.items(), start=1):
        if device.name in names:
            return number, ip_address(address), list(names)
    others = {name for names in network.more_gateways.values() for name in names}
    routers = [name for name in network.routers if name not in others]
    return 0, network.gateway if device.name in routers else None, routers


def _interface(
    cabling: Cabling,
    device: Device,
    network: Network,
    name: str,
    *,
    parent: str = "",
) -> Iterator[Interface]:
    address = own_address(device, network)
    if address is not None:
        yield Interface(
            name=name,
            description=network.name,
            address=address,
            vlan=network.vlan or 0 if parent or device.kind is Kind.SWITCH else 0,
            parent=parent,
            shared=shared(cabling, device, network),
            management=device.address is not None and address.ip == device.address,
        )


def _routed(
    cabling: Cabling, device: Device, networks: Iterable[Network], ports: Iterable[Port]
) -> Iterator[Interface]:
    for port in ports:
        if port.mode != "routed" or port.address is None:
            continue
        inside = port.address.network
        network = next((n for n in networks if n.cidr == inside), None)
        yield Interface(
            name=port.name,
            description=port.description,
            address=port.address,
            shared=shared(cabling, device, network) if network else None,
            management=device.address is not None and port.address.ip == device.address,
        )


def _tagged(
    cabling: Cabling,
    device: Device,
    platform: Platform,
    networks: Iterable[Network],
    ports: Iterable[Port],
) -> Iterator[Interface]:
    """Networks of a router that are behind switches: tagged on its port towards them."""
    addressed = [port for port in ports if port.mode == "routed" and port.address is not None]
    have = {port.address.network for port in addressed if port.address is not None}
    towards = [port for port in ports if port.mode == "routed" and port.uplink]
    for network in networks:
        if towards and network.vlan and network.cidr not in have:
            name = tagged_name(platform, towards[0].name, network.vlan)
            yield from _interface(cabling, device, network, name, parent=towards[0].name)

"""The ports and port channels of a switch, router or firewall, from its cables. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from ipaddress import ip_interface

from deploy.network.cables import GEAR, Cable, Cabling
from deploy.network.intent import Interface4or6, Mode, Port
from deploy.network.names import by_number, channel_name, last_number, port_name
from inventory.gear import Platform, SpecialPort
from inventory.model import Device, Kind, Network

STATIONS = 3
"""May speak on a host's port: the host, what is plugged in while it is repaired, and one more."""
SINGLE = frozenset(Kind) - GEAR - {Kind.SERVER, Kind.WALL_PROCESSOR, Kind.LINK, Kind.UTILITY}
"""Kinds with one address per port: no virtual machines, and no bonds that move."""
LOOSE = frozenset({Kind.CONSOLE, Kind.CAMERA})
"""Kinds whose sockets strangers can reach: DHCP servers are believed elsewhere only."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """The ports of one device."""

    ports: tuple[Port, ...]
    channels: tuple[Port, ...]
    notes: tuple[str, ...]

    @property
    def everything(self) -> tuple[Port, ...]:
        """What has VLANs: channels and the ports that are in none."""
        bound = {name for channel in self.channels for name in channel.members}
        return (*self.channels, *(port for port in self.ports if port.name not in bound))


def sketch(cabling: Cabling, device: Device, platform: Platform) -> Sketch:
    """Every port that the inventory knows, and what is to be on it."""
    cables = cabling.of(device)
    channels = _channel_numbers(device, cables)
    drawn = {c.port.lower(): _port(cabling, device, platform, c, channels) for c in cables}
    for short in device.gear.all_ports:
        drawn.setdefault(short.lower(), Port(port_name(platform, short)))
    ports = sorted(drawn.values(), key=lambda port: by_number(port.name))
    ports, standby = _standby(platform, ports)
    return Sketch(
        tuple(ports),
        (*_channels(platform, ports), *standby),
        tuple(_notes(cabling, device, cables)),
    )


def snooped(cabling: Cabling, device: Device) -> frozenset[int]:
    """The VLANs of sockets that strangers can reach, without those that carry multicast."""
    found = set()
    for cable in cabling.of(device):
        network = cabling.network_of(cable.address)
        if cable.peer is not None and cable.peer.kind in LOOSE and network is not None:
            found.add(0 if network.multicast else network.vlan or 0)
    return frozenset(found - {0})


def _port(
    cabling: Cabling,
    device: Device,
    platform: Platform,
    cable: Cable,
    channels: dict[str, int],
) -> Port:
    special = _special(device, cable.port)
    mode, vlan, tagged = _vlans(cabling, device, cable, special)
    network = next((n for n in cabling.center.networks.values() if vlan and n.vlan == vlan), None)
    edge = mode == "access" and (cable.peer is None or cable.peer.kind not in GEAR)
    careful = edge and not (network is not None and network.multicast)
    single = cable.peer is not None and (cable.to_bmc or cable.peer.kind in SINGLE)
    storm, stations, trust = special.storm_control, special.port_security, special.dhcp_trust
    return Port(
        name=port_name(platform, cable.port),
        description=_description(cable, special),
        mode=mode,
        vlan=vlan,
        tagged=tagged,
        edge=edge,
        storm_control=careful if storm is None else storm,
        stations=(STATIONS if careful and single else 0) if stations is None else stations,
        dhcp_trust=not edge and mode in {"access", "trunk"} if trust is None else trust,
        uplink=cable.upwards,
        channel=channels.get(cable.port.lower(), 0),
        address=_address(cabling, device, cable, special) if mode == "routed" else None,
    )


def _vlans(
    cabling: Cabling, device: Device, cable: Cable, special: SpecialPort
) -> tuple[Mode, int, tuple[int, ...]]:
    untagged = next(iter(cabling.vlans_named((special.network or "",))), 0)
    if special.shut:
        return "shut", 0, ()
    if special.networks:
        tagged = cabling.vlans_named(special.networks) - {untagged}
        return "trunk", untagged or device.gear.parking_vlan or 0, tuple(sorted(tagged))
    if device.kind is not Kind.SWITCH or special.address is not None:
        return "routed", 0, ()
    if untagged:
        return "access", untagged, ()
    return _derived(cabling, device, cable)


def _derived(cabling: Cabling, device: Device, cable: Cable) -> tuple[Mode, int, tuple[int, ...]]:
    peer = cable.peer
    if peer is None:
        return "shut", 0, ()
    if peer.kind is Kind.SWITCH:
        carried = _between(cabling, device, cable, peer)
        return "trunk", device.gear.parking_vlan or 0, tuple(sorted(carried))
    if peer.kind in GEAR:
        vlans = sorted(n.vlan for n in cabling.networks_at(peer) if n.vlan)
        if len(vlans) > 1:
            return "trunk", device.gear.parking_vlan or 0, tuple(vlans)
        return "access", vlans[0] if vlans else 0, ()
    network = cabling.network_of(cable.address)
    return "access", (network.vlan or 0) if network else 0, ()


def _between(cabling: Cabling, device: Device, cable: Cable, peer: Device) -> frozenset[int]:
    """What a trunk carries: what the lower end needs; between equals, what either needs."""
    if cable.upwards:
        return cabling.needs(device)
    if any(uplink.device == device.name for uplink in peer.uplinks):
        return cabling.needs(peer)
    return cabling.needs(device) | cabling.needs(peer)


def _address(
    cabling: Cabling, device: Device, cable: Cable, special: SpecialPort
) -> Interface4or6 | None:
    if special.address is not None:
        return special.address
    networks = cabling.networks_at(device)
    if special.network is not None:
        networks = [n for n in networks if n.name == special.network]
    elif cable.peer is not None and cable.peer.kind in GEAR - {Kind.SWITCH}:
        networks = [n for n in networks if n in cabling.networks_at(cable.peer)]
    elif cable.upwards:
        networks = [n for n in networks if n == cabling.network_of(device.address)]
    if len(networks) != 1:
        return None
    return own_address(device, networks[0])


def own_address(device: Device, network: Network) -> Interface4or6 | None:
    """A device's own address in a network, with the network's prefix."""
    address = network.routers.get(device.name)
    if address is None and device.address is not None and device.address in network.cidr:
        address = device.address
    return None if address is None else ip_interface(f"{address}/{network.cidr.prefixlen}")


def _channel_numbers(device: Device, cables: Iterable[Cable]) -> dict[str, int]:
    """Two or more cables to one device are one channel, numbered as the first of its ports."""
    numbers: dict[str, int] = {}
    bundles: dict[str, list[str]] = {}
    for cable in cables:
        special = _special(device, cable.port)
        if special.channel is not None:
            numbers[cable.port.lower()] = special.channel
        elif cable.peer is not None and not cable.to_bmc and not special.shut:
            bundles.setdefault(cable.peer.name, []).append(cable.port)
    taken = set(numbers.values())
    for ports in bundles.values():
        if len(ports) < 2:
            continue
        first = min(ports, key=by_number)
        number = last_number(first) or 1
        while number in taken:
            number += 100
        taken.add(number)
        numbers |= dict.fromkeys((port.lower() for port in ports), number)
    return numbers


def _channels(platform: Platform, ports: Iterable[Port]) -> Iterable[Port]:
    members: dict[int, list[Port]] = {}
    for port in ports:
        if port.channel:
            members.setdefault(port.channel, []).append(port)
    for number, bundle in sorted(members.items()):
        first = bundle[0]
        yield replace(
            first,
            name=channel_name(platform, number),
            description=first.description.partition(" ")[0],
            members=tuple(port.name for port in bundle),
        )


def _standby(platform: Platform, ports: list[Port]) -> tuple[list[Port], list[Port]]:
    """A router's two cables into one network: one address, and the second cable waits.

    Only FortiOS has an interface for that (`type redundant`); elsewhere the second port stays
    without an address.
    """
    first: dict[Interface4or6, list[Port]] = {}
    for port in ports:
        if port.address is not None and not port.channel:
            first.setdefault(port.address, []).append(port)
    doubled = [bundle for bundle in first.values() if len(bundle) > 1]
    spare = {port.name for bundle in doubled for port in bundle[1:]}
    if platform is not Platform.FORTIOS:
        return [replace(p, address=None) if p.name in spare else p for p in ports], []
    bound = {port.name for bundle in doubled for port in bundle}
    made = [
        replace(
            bundle[0],
            name=f"red{number}",
            description=" ".join(port.description.partition(" ")[0] for port in bundle),
            members=tuple(port.name for port in bundle),
            standby=True,
        )
        for number, bundle in enumerate(doubled, start=1)
    ]
    return [replace(p, address=None) if p.name in bound else p for p in ports], made


def _description(cable: Cable, special: SpecialPort) -> str:
    if special.title:
        return special.title
    if cable.peer is None:
        return ""
    more = "BMC" if cable.to_bmc else cable.peer_port
    # A port of gear that is only watched may be called anything.
    return re.sub(r"[^ !-~]|[?\"]", "", f"{cable.peer.name} {more}").rstrip()


def _special(device: Device, port: str) -> SpecialPort:
    known = {name.lower(): special for name, special in device.gear.special_ports.items()}
    return known.get(port.lower(), SpecialPort())


def _notes(cabling: Cabling, device: Device, cables: Iterable[Cable]) -> Iterable[str]:
    multicast = sorted(
        {
            network.name
            for cable in cables
            if (network := cabling.network_of(cable.address)) is not None and network.multicast
        }
    )
    for name in multicast:
        yield (
            f"{name} carries multicast: storm control, port security and DHCP snooping are left "
            "off on its ports, and its IGMP snooping as it is"
        )
    missing = device.uplinks[len(device.gear.uplink_ports) :]
    for uplink in missing:
        yield f"its own port to {uplink} is not known: name it in gear: uplink_ports"

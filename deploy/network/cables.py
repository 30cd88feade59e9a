"""What hangs on each port of a piece of gear, and which VLANs have to reach it."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from inventory.model import Center, Device, Kind, Network

GEAR = frozenset({Kind.SWITCH, Kind.ROUTER, Kind.FIREWALL})
ALL = "all"


@dataclass(frozen=True, slots=True)
class Cable:
    """One cable, seen from one end."""

    port: str
    """Ours, as the inventory writes it."""
    peer: Device | None
    """None for a port that only `special_ports` knows."""
    peer_port: str = ""
    upwards: bool = False
    to_bmc: bool = False

    @property
    def address(self) -> IPv4Address | IPv6Address | None:
        """The address of what hangs there."""
        if self.peer is None:
            return None
        return self.peer.bmc if self.to_bmc else self.peer.address


@dataclass(frozen=True, slots=True)
class Cabling:
    """All cables of a center."""

    center: Center

    def of(self, device: Device) -> list[Cable]:
        """The cables of a device whose own port is known: downwards, upwards, then special ones."""
        found = [*self._down(device), *self._up(device)]
        known = {cable.port.lower() for cable in found}
        for port, special in device.gear.special_ports.items():
            if port.lower() not in known:
                peer = self.center.devices.get(special.peer or "")
                found.append(Cable(port, peer))
        return found

    def needs(self, device: Device) -> frozenset[int]:
        """The VLANs that have to reach a piece of gear: its own, and those of all below it."""
        return self._needs(device, frozenset())

    def network_of(self, address: IPv4Address | IPv6Address | None) -> Network | None:
        """The network that an address lies in."""
        return next(
            (n for n in self.center.networks.values() if address is not None and address in n.cidr),
            None,
        )

    def networks_at(self, device: Device) -> list[Network]:
        """The networks in which a device has an address of its own."""
        own = self.network_of(device.address)
        routed = [n for n in self.center.networks.values() if device.name in n.routers]
        return routed if own is None or own in routed else [own, *routed]

    def vlans_named(self, names: tuple[str, ...]) -> frozenset[int]:
        """The VLANs of networks; of all of them for `all`."""
        networks = self.center.networks.values()
        return frozenset(n.vlan for n in networks if n.vlan and (n.name in names or ALL in names))

    def _needs(self, device: Device, above: frozenset[str]) -> frozenset[int]:
        wanted = {network.vlan for network in self.networks_at(device)}
        if device.kind is Kind.SWITCH:
            for cable in self._down(device):
                if cable.peer is None or cable.peer.name in above:
                    continue
                if cable.peer.kind in GEAR:
                    wanted |= self._needs(cable.peer, above | {device.name})
                elif (network := self.network_of(cable.address)) is not None:
                    wanted.add(network.vlan)
            for special in device.gear.special_ports.values():
                if special.peer is None:
                    names = (special.network or "", *special.networks)
                    wanted |= self.vlans_named(names)
        return frozenset(vlan for vlan in wanted if vlan)

    def _down(self, device: Device) -> Iterator[Cable]:
        for other in self.center.devices.values():
            for number, uplink in enumerate(other.uplinks):
                if uplink.device == device.name and uplink.port:
                    ends = other.gear.uplink_ports
                    yield Cable(uplink.port, other, ends[number] if number < len(ends) else "")
            bmc = other.bmc_uplink
            if bmc is not None and bmc.device == device.name and bmc.port:
                yield Cable(bmc.port, other, to_bmc=True)

    def _up(self, device: Device) -> Iterator[Cable]:
        for port, uplink in zip(device.gear.uplink_ports, device.uplinks, strict=False):
            peer = self.center.devices.get(uplink.device)
            yield Cable(port, peer, uplink.port, upwards=True)

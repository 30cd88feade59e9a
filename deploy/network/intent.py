"""What a piece of network gear should be, in no maker's words."""

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface
from typing import Literal

from inventory.gear import Platform

Address = IPv4Address | IPv6Address
Interface4or6 = IPv4Interface | IPv6Interface

Mode = Literal["access", "trunk", "routed", "shut"]
AREAS = ("management", "vlans", "ports", "routing")
"""In the order of work: who may change the gear comes first, what leads to it last."""


@dataclass(frozen=True, slots=True)
class Vlan:
    """A VLAN on this gear."""

    id: int
    name: str
    multicast: bool = False
    """Carries video: nothing that could black it out is set for it."""
    querier: bool = False
    """Whether this gear asks for group members."""
    snooped: bool = False
    """Whether DHCP servers are believed on trusted ports only."""


@dataclass(frozen=True, slots=True)
class Port:
    """What a port (or a port channel) should be."""

    name: str
    """In the gear's own long form: `GigabitEthernet1/0/12`."""
    description: str = ""
    mode: Mode = "shut"
    vlan: int = 0
    """An access port's VLAN, or a trunk's untagged one; 0 for none of ours."""
    tagged: tuple[int, ...] = ()
    """A trunk's VLANs, ascending."""
    edge: bool = False
    """A host hangs on it, never another switch: portfast and BPDU guard."""
    storm_control: bool = False
    stations: int = 0
    """How many stations may speak (port security); 0 for any number."""
    dhcp_trust: bool = False
    uplink: bool = False
    """Leads upwards, to where most of the center is: the way to us may go over it."""
    members: tuple[str, ...] = ()
    """A port channel's ports; empty for a plain port."""
    standby: bool = False
    """Of `members`, one carries everything and the others wait: they lead to two switches."""
    channel: int = 0
    """A port channel's number, also on its members; 0 for a plain port."""
    address: Interface4or6 | None = None
    """A routed port's."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A gateway's address that several routers share."""

    protocol: Literal["hsrp", "vrrp"]
    group: int
    address: Address
    priority: int


@dataclass(frozen=True, slots=True)
class Interface:
    """A layer-3 interface: of a VLAN on a switch, of a port or a VLAN on it on a router."""

    name: str
    description: str
    address: Interface4or6
    vlan: int = 0
    """A switch's VLAN, or the tag on `parent`; 0 for a plain routed port."""
    parent: str = ""
    """A router's port, where the VLAN is tagged on it."""
    shared: Shared | None = None
    management: bool = False
    """Has the address by which the gear is managed."""


@dataclass(frozen=True, slots=True)
class Route:
    """A static route."""

    destination: IPv4Network
    via: Address
    rank: int = 0
    """0 for the first choice; the next one is taken when it is gone."""

    @property
    def is_default(self) -> bool:
        return self.destination.prefixlen == 0


@dataclass(frozen=True, slots=True)
class SnmpUser:
    """SNMPv3 with authentication and privacy."""

    user: str
    authentication: str
    """`sha1` … `sha512`."""
    privacy: str
    """`aes128` or `aes256`."""
    authentication_secret: str
    """A marker; see `deploy.network.secrets`."""
    privacy_secret: str
    sources: tuple[IPv4Network, ...] = ()
    """Who may ask: the monitors."""


@dataclass(frozen=True, slots=True)
class Servers:
    """TACACS+ or RADIUS servers."""

    protocol: Literal["tacacs", "radius"]
    addresses: tuple[tuple[str, Address], ...]
    """Name and address of each, in the order in which they are asked."""
    secret: str
    """A marker."""


@dataclass(frozen=True, slots=True)
class Ssh:
    """What the gear's SSH server may speak, in OpenSSH's words."""

    ciphers: tuple[str, ...]
    macs: tuple[str, ...]
    kex: tuple[str, ...]
    idle_s: int
    login_grace_s: int
    attempts: int


@dataclass(frozen=True, slots=True)
class Management:
    """The management plane."""

    hostname: str
    domain: str
    address: Address
    interface: str
    """The interface that has `address`, in the gear's words; empty when it is unknown."""
    user: str
    """The one local account: ours, and everybody's last resort."""
    user_secret: str
    """A marker; empty when the inventory names no login."""
    ssh: Ssh
    sources: tuple[IPv4Network, ...]
    """From where SSH is let in."""
    banner: tuple[str, ...]
    authentication: Servers | None = None
    snmp: SnmpUser | None = None
    clocks: tuple[Address, ...] = ()
    logs: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True)
class GearIntent:
    """All of it."""

    device: str
    platform: Platform
    management: Management
    vlans: tuple[Vlan, ...] = ()
    ports: tuple[Port, ...] = ()
    """Plain ports and port channels' members, in the gear's order."""
    channels: tuple[Port, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    routes: tuple[Route, ...] = ()
    switching: bool = True
    """Whether it is a switch: it has VLANs and switched ports."""
    routing: bool = False
    """Whether it routes between networks; a switch that does not has a default gateway alone."""
    removes_vlans: bool = False
    parking_vlan: int = 0
    notes: tuple[str, ...] = field(default=())
    """What people should know: what was left off on purpose, or could not be said."""

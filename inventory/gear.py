"""How network gear is described: its platform and ports, and what no cable says of them."""

import re
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.networks import IPvAnyAddress, IPvAnyInterface

MOST_PORTS = 1024
"""Of one device: the largest chassis has fewer."""

_RANGE = re.compile(r"(?P<before>\S*?)(?P<first>\d{1,4})(?:-(?P<last>\d{1,4}))?")


class Platform(StrEnum):
    """What language the gear speaks."""

    IOS = "ios"
    IOSXE = "iosxe"
    NXOS = "nxos"
    EOS = "eos"
    JUNOS = "junos"
    FORTIOS = "fortios"
    FRR = "frr"


def expand(text: str) -> tuple[str, ...]:
    """The ports of `Gi1/0/1-48`, or the one that is no range. Raises `ValueError`."""
    found = _RANGE.fullmatch(text)
    if found is None or found["last"] is None:
        return (text,)
    first, last = int(found["first"]), int(found["last"])
    if not 0 <= last - first < MOST_PORTS:
        raise ValueError(f'"{text}" counts backwards or too far: write it as Gi1/0/1-48')
    return tuple(f"{found['before']}{number}" for number in range(first, last + 1))


def _expands(text: str) -> str:
    expand(text)
    return text


PortName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9/:._-]{0,62}$", max_length=63)
]
"""A port as the gear names it in short, `Gi1/0/12`, `Ethernet1/1`, `ge-0/0/3`, `port1`."""
PortRange = Annotated[PortName, AfterValidator(_expands)]
"""A port, or several whose last number counts: `Gi1/0/1-48`."""
Destination = Annotated[str, StringConstraints(pattern=r"^(default|[0-9a-fA-F:.]+/\d{1,3})$")]
"""Where a route leads: a network, or `default`."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class SpecialPort(_Part):
    """A port that is not what its cable says, or whose cable the inventory does not hold."""

    title: str = Field(default="", max_length=80, pattern=r"^[^\x00-\x1f\x7f?\"]*$")
    peer: str | None = None
    """The device at its other end, where no uplink says it: the link between two core switches."""
    network: str | None = None
    """The network that is untagged on it: an access port's, or that of a routed port."""
    networks: tuple[str, ...] = ()
    """The networks that are tagged on it; `all` for every one with a VLAN."""
    channel: Annotated[int, Field(ge=1, le=4096)] | None = None
    """The port channel that it belongs to; derived where two cables lead to one device."""
    address: IPvAnyInterface | None = None
    """A routed port's address with its prefix, where no network of the inventory has it."""
    shut: bool = False
    """Kept shut, although something is plugged in."""
    storm_control: bool | None = None
    """Against what the port's network would have."""
    port_security: Annotated[int, Field(ge=0, le=64)] | None = None
    """How many stations may speak on it; 0 for any number."""
    dhcp_trust: bool | None = None
    """Whether a DHCP server may answer from there."""


class Gear(_Part):
    """What is to be known of a switch, router or firewall beside its cables."""

    ports: tuple[PortRange, ...] = Field(default=(), max_length=64)
    """All that it has. What hangs on none of them is shut; without `ports`, nothing is."""
    uplink_ports: tuple[PortName, ...] = Field(default=(), max_length=8)
    """Its own ends of `uplinks`, in their order."""
    special_ports: dict[PortName, SpecialPort] = {}
    login: str | None = None
    """The credential that deploys it, with the protocol `cli`."""
    routes: dict[Destination, IPvAnyAddress | tuple[IPvAnyAddress, ...]] = {}
    """Static routes: destination, and the next hop, or several, of which the first that is there
    is taken. A switch's default route is its management
    network's gateway, unless it stands here."""
    parking_vlan: Annotated[int, Field(ge=2, le=4094)] | None = None
    """A VLAN that leads nowhere, for ports that are shut."""
    removes_vlans: bool = False
    """Whether VLANs that the inventory does not name are removed; else they are only remarked."""
    way: Literal["cli", "netconf"] = "cli"
    """How changes reach it: through its command line, or NETCONF with a confirmed commit."""

    @property
    def all_ports(self) -> tuple[str, ...]:
        """`ports` one by one."""
        return tuple(port for group in self.ports for port in expand(group))


class Authentication(_Part):
    """The servers that know who may log in to network gear; its own user is the last resort."""

    servers: tuple[str, ...] = Field(min_length=1, max_length=8)
    """Devices."""
    credential: str
    """With the protocol `tacacs` or `radius`; its secret is the key shared with the servers."""

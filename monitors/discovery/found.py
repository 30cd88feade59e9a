"""What a sweep finds at one address."""

from dataclasses import dataclass, field

from monitors.probe import Identity


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What a device says is connected to one of its ports (LLDP-MIB, IEEE 802.1AB)."""

    port: str
    """The device's own port."""
    system: str
    """The neighbour's name; empty where it does not say."""
    remote_port: str = ""


@dataclass(frozen=True, slots=True)
class Outlet:
    """A PDU's outlet and the name that somebody gave it there."""

    number: str
    name: str


@dataclass(frozen=True, slots=True)
class SnmpView:
    """What a device tells over SNMP."""

    credential: str
    """Name of the inventory's credential that it answered to."""
    identity: Identity
    profiles: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    """Kinds of parts that it has: `outlet`, `battery`, …"""
    neighbours: tuple[Neighbour, ...] = ()
    outlets: tuple[Outlet, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """One address at which something lives."""

    address: str
    snmp: SnmpView | None = None
    ipmi: bool = False
    """A BMC answers there (Get Channel Authentication Capabilities, without a login)."""
    redfish: str = ""
    """What the Redfish service root calls itself; empty when there is none."""
    redfish_sha256: str = ""
    """Fingerprint of its certificate, 64 hexadecimal digits."""
    pjlink: bool = False
    alive: bool | None = None
    """Whether the host answers a ping; None when that could not be found out."""

    @property
    def protocols(self) -> tuple[str, ...]:
        """What it speaks, in our names."""
        spoken = {
            "snmp": self.snmp is not None,
            "ipmi": self.ipmi,
            "redfish": bool(self.redfish),
            "pjlink": self.pjlink,
        }
        return tuple(name for name, speaks in spoken.items() if speaks)

    @property
    def is_there(self) -> bool:
        """Whether anything lives there."""
        return bool(self.protocols) or self.alive is True


@dataclass(frozen=True, slots=True)
class Sweep:
    """All of one sweep."""

    networks: tuple[str, ...]
    asked: int
    found: tuple[Found, ...] = field(default=())

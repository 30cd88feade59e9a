"""What a center is made of: the frozen models that every other part reads.

The YAML in a center's folder is read by `inventory.loader`, which resolves defaults first, so a
`Device` here is complete. Questions about redundancy are answered by `inventory.topology`.
"""

import re
from datetime import UTC
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic.networks import IPvAnyNetwork

from inventory.baseline import Baseline
from inventory.desks import Desk
from inventory.gear import Authentication, Gear, Platform
from inventory.reach import Certified, Check
from inventory.references import FeedRef, Need, UplinkRef
from inventory.upkeep import Archive, Authority, FileReference, Mail, Pull
from inventory.virtual import VirtualAddress
from inventory.walls import Wall
from inventory.words import (
    Address,
    ComponentId,
    Day,
    Moment,
    Name,
    Timezone,
    address_text,
)

FORMAT = 1
"""The inventory's format version; another one is refused."""


class Kind(StrEnum):
    """What sort of device something is."""

    CONSOLE = "console"
    SERVER = "server"
    WALL_PROCESSOR = "wall-processor"
    DISPLAY = "display"
    SWITCH = "switch"
    FIREWALL = "firewall"
    ROUTER = "router"
    UPS = "ups"
    PDU = "pdu"
    ATS = "ats"
    GENERATOR = "generator"
    SENSOR = "sensor"
    KVM = "kvm"
    RECORDER = "recorder"
    CAMERA = "camera"
    CLOCK = "clock"
    LINK = "link"
    UTILITY = "utility"


class Purpose(StrEnum):
    """What a credential may be used for; a process resolves its own purpose only."""

    MONITOR = "monitor"
    AUDIT = "audit"
    DEPLOY = "deploy"
    BMC_ADMIN = "bmc-admin"


class Model(BaseModel):
    """Frozen, and strict about unknown keys: a misspelt key is a mistake, not a comment."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Monitoring(Model):
    """How a device is read. Each protocol names a credential of the center, or null for none."""

    snmp: str | None = None
    ipmi: str | None = None
    """Read at the device's `bmc` address."""
    redfish: str | None = None
    """Read at the device's `bmc` address."""
    redfish_tls: Certified = Certified()
    """What vouches for the BMC's certificate."""
    pjlink: str | None = None
    sis: str | None = None
    """An Extron-style wall processor over SSH: its user and password."""
    sis_host_key: Annotated[str, StringConstraints(pattern=r"^(SHA256:[A-Za-z0-9+/]{43})?$")] = ""
    """The fingerprint of its SSH host key, as `ssh-keygen -l` prints it; else nothing is sent."""
    reach: tuple[Check, ...] = ()
    """What is asked from outside: echoes, ports, certificates, streams, clocks."""
    ssh: str | None = None
    """For the audit's and drift's reading of facts: a credential whose purpose is `audit`. Never
    used by the engine's polls."""
    interval_s: Annotated[float, Field(ge=1, le=3600)] | None = None
    """Overrides the center's polling interval."""
    expects: tuple[ComponentId, ...] = ()
    """Parts that must be there, as `watchfloor poll` names them: `power_supply:2`, `stack_ring`.
    Without it, an empty bay counts as a failed part only once the part has been seen."""
    profiles: tuple[str, ...] = ()
    """Profiles to add to those that the device is recognised by."""


class Device(Model):
    """Anything with a name in the inventory."""

    name: Name
    id: Name
    """Survives a rename; the name when none was given."""
    kind: Kind
    title: str = ""
    model: str = ""
    serial: str = ""
    rack: str | None = None
    at: Annotated[str, StringConstraints(pattern=r"^u\d{1,2}(-\d{1,2})?$")] | None = None
    """Rack units, lowest first: `u12` or `u12-13`."""
    place: str = ""
    """Where it stands when it is in no rack: `console row 1, seat 3`, `wall row 1, column 2`."""
    address: Address | None = None
    bmc: Address | None = None
    feeds: tuple[FeedRef, ...] = ()
    feeds_needed: Annotated[int, Field(ge=1, le=8)] = 1
    uplinks: tuple[UplinkRef, ...] = ()
    uplinks_needed: Annotated[int, Field(ge=1, le=8)] = 1
    pair: str | None = None
    """The other half of a redundant pair; makes the group `pair:A+B` that needs one of the two."""
    outlets: Annotated[int, Field(ge=1, le=256)] | None = None
    """How many outlets a PDU, UPS or ATS has; null when feeds name no outlet."""
    os: Literal[
        "debian-12", "debian-13", "ubuntu-22.04", "ubuntu-24.04", "windows-11", "appliance"
    ] = "appliance"
    platform: Platform | None = None
    """The language that network gear is deployed in; null for gear that is only watched."""
    gear: Gear = Gear()
    """Its ports and routes, for gear with a `platform`."""
    bmc_uplink: UplinkRef | None = None
    """Where its BMC is plugged in; the cable counts for the switch's ports, not for reach."""
    roles: tuple[str, ...] = ()
    baseline: Baseline | None = None
    """Overrides of the center's baseline profile for this device, merged by the loader."""
    pull: bool = False
    """Whether it converges itself on a timer; see the center's `pull`."""
    desk: Desk | None = None
    """What stands before a console's operator."""
    monitoring: Monitoring = Monitoring()

    @property
    def units(self) -> tuple[int, ...]:
        """The rack units it fills, lowest first; empty when it is in no rack."""
        if self.at is None:
            return ()
        numbers = [int(n) for n in re.findall(r"\d+", self.at)]
        return tuple(range(numbers[0], numbers[-1] + 1))

    @property
    def is_deployable(self) -> bool:
        """Whether pyinfra can make it so: a Linux host that we know how to harden."""
        return self.os.startswith(("debian-", "ubuntu-"))


class Rack(Model):
    """A rack and its height."""

    name: Name
    title: str = ""
    units: Annotated[int, Field(ge=1, le=60)] = 42
    room: str = ""


class Group(Model):
    """Devices (or groups) of which some number is needed."""

    name: str
    """A `Name`; derived groups carry a colon: `pair:fw-a+fw-b`, `feeds:srv-cad-1`."""
    title: str = ""
    needs: Annotated[int, Field(ge=1)]
    of: tuple[str, ...] = Field(min_length=1)
    derived: bool = False


class Function(Model):
    """What the room does for people: all of `needs` must hold."""

    name: Name
    title: str
    needs: tuple[Need, ...] = Field(min_length=1)
    priority: Annotated[int, Field(ge=1, le=9)] = 5
    """1 is the first to be shown and the last to be given up."""


class Network(Model):
    """A named network of the center."""

    name: Name
    cidr: Annotated[IPvAnyNetwork, BeforeValidator(address_text)]
    vlan: Annotated[int, Field(ge=1, le=4094)] | None = None
    title: str = ""
    gateway: Address | None = None
    """Where its hosts send what leaves the network: the address that `routers` share."""
    routers: dict[Name, Address] = {}
    """Who routes it, and each one's own address in it; the first is preferred. Two or more share
    the gateway by HSRP (all Cisco) or VRRP."""
    more_gateways: dict[str, tuple[Name, ...]] = {}
    """Further shared addresses, and which of the routers share each: where firewalls and switches
    face each other, each side is the other's gateway."""
    multicast: bool = False
    """Whether it carries multicast video. Nothing that could black it out (storm control, port
    security, DHCP snooping) is set on its ports, and its IGMP snooping is left as it is."""
    igmp_querier: bool = False
    """Whether the routers ask for group members (a second step, when the first was watched)."""


class Service(Model):
    """A port that a role opens, and for whom; nftables lets in nothing else."""

    port: Annotated[int, Field(ge=1, le=65535)]
    protocol: Literal["tcp", "udp"] = "tcp"
    sources: tuple[str, ...] = Field(min_length=1)
    """Names of networks, devices, or `role:<name>`."""


class Role(Model):
    """What a host is for."""

    name: Name
    title: str = ""
    services: dict[Name, Service] = {}


class Account(Model):
    """A human or service account on the center's hosts."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_-]{0,31}$")]
    title: str = ""
    sudo: Literal["none", "password", "nopasswd"] = "none"
    keys: tuple[str, ...] = ()
    """SSH public keys, one line each, or `file:` and `env:` references to such lines
    (see `inventory.public_keys`)."""
    roles: tuple[str, ...] = ()
    """Hosts with one of these roles get the account; empty means every host."""
    purpose: Purpose | None = None
    """Set for the suite's own accounts (`deploy`, `audit`)."""
    break_glass: bool = False
    """For the day on which nobody else gets in: wrong passwords never lock it, its password does
    not run out, and it is not shut for idleness. Its password is in an envelope in a safe."""


class Credential(Model):
    """How to log in somewhere. Holds references to secrets, never a secret itself."""

    name: Name
    purpose: Purpose
    protocol: Literal[
        "snmp-v2c",
        "snmp-v3",
        "ipmi",
        "redfish",
        "pjlink",
        "sis",
        "rtsp",
        "ssh",
        "x509",
        "cli",
        "tacacs",
        "radius",
        "token",
    ]
    user: str = ""
    secret: str = ""
    """Reference to the community, password, authentication passphrase or private key file."""
    privacy_secret: str = ""
    """SNMPv3: reference to the privacy passphrase."""
    authentication: Literal["sha1", "sha224", "sha256", "sha384", "sha512"] = "sha256"
    privacy: Literal["aes128", "aes256"] = "aes128"


class Contact(Model):
    """Who can be called: a post, not a person's diary."""

    name: Name
    title: str
    phone: str = ""
    email: str = ""


class Rota(Model):
    """Who is on call, week by week from `starts`."""

    name: Name
    contacts: tuple[str, ...] = Field(min_length=1)
    starts: Day
    escalates_to: str = ""


class Window(Model):
    """A maintenance window, in the center's own time."""

    name: Name
    devices: tuple[str, ...] = Field(min_length=1)
    begins: Moment
    ends: Moment
    reason: str

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends.astimezone(UTC) <= self.begins.astimezone(UTC):
            raise ValueError("ends must be later than begins")
        return self


class Waiver(Model):
    """A dated exception to a control."""

    name: Name
    control: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)+$", max_length=80)]
    """The control's id in the baseline, `ssh-root-login`."""
    devices: tuple[str, ...] = Field(min_length=1)
    reason: str = Field(min_length=1)
    compensation: str = ""
    approver: str = Field(min_length=1)
    ticket: str = ""
    created: Day
    expires: Day
    """Inclusive, UTC; at most 180 days after `created`."""

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if not 0 <= (self.expires - self.created).days <= 180:
            raise ValueError("expires must lie within 180 days after created")
        return self


class Center(Model):
    """The whole site, resolved and checked."""

    name: Name
    title: str
    timezone: Timezone
    interval_s: Annotated[float, Field(ge=1, le=3600)] = 30.0
    """How often the monitor polls each device."""
    on_delay_s: Annotated[float, Field(ge=0, le=3600)] = 60.0
    """How long a state must be bad before it becomes an alert, unless the alert says otherwise."""
    admin_sources: tuple[str, ...] = ()
    """Networks and devices from which SSH is let in."""
    time_servers: tuple[str, ...] = ()
    """Devices that serve time to the center."""
    authority: Authority | None = None
    """Who signs the certificates by which hosts know each other."""
    archives: tuple[Archive, ...] = ()
    """Where packages come from; the hosts with the role `mirror` hold what is needed of them."""
    mail: Mail | None = None
    """Where Alertmanager sends what the monitors cannot tell of themselves, to each contact."""
    release: FileReference = ""
    """`file:` reference to the release of Watchfloor that hosts get (`watchfloor release` makes
    one); relative paths start at the center's folder."""
    pull: Pull | None = None
    """Where hosts with `pull: true` get their bundles from, and who lets them change."""
    gear_authentication: Authentication | None = None
    """TACACS+ or RADIUS servers for network gear; without them, its own user logs in."""
    baseline: Baseline = Baseline()
    racks: dict[str, Rack] = {}
    devices: dict[str, Device] = {}
    groups: dict[str, Group] = {}
    """Declared and derived groups."""
    functions: dict[str, Function] = {}
    networks: dict[str, Network] = {}
    roles: dict[str, Role] = {}
    accounts: dict[str, Account] = {}
    credentials: dict[str, Credential] = {}
    virtual_addresses: dict[str, VirtualAddress] = {}
    walls: dict[str, Wall] = {}
    contacts: dict[str, Contact] = {}
    rotas: dict[str, Rota] = {}
    windows: dict[str, Window] = {}
    waivers: dict[str, Waiver] = {}

    def of_kind(self, *kinds: Kind) -> list[Device]:
        """The devices of these kinds, in the inventory's order."""
        return [device for device in self.devices.values() if device.kind in kinds]

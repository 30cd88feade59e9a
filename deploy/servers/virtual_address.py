"""keepalived on the members of a virtual address: one of them answers there, whatever happens.

VRRP version 3 has no authentication (RFC 5798, section 9: it was taken out because it gave none).
What keeps strangers out is the firewall, which lets VRRP in from the other members alone, and that
members speak to each other's addresses and not to a multicast group.

Nobody takes the address from one who holds it well. One whose own service does not answer gives it
up, and so does one that is about to be changed: the visit asks for that (`HAND_OVER`) before the
first change, and the host is let back by itself when nobody holds its lock any more.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from deploy.area import Difference, Vantage
from deploy.change import Change, PackageChange, ServiceChange, file_change
from deploy.rendering import render
from inventory.facts import keepalived as facts_of_keepalived
from inventory.facts.collect import HostFacts
from inventory.facts.keepalived import (
    CHECK,
    CONFIGURATION,
    FLAG,
    HAND_OVER,
    UNIT,
    KeepalivedFacts,
)
from inventory.facts.textfile import file_at
from inventory.model import Center, Device
from inventory.virtual import VirtualAddress

FACTS = ("keepalived",)
AFTER = ("firewall",)
RISKY = False
ADMIN_FIRST = False
PACKAGES = ("keepalived",)

# keepalived 2.2 ends itself by SIGTERM after the test of a file that names scripts: then it is by
# its silence that it accepts the file.
_JUDGE = (
    "sh",
    "-c",
    'said=$(exec keepalived --config-test --use-file "$0" 2>&1); status=$?; printf %s "$said" >&2;'
    ' [ "$status" = 0 ] || [ "$status $said" = "143 " ]',
    "{}",
)
_FIRST_PRIORITY = 200
_STEP = 10


@dataclass(frozen=True, slots=True)
class Instance:
    """One virtual router, as one of its members sees it."""

    name: str
    address: IPv4Address | IPv6Address
    router: int
    priority: int
    port: int
    peers: tuple[str, ...]
    """The other members' addresses."""


@dataclass(frozen=True, slots=True)
class VirtualDesired:
    """All virtual addresses that a host takes part in."""

    name: str
    address: IPv4Address | IPv6Address
    """The host's own."""
    instances: tuple[Instance, ...]

    def texts(self, interface: str) -> dict[str, tuple[str, int]]:
        """Path -> text and mode; what keepalived runs comes before what names it."""
        addresses = tuple(str(instance.address) for instance in self.instances)
        configuration = render(
            "keepalived.conf.j2",
            name=self.name,
            own=self.address,
            interface=interface,
            instances=self.instances,
            check=CHECK,
            flag=FLAG,
        )
        hand_over = render("hand-over.sh.j2", addresses=addresses, flag=FLAG)
        return {
            CHECK: (render("port-answers.sh.j2"), 0o755),
            HAND_OVER: (hand_over, 0o755),
            CONFIGURATION: (configuration, 0o644),
        }


def memberships(center: Center, device: Device) -> tuple[VirtualAddress, ...]:
    """The virtual addresses that a device is a member of."""
    return tuple(v for v in center.virtual_addresses.values() if device.name in v.of)


def applies(center: Center, device: Device) -> bool:
    """See `deploy.area.HostArea`."""
    return bool(memberships(center, device)) and device.address is not None


def desired(center: Center, device: Device) -> VirtualDesired:
    """From the inventory's `virtual_addresses`."""
    assert device.address is not None
    instances = tuple(_instance(center, device, one) for one in memberships(center, device))
    return VirtualDesired(device.name, device.address, instances)


def diff(wanted: VirtualDesired, facts: KeepalivedFacts) -> Difference:
    """The package, its files, and a daemon that has read them."""
    interface = facts.interface_of(wanted.address)
    if not interface:
        missing = f"no interface has {wanted.address}, the host's address in the inventory"
        return Difference(unmet=(f"{missing}; correct one of the two",))
    return Difference(tuple(_changes(wanted, facts, interface)), notes=tuple(_notes(wanted, facts)))


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_keepalived))


def _instance(center: Center, device: Device, virtual: VirtualAddress) -> Instance:
    others = (center.devices[name] for name in virtual.of if name != device.name)
    return Instance(
        name=virtual.name,
        address=virtual.address,
        router=virtual.router,
        priority=_FIRST_PRIORITY - _STEP * virtual.of.index(device.name),
        port=virtual.port,
        peers=tuple(str(other.address) for other in others if other.address is not None),
    )


def _changes(wanted: VirtualDesired, facts: KeepalivedFacts, interface: str) -> Iterator[Change]:
    if not facts.installed:
        yield PackageChange(names=PACKAGES)
    files = []
    for path, (text, mode) in wanted.texts(interface).items():
        judge = _JUDGE if path == CONFIGURATION else ()
        file = file_change(file_at(facts.files, path), text, mode=mode, validate_with=judge)
        if file is not None:
            files.append(file)
    yield from files
    if not facts.unit.is_enabled:
        yield ServiceChange(unit=UNIT, action="enable")
    if any(file.path == CONFIGURATION for file in files):
        yield ServiceChange(unit=UNIT, action="restart", reason="its configuration")
    elif not facts.unit.is_running:
        yield ServiceChange(unit=UNIT, action="start", reason="it does not run")
    elif facts.is_stale:
        reason = "it runs with an older configuration than its file"
        yield ServiceChange(unit=UNIT, action="restart", reason=reason)


def _notes(wanted: VirtualDesired, facts: KeepalivedFacts) -> Iterator[str]:
    for instance in wanted.instances:
        if facts.interface_of(instance.address):
            yield f"holds {instance.name} ({instance.address}); hands it over before it is changed"

"""Services without business on a host are masked, so that nobody starts them by accident.

A service has business where a role opens its port, where the monitor asks it, or where the baseline
keeps it. Packages stay, except those that the baseline wants gone.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from deploy.area import Difference, Vantage, everywhere
from deploy.change import Change, ServiceChange
from deploy.live_change import PurgeChange
from inventory.facts import services as facts_of_services
from inventory.facts.collect import HostFacts
from inventory.facts.services import UNITS, ServicesFacts
from inventory.model import Center, Device, Kind

FACTS = ("services",)
AFTER: tuple[str, ...] = ()
RISKY = False
ADMIN_FIRST = False
applies = everywhere

_PORTS: dict[str, frozenset[int]] = {
    "apache2": frozenset({80, 443, 8080, 8443}),
    "avahi-daemon": frozenset({5353}),
    "cups": frozenset({631}),
    "cups-browsed": frozenset({631}),
    "dnsmasq": frozenset({53, 67, 69}),
    "dovecot": frozenset({110, 143, 993, 995}),
    "isc-dhcp-server": frozenset({67}),
    "isc-dhcp-server6": frozenset({547}),
    "kea-dhcp4-server": frozenset({67}),
    "named": frozenset({53}),
    "nfs-server": frozenset({2049}),
    "nginx": frozenset({80, 443, 8080, 8443}),
    "nmbd": frozenset({137, 138}),
    "proftpd": frozenset({21}),
    "rpcbind": frozenset({111, 2049}),
    "rsync": frozenset({873}),
    "slapd": frozenset({389, 636}),
    "smbd": frozenset({139, 445}),
    "snmpd": frozenset({161}),
    "squid": frozenset({3128}),
    "tftpd-hpa": frozenset({69}),
    "vsftpd": frozenset({21}),
}
"""A role that opens one of these ports needs the service."""
_DISPLAYS = frozenset({"gdm3", "lightdm", "sddm", "xdm"})
_PRINTING = frozenset({"cups", "cups-browsed"})


@dataclass(frozen=True, slots=True)
class ServicesDesired:
    """What has no business on this host."""

    masked: tuple[str, ...]
    """Units."""
    purged: tuple[str, ...]
    """Packages."""


def desired(center: Center, device: Device) -> ServicesDesired:
    """From the device's kind, roles and monitoring, and the baseline."""
    base = device.baseline or center.baseline
    kept = _kept(center, device) | frozenset(base.services_kept)
    masked = tuple(unit for unit in UNITS if unit.rpartition(".")[0] not in kept)
    return ServicesDesired(masked, base.packages_purged)


def _kept(center: Center, device: Device) -> frozenset[str]:
    roles = (center.roles[name] for name in device.roles if name in center.roles)
    ports = {service.port for role in roles for service in role.services.values()}
    kept = {name for name, theirs in _PORTS.items() if theirs & ports}
    if device.kind is Kind.CONSOLE:
        # Printing would take case data out of the room.
        kept = (kept | _DISPLAYS) - _PRINTING
    if device.monitoring.snmp is not None:
        kept.add("snmpd")
    return frozenset(kept)


def diff(wanted: ServicesDesired, facts: ServicesFacts) -> Difference:
    """Masked where it is there; a service that is not installed may be installed, masked or not."""
    found = {unit.name: unit for unit in facts.units}
    changes: list[Change] = [
        ServiceChange(unit=name, action="mask", reason="it has no business here")
        for name in wanted.masked
        if name in found and found[name].is_there and found[name].loaded != "masked"
    ]
    purged = sorted(facts.packages & frozenset(wanted.purged))
    if purged:
        changes.append(PurgeChange(names=tuple(purged)))
    return Difference(tuple(changes), unmet=tuple(_unmet(wanted, facts)))


def _unmet(wanted: ServicesDesired, facts: ServicesFacts) -> Iterator[str]:
    if facts.reports_packages:
        yield "popularity-contest reports its packages: set PARTICIPATE=no or remove it"
    for unit in facts.units:
        if unit.name in wanted.masked and unit.loaded == "masked" and unit.is_running:
            yield f"{unit.name} is masked and still runs"


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_services))

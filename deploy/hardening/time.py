"""One time daemon on each host, which asks the center's time servers and no others.

A host that serves the time answers the sources that its roles open port 123 for, and keeps what
its own receiver needs in /etc/chrony/conf.d.

A container may not set its machine's clock: chronyd is told not to try (`-x`), and goes on
measuring and serving.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from deploy.area import Difference, Vantage, everywhere
from deploy.change import Change, PackageChange, ServiceChange, file_change
from deploy.hardening import firewall
from deploy.rendering import render
from inventory.facts import timesync
from inventory.facts.collect import HostFacts
from inventory.facts.textfile import file_at
from inventory.facts.timesync import TimesyncFacts
from inventory.facts.unit import unit_named
from inventory.model import Center, Device

FACTS = ("timesync",)
AFTER: tuple[str, ...] = ()
RISKY = False
ADMIN_FIRST = False
PACKAGES = ("chrony",)
applies = everywhere

NTP_PORT = 123
CHRONY = "/etc/chrony/chrony.conf"
CHRONY_SERVICE = "chrony.service"
CHRONY_OPTIONS = "/etc/default/chrony"
CHRONY_UNIT = "/etc/systemd/system/chrony.service.d/10-watchfloor.conf"
TIMESYNCD = "/etc/systemd/timesyncd.conf.d/10-watchfloor.conf"


@dataclass(frozen=True, slots=True)
class TimeDesired:
    """What the host should ask, and whom it should answer."""

    servers: tuple[str, ...]
    """Addresses of the center's time servers, itself left out."""
    serves: tuple[str, ...]
    """Networks and addresses that it gives the time to; empty unless it is a time server."""

    @property
    def is_declared(self) -> bool:
        return bool(self.servers or self.serves)


def desired(center: Center, device: Device) -> TimeDesired:
    """From the center's `time_servers` and the host's roles."""
    others = (center.devices[name] for name in center.time_servers if name != device.name)
    return TimeDesired(
        servers=tuple(str(other.address) for other in others if other.address is not None),
        serves=clients(center, device) if serves_time(center, device) else (),
    )


def serves_time(center: Center, device: Device) -> bool:
    """Whether the host is a server of the center's time."""
    return device.name in center.time_servers or "time" in device.roles


def clients(center: Center, device: Device) -> tuple[str, ...]:
    """Whom its firewall lets ask; every network of the center where no role says anything."""
    opened = [
        str(opening.source)
        for opening in firewall.desired(center, device).openings
        if (opening.port, opening.protocol) == (NTP_PORT, "udp")
    ]
    return tuple(opened) or tuple(str(network.cidr) for network in center.networks.values())


def diff(wanted: TimeDesired, facts: TimesyncFacts) -> Difference:
    """chrony where it is installed or needed; systemd-timesyncd where that is what runs."""
    if not wanted.is_declared:
        return Difference(notes=("the center names no time_servers; the clock is left alone",))
    stays = not wanted.serves and facts.running == ("systemd-timesyncd",)
    if stays and "chrony" not in facts.installed:
        return Difference(_timesyncd(wanted, facts))
    return Difference((*_competitors(facts), *_chrony(wanted, facts)))


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(timesync))


def _competitors(facts: TimesyncFacts) -> list[Change]:
    """Other daemons would pull at the same clock; a masked one cannot come back by itself."""
    reason = "chrony keeps the time"
    return [
        ServiceChange(unit=unit.name, action="mask", reason=reason)
        for unit in facts.units
        if unit.name != CHRONY_SERVICE and unit.is_there and unit.enabled != "masked"
    ]


def _chrony(wanted: TimeDesired, facts: TimesyncFacts) -> list[Change]:
    changes: list[Change] = []
    if "chrony" not in facts.installed:
        changes.append(PackageChange(names=PACKAGES))
    files = list(_chrony_files(wanted, facts))
    changes.extend(files)
    unit = unit_named(facts.units, CHRONY_SERVICE)
    asked = {_plain(source.address) for source in facts.sources if not source.is_clock}
    if not unit.is_enabled:
        changes.append(ServiceChange(unit=unit.name, action="enable"))
    if files or not unit.is_running:
        reason = "its configuration" if files else "it does not run"
        changes.append(ServiceChange(unit=unit.name, action="restart", reason=reason))
    elif asked != {_plain(server) for server in wanted.servers}:
        seen = ", ".join(sorted(asked)) or "nobody"
        changes.append(ServiceChange(unit=unit.name, action="restart", reason=f"it asks {seen}"))
    return changes


def _chrony_files(wanted: TimeDesired, facts: TimesyncFacts) -> Iterator[Change]:
    text = render("chrony.conf.j2", servers=wanted.servers, serves=wanted.serves)
    texts = {CHRONY: text}
    if facts.is_container:
        texts[CHRONY_OPTIONS] = render("chrony.default.j2")
        texts[CHRONY_UNIT] = render("chrony.container.j2")
    for path, content in texts.items():
        validate = ("chronyd", "-p", "-f", "{}") if path == CHRONY else ()
        change = file_change(file_at(facts.files, path), content, validate_with=validate)
        if change is not None:
            yield change


def _timesyncd(wanted: TimeDesired, facts: TimesyncFacts) -> tuple[Change, ...]:
    changes: list[Change] = []
    unit = unit_named(facts.units, "systemd-timesyncd.service")
    text = render("timesyncd.conf.j2", servers=wanted.servers)
    file = file_change(file_at(facts.files, TIMESYNCD), text)
    if file is not None:
        changes.append(file)
    if not unit.is_enabled:
        changes.append(ServiceChange(unit=unit.name, action="enable"))
    if file is not None or set(facts.timesyncd_servers) != set(wanted.servers):
        changes.append(ServiceChange(unit=unit.name, action="restart", reason="its configuration"))
    return tuple(changes)


def _plain(address: str) -> str:
    """An address in its one canonical spelling; a name stays as it is."""
    try:
        return str(ip_address(address))
    except ValueError:
        return address

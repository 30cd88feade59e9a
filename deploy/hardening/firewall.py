"""nftables from the inventory: in come administrators by SSH, roles' services and VRRP only."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Literal

from deploy.area import Difference, Vantage, everywhere
from deploy.change import Change, PackageChange, RulesetChange, ServiceChange, file_change
from deploy.rendering import render
from inventory.errors import WatchfloorError
from inventory.facts import nftables as facts_of_nftables
from inventory.facts.collect import HostFacts
from inventory.facts.nftables import NftablesFacts, table
from inventory.model import Center, Device

FACTS = ("nftables",)
AFTER = ("ssh",)
RISKY = True
ADMIN_FIRST = False
PACKAGES = ("nftables",)
applies = everywhere

TABLE = "watchfloor"
SSH_PORT = 22

Net = IPv4Network | IPv6Network


class SourceError(WatchfloorError):
    """A source of a service or of SSH that has no address."""


@dataclass(frozen=True, slots=True)
class Opening:
    """One rule: who may come to which port."""

    source: Net
    protocol: Literal["tcp", "udp"]
    port: int
    comment: str

    @property
    def family(self) -> Literal["ip", "ip6"]:
        """The word that nft has for the source's IP version."""
        return "ip" if self.source.version == 4 else "ip6"


@dataclass(frozen=True, slots=True)
class FirewallDesired:
    """The whole table."""

    openings: tuple[Opening, ...]
    vrrp_peers: tuple[Net, ...] = ()
    """The other members of the host's virtual addresses."""

    @property
    def text(self) -> str:
        return render(
            "nftables.conf.j2", table=TABLE, rules=self.openings, vrrp_peers=self.vrrp_peers
        )

    def lets_in(self, address: str, port: int, protocol: str = "tcp") -> bool:
        """Whether a new connection from that address would be accepted."""
        where = ip_address(address)
        return any(
            where.version == opening.source.version
            and where in opening.source
            and (opening.port, opening.protocol) == (port, protocol)
            for opening in self.openings
        )


def desired(center: Center, device: Device) -> FirewallDesired:
    """SSH from `admin_sources`, and the services of the device's roles from their sources."""
    openings = {
        Opening(source, "tcp", SSH_PORT, "ssh") for source in _sources(center, center.admin_sources)
    }
    for role in (center.roles[name] for name in device.roles if name in center.roles):
        for name, service in role.services.items():
            openings |= {
                Opening(source, service.protocol, service.port, f"{role.name} {name}")
                for source in _sources(center, service.sources)
            }
    return FirewallDesired(tuple(sorted(openings, key=_order)), tuple(_vrrp_peers(center, device)))


def diff(wanted: FirewallDesired, facts: NftablesFacts, vantage: Vantage) -> Difference:
    """The file, the kernel's rules, and that they come back after a restart."""
    refusal = _refusal(wanted, vantage)
    if not facts.installed:
        later: tuple[Change, ...] = tuple(_changes(wanted, facts))
        return Difference((PackageChange(names=PACKAGES), *later), refusal=refusal)
    return Difference(tuple(_changes(wanted, facts)), refusal=refusal, notes=_notes(facts))


def difference(center: Center, device: Device, facts: HostFacts, vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_nftables), vantage)


def _changes(wanted: FirewallDesired, facts: NftablesFacts) -> Iterator[Change]:
    file = file_change(
        facts.file, wanted.text, mode=0o600, validate_with=("nft", "--check", "--file", "{}")
    )
    running = table(facts.running, "inet", TABLE)
    filed = table(facts.filed, "inet", TABLE)
    if file is not None:
        yield file
        yield RulesetChange(table=TABLE, running=running)
    elif not filed or running != filed:
        yield RulesetChange(table=TABLE, running=running, filed=filed)
    if not facts.unit.is_enabled:
        yield ServiceChange(
            unit="nftables.service", action="enable", reason="the rules have to be there after boot"
        )


def _refusal(wanted: FirewallDesired, vantage: Vantage) -> str:
    if vantage.port != SSH_PORT:
        return (
            f"sshd is reached on port {vantage.port}, and the firewall would open only {SSH_PORT};"
            " move sshd to that port first"
        )
    if not wanted.lets_in(vantage.client, vantage.port):
        return (
            f"this machine comes from {vantage.client}, which is in none of the admin_sources;"
            " add its network there, or it would be locked out"
        )
    return ""


def _notes(facts: NftablesFacts) -> tuple[str, ...]:
    """Other tables can only refuse more than ours, never let in more."""
    others = sorted(
        {
            f"{chain.family} {chain.table}"
            for chain in facts.base_chains
            if chain.hook == "input" and chain.table != TABLE
        }
    )
    return tuple(f"table {name} filters what comes in, too" for name in others)


def _sources(center: Center, names: Iterable[str]) -> Iterator[Net]:
    for name in names:
        if name in center.networks:
            yield ip_network(str(center.networks[name].cidr))
        elif name.startswith("role:"):
            role = name.removeprefix("role:")
            members = [d for d in center.devices.values() if role in d.roles]
            yield from (_address(center, device.name) for device in members)
        else:
            yield _address(center, name)


def _vrrp_peers(center: Center, device: Device) -> Iterator[Net]:
    members = {
        name: None
        for virtual in center.virtual_addresses.values()
        if device.name in virtual.of
        for name in virtual.of
        if name != device.name
    }
    return (_address(center, name) for name in members)


def _address(center: Center, name: str) -> Net:
    device = center.devices.get(name)
    if device is None or device.address is None:
        raise SourceError(
            f"{name}: is a source in the firewall rules and has no address; give it one, or name"
            " a network"
        )
    return ip_network(str(device.address))


def _order(opening: Opening) -> tuple[int, str, int, str, str]:
    source = opening.source
    return (opening.port, opening.protocol, source.version, str(source), opening.comment)

"""Who may send: the inventory's devices by their addresses, with what they must know."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address

from inventory.endpoints import EndpointMap
from inventory.errors import WatchfloorError
from inventory.model import Center, Device
from inventory.secrets import Secrets
from monitors.snmp.target import Credential, snmp_credential

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sender:
    """One device that may speak unasked."""

    device: str
    snmp: Credential | None = field(default=None, repr=False)
    """What its traps must be sealed with; None when none of its traps is believed."""
    shows: bool = False
    """Whether it is a display that sends PJLink notices."""
    has_bmc: bool = False
    """Whether there is a BMC that may send platform events."""


class Senders:
    """The devices by address. An address that several share stands for each of them."""

    def __init__(self, by_address: Mapping[str, tuple[Sender, ...]]) -> None:
        self._by_address = by_address

    def __len__(self) -> int:
        return len(self._by_address)

    def at(self, address: str) -> tuple[Sender, ...]:
        """Who has this address, as a socket writes it; empty for a stranger."""
        found = self._by_address.get(address)
        if found is None and ":" in address:
            found = self._by_address.get(plain_address(address))
        return found or ()

    @property
    def addresses(self) -> frozenset[str]:
        """Every address from which something may come."""
        return frozenset(self._by_address)


def plain_address(text: str) -> str:
    """An address in one spelling: no zone, no IPv4 in the clothes of IPv6. Raises `ValueError`."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address)


def known_senders(center: Center, endpoints: EndpointMap, secrets: Secrets) -> Senders:
    """Everything in the center that has an address.

    A credential that cannot be had is said in the log, and traps of its devices are not believed.
    """
    credentials = _credentials(center, secrets)
    played: defaultdict[str, set[str]] = defaultdict(set)
    for name, (host, _) in endpoints.endpoints.items():
        played[name.partition("/")[0]].add(plain_address(host))
    by_address: dict[str, dict[str, Sender]] = {}
    for device in center.devices.values():
        sender = Sender(
            device.name,
            credentials.get(device.monitoring.snmp or ""),
            device.monitoring.pjlink is not None,
            device.bmc is not None,
        )
        for address in (*_own_addresses(device), *played.get(device.name, ())):
            by_address.setdefault(address, {})[device.name] = sender
    return Senders({address: tuple(each.values()) for address, each in by_address.items()})


def _credentials(center: Center, secrets: Secrets) -> dict[str, Credential]:
    wanted = {device.monitoring.snmp for device in center.devices.values()} - {None}
    found: dict[str, Credential] = {}
    for name in sorted(name for name in wanted if name is not None):
        try:
            found[name] = snmp_credential(secrets.resolve(center.credentials[name]))
        except WatchfloorError as error:
            log.warning("traps of devices with credential %s are not believed: %s", name, error)
    return found


def _own_addresses(device: Device) -> Iterator[str]:
    for address in (device.address, device.bmc):
        if address is not None:
            yield plain_address(str(address))

"""What the inventory wants of a device's BMC."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address

from deploy.secret_box import MONITOR_ROLE
from inventory.model import Center, Credential, Device, Purpose

SUITE_SHA1, SUITE_SHA256 = 3, 17
"""RAKP, integrity and AES-128 with HMAC-SHA1, and with HMAC-SHA256 (IPMI v2.0, table 22-20)."""


@dataclass(frozen=True, slots=True)
class BmcDesired:
    """What is wanted of one BMC. No secret."""

    admin: str
    """Who deploys it; never changed, because it is us."""
    reader: str
    """Who monitors it over IPMI; empty when nobody does."""
    reader_secret: str
    """`CREDENTIAL.secret` of the reader."""
    left: frozenset[str]
    """Users of other protocols at the same BMC, which are left as they are."""
    suites: frozenset[int]
    address: str
    vlan: int | None
    alerts: tuple[str, ...]
    """The addresses that alerts go to; with none they are left as they are."""


def admin_credential(center: Center) -> Credential | None:
    """The one that BMCs are deployed with."""
    found = (
        credential
        for credential in center.credentials.values()
        if credential.purpose is Purpose.BMC_ADMIN and credential.protocol == "ipmi"
    )
    return next(found, None)


def desired(center: Center, device: Device) -> BmcDesired:
    """From the device's monitoring, the baseline and the hosts that monitor."""
    admin = admin_credential(center)
    reader = _credential(center, device.monitoring.ipmi)
    redfish = _credential(center, device.monitoring.redfish)
    is_other = reader is not None and admin is not None and reader.user != admin.user
    baseline = device.baseline or center.baseline
    suites = {SUITE_SHA256} | ({SUITE_SHA1} if baseline.bmc_suite_3 else set())
    return BmcDesired(
        admin=admin.user if admin else "",
        reader=reader.user if reader and is_other else "",
        reader_secret=f"{reader.name}.secret" if reader and is_other else "",
        left=frozenset({redfish.user} if redfish and redfish.user else ()),
        suites=frozenset(suites),
        address=str(device.bmc or ""),
        vlan=_vlan(center, device),
        alerts=tuple(_monitors(center)),
    )


def _credential(center: Center, name: str | None) -> Credential | None:
    return center.credentials.get(name) if name else None


def _vlan(center: Center, device: Device) -> int | None:
    if device.bmc is None:
        return None
    address = ip_address(str(device.bmc))
    nets = (net for net in center.networks.values() if address in net.cidr)
    return next((net.vlan for net in nets), None)


def _monitors(center: Center) -> Iterator[str]:
    """Traps of BMCs go to IPv4 addresses."""
    for device in center.devices.values():
        address = ip_address(str(device.address)) if device.address is not None else None
        if MONITOR_ROLE in device.roles and isinstance(address, IPv4Address):
            yield str(address)

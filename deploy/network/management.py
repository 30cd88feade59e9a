"""The management plane of a piece of gear: who gets in and how, and whom it talks to. Pure."""

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_network

from deploy.network.intent import Interface, Management, Servers, SnmpUser, Ssh
from deploy.secret_text import marker
from inventory.baseline import Baseline
from inventory.gear import Platform
from inventory.model import Center, Credential, Device

MONITOR, LOG = "monitor", "log"


def management(center: Center, device: Device, interfaces: Iterable[Interface]) -> Management:
    """From the baseline, the credentials and the roles."""
    assert device.address is not None, "checked when the inventory was loaded"
    base = device.baseline or center.baseline
    login = center.credentials.get(device.gear.login or "")
    own = next((each.name for each in interfaces if each.management), "")
    return Management(
        hostname=device.name,
        domain=f"{center.name}.internal",
        address=device.address,
        interface=own,
        user=login.user if login else "",
        user_secret=marker(login.name) if login else "",
        ssh=_ssh(base),
        sources=tuple(sources(center, center.admin_sources)),
        banner=tuple(_banner(base)),
        authentication=_servers(center),
        snmp=_snmp(center, device),
        clocks=tuple(_addresses(center, center.time_servers)),
        logs=tuple(_addresses(center, with_role(center, LOG))),
    )


def sources(center: Center, names: Iterable[str]) -> Iterator[IPv4Network]:
    """IPv4 networks of named networks and devices. What has IPv6 alone is not among them."""
    for name in names:
        if name in center.networks:
            cidr = ip_network(str(center.networks[name].cidr))
        elif (address := center.devices[name].address) is not None:
            cidr = ip_network(str(address))
        else:
            continue
        if isinstance(cidr, IPv4Network):
            yield cidr


def with_role(center: Center, role: str) -> list[str]:
    """The devices with a role."""
    return [device.name for device in center.devices.values() if role in device.roles]


def notes(center: Center, device: Device) -> Iterator[str]:
    """What cannot be said, or only in part."""
    if device.gear.login is None:
        yield "no account of its own: name a credential in gear: login (protocol cli)"
    credential = center.credentials.get(device.monitoring.snmp or "")
    if credential is not None and (misfit := _snmp_misfit(device, credential)):
        yield f"SNMP is left off: {credential.name} {misfit}"
    for name in center.admin_sources:
        network = center.networks.get(name)
        if network is not None and network.cidr.version == 6:
            yield f"{name} is IPv6 and not among the sources that SSH is let in from"


def _snmp_misfit(device: Device, credential: Credential) -> str:
    """Why a credential cannot be an SNMP user there; empty when it can."""
    if credential.protocol != "snmp-v3":
        return "is no snmp-v3 credential"
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,31}", credential.user):
        return "has a user that is no plain word"
    if device.platform is Platform.IOS and credential.authentication != "sha1":
        return f"has {credential.authentication}, and IOS before IOS-XE knows sha1 alone"
    if device.platform is Platform.JUNOS and credential.privacy != "aes128":
        return f"has {credential.privacy}, and Junos knows aes128 alone"
    return ""


def _addresses(center: Center, names: Iterable[str]) -> Iterator[IPv4Address | IPv6Address]:
    for name in names:
        address = center.devices[name].address
        if address is not None:
            yield address


def _ssh(base: Baseline) -> Ssh:
    return Ssh(
        ciphers=base.ssh_ciphers,
        macs=base.ssh_macs,
        kex=base.ssh_kex,
        idle_s=base.ssh_idle_s,
        login_grace_s=base.ssh_login_grace_s,
        attempts=base.ssh_max_auth_tries,
    )


def _banner(base: Baseline) -> Iterator[str]:
    """Its lines, without what would end a banner on some gear, or drive a terminal."""
    for line in base.banner.strip().splitlines():
        yield "".join(c if " " <= c <= "~" and c not in '^"%#' else " " for c in line).rstrip()


def _servers(center: Center) -> Servers | None:
    wanted = center.gear_authentication
    if wanted is None:
        return None
    credential = center.credentials[wanted.credential]
    addresses = [(name, center.devices[name].address) for name in wanted.servers]
    return Servers(
        protocol="tacacs" if credential.protocol == "tacacs" else "radius",
        addresses=tuple((name, address) for name, address in addresses if address is not None),
        secret=marker(credential.name),
    )


def _snmp(center: Center, device: Device) -> SnmpUser | None:
    credential = center.credentials.get(device.monitoring.snmp or "")
    if credential is None or _snmp_misfit(device, credential):
        return None
    return SnmpUser(
        user=credential.user,
        authentication=credential.authentication,
        privacy=credential.privacy,
        authentication_secret=marker(credential.name),
        privacy_secret=marker(credential.name, "privacy_secret"),
        sources=tuple(sources(center, with_role(center, MONITOR))),
    )

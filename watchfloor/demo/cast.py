"""Casts a center's devices as simulated ones: which recording plays which device, and where.

A device keeps the last three octets of its address on loopback: 10.20.9.21 is played at
127.20.9.21, so that every device has an address of its own, as in the room.
"""

import os
import secrets
from collections.abc import Iterator
from ipaddress import ip_address

from inventory.errors import WatchfloorError
from inventory.model import Center, Credential, Device, Kind
from inventory.reach import HttpCheck, NtpCheck, PingCheck, RtspCheck, TlsCheck, locate
from watchfloor.simulate.device import (
    IpmiService,
    PjlinkService,
    SimulatedDevice,
    SnmpService,
)
from watchfloor.simulate.families import Instance, port_names
from watchfloor.simulate.services import Services
from watchfloor.simulate.usm import SimulatedUser

FAMILIES = {
    Kind.ATS: "ats-apc",
    Kind.CAMERA: "camera",
    Kind.CLOCK: "clock-meinberg",
    Kind.CONSOLE: "console-linux",
    Kind.FIREWALL: "firewall-fortigate",
    Kind.GENERATOR: "generator",
    Kind.KVM: "kvm-console-server",
    Kind.RECORDER: "recorder",
    Kind.ROUTER: "router",
    Kind.SENSOR: "sensor-apc-uio",
    Kind.SERVER: "server-linux",
    Kind.WALL_PROCESSOR: "wall-processor",
}
SMALL_PDU_OUTLETS = 8


class CastError(WatchfloorError):
    """A device of the center cannot be played."""


def make_up_secrets(center: Center) -> dict[str, str]:
    """Puts a random secret into the environment for every `env:` reference that is not set.

    Returns those that it made up, by variable.
    Raises CastError for a monitoring credential whose secret is kept elsewhere: the demo neither
    reads nor plays with a real center's secrets.
    """
    made_up: dict[str, str] = {}
    used = {
        name
        for device in center.devices.values()
        for name in (
            device.monitoring.snmp,
            device.monitoring.ipmi,
            device.monitoring.pjlink,
            *(check.credential for check in _streams(device)),
        )
        if name
    }
    for credential in (center.credentials[name] for name in sorted(used)):
        for reference in (credential.secret, credential.privacy_secret):
            if not reference:
                continue
            scheme, _, name = reference.partition(":")
            if scheme != "env":
                raise CastError(
                    f"credential {credential.name}: the demo makes up secrets for env: references"
                    f" only, not for {scheme}: ones"
                )
            if name not in os.environ:
                made_up[name] = os.environ[name] = secrets.token_urlsafe(12)
    return made_up


def cast(center: Center) -> list[SimulatedDevice]:
    """Every device of the center; one that nobody polls is only a place in the power paths."""
    return [
        SimulatedDevice(
            name=device.name,
            kind=device.kind.value,
            feeds=tuple(str(feed) for feed in device.feeds),
            uplinks=tuple(uplink.device for uplink in device.uplinks),
            snmp=_snmp(center, device),
            ipmi=_ipmi(center, device),
            pjlink=_pjlink(center, device),
            services=_services(center, device),
        )
        for device in center.devices.values()
    ]


def _secret(reference: str) -> str:
    return os.environ[reference.removeprefix("env:")]


def _loopback(address: object) -> str:
    octets = str(ip_address(str(address))).split(".")
    return ".".join(["127", *octets[1:]]) if len(octets) == 4 else "127.0.0.1"


def _snmp(center: Center, device: Device) -> SnmpService | None:
    name = device.monitoring.snmp
    if name is None or device.address is None:
        return None
    credential = center.credentials[name]
    v3 = credential.protocol == "snmp-v3"
    family = _family(device)
    return SnmpService(
        family=family,
        host=_loopback(device.address),
        community=None if v3 else _secret(credential.secret),
        users=(_user(credential),) if v3 else (),
        instance=_instance(center, device, family),
    )


def _user(credential: Credential) -> SimulatedUser:
    return SimulatedUser(
        name=credential.user,
        auth_password=_secret(credential.secret),
        privacy_password=_secret(credential.privacy_secret),
        auth=credential.authentication.replace("sha", "SHA-"),
        privacy=credential.privacy.replace("aes", "AES-"),
    )


def _family(device: Device) -> str:
    if device.kind is Kind.UPS:
        return "ups-apc" if device.model.startswith("apc") else "ups-rfc1628"
    if device.kind is Kind.PDU:
        small = device.outlets is not None and device.outlets <= SMALL_PDU_OUTLETS
        return "pdu-apc-rpdu2-8" if small else "pdu-apc-rpdu2"
    if device.kind is Kind.SWITCH:
        return "switch-core" if device.pair else "switch-access"
    family = FAMILIES.get(device.kind)
    if family is None:
        raise CastError(f"{device.name}: no recording plays a {device.kind} over SNMP")
    return family


def _instance(center: Center, device: Device, family: str) -> Instance:
    known = port_names(family)
    return Instance(
        name=device.name,
        location=device.place or f"rack {device.rack}",
        serial=device.serial,
        peer=device.pair or "",
        outlets={int(outlet): name for outlet, name in _fed(center, device) if outlet.isdecimal()},
        ports={port: name for port, name in _connected(center, device) if port in known},
    )


def _fed(center: Center, source: Device) -> Iterator[tuple[str, str]]:
    """Outlet and the device plugged into it."""
    for device in center.devices.values():
        for feed in device.feeds:
            if feed.device == source.name:
                yield feed.outlet, device.name


def _connected(center: Center, above: Device) -> Iterator[tuple[str, str]]:
    """Port and the device at the other end."""
    for device in center.devices.values():
        for uplink in device.uplinks:
            if uplink.device == above.name:
                yield uplink.port, device.name


def _ipmi(center: Center, device: Device) -> IpmiService | None:
    name = device.monitoring.ipmi
    if name is None or device.bmc is None:
        return None
    credential = center.credentials[name]
    return IpmiService(
        user=credential.user, password=_secret(credential.secret), host=_loopback(device.bmc)
    )


def _pjlink(center: Center, device: Device) -> PjlinkService | None:
    name = device.monitoring.pjlink
    if name is None or device.address is None:
        return None
    return PjlinkService(
        password=_secret(center.credentials[name].secret), host=_loopback(device.address)
    )


def _streams(device: Device) -> list[RtspCheck]:
    return [check for check in device.monitoring.reach if isinstance(check, RtspCheck)]


def _services(center: Center, device: Device) -> Services:
    checks = device.monitoring.reach
    login = next((check.credential for check in _streams(device) if check.credential), None)
    credential = center.credentials[login] if login else None
    return Services(
        host=_loopback(device.address) if device.address else "127.0.0.1",
        echo=any(isinstance(check, PingCheck) for check in checks),
        time=any(isinstance(check, NtpCheck) for check in checks),
        streams=tuple(locate(check.rtsp, "rtsp").target for check in _streams(device)),
        user=credential.user if credential else "",
        password=_secret(credential.secret) if credential else None,
        web=tuple(_web_endpoints(device)),
    )


def _web_endpoints(device: Device) -> Iterator[str]:
    for check in device.monitoring.reach:
        if isinstance(check, HttpCheck):
            yield f"http-{locate(check.http, 'http').port}"
        elif isinstance(check, TlsCheck):
            yield f"tls-{check.tls}"

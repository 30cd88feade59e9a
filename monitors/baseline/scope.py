"""What the inventory says of a device that verdicts depend on; stored with the evidence."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from inventory.baseline import Baseline
from inventory.model import Account, Center, Device, Service
from monitors.baseline.plain import Plain

FORMAT: Final = 1
SSH_PORT = 22


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ExpectedAccount(_Strict):
    """An account that the inventory puts on a host."""

    name: str
    sudo: Literal["none", "password", "nopasswd"]


class Scope(_Strict):
    """One device's extract of the inventory."""

    format: Literal[1] = FORMAT
    center: str
    device: Plain
    device_id: str
    os: str
    roles: tuple[str, ...] = ()
    baseline: Baseline
    accounts: tuple[ExpectedAccount, ...] = ()
    ports: tuple[Annotated[str, Field(pattern=r"^(tcp|udp)/\d{1,5}$")], ...] = ()
    """What may listen for other machines: `tcp/22`."""
    time_servers: tuple[str, ...] = ()
    """Addresses of the center's time servers, the device itself left out."""
    snmp_protocol: Literal["", "snmp-v2c", "snmp-v3"] = ""
    """How the monitor reads it."""

    @property
    def account_names(self) -> frozenset[str]:
        """The names of the accounts that belong on the host."""
        return frozenset(account.name for account in self.accounts)


def scope_of(center: Center, device: Device) -> Scope:
    """The extract of `center` that verdicts on `device` depend on."""
    return Scope(
        center=center.name,
        device=device.name,
        device_id=device.id,
        os=device.os,
        roles=device.roles,
        baseline=device.baseline or center.baseline,
        accounts=tuple(
            ExpectedAccount(name=account.name, sudo=account.sudo)
            for account in center.accounts.values()
            if _belongs(account, device)
        ),
        ports=_ports(center, device),
        time_servers=_time_servers(center, device),
        snmp_protocol=_snmp_protocol(center, device),
    )


def _belongs(account: Account, device: Device) -> bool:
    return not account.roles or bool(set(account.roles) & set(device.roles))


def _ports(center: Center, device: Device) -> tuple[str, ...]:
    services: list[Service] = []
    for name in device.roles:
        if name in center.roles:
            services += center.roles[name].services.values()
    opened = {f"{service.protocol}/{service.port}" for service in services}
    return tuple(sorted(opened | {f"tcp/{SSH_PORT}"}))


def _time_servers(center: Center, device: Device) -> tuple[str, ...]:
    servers = (center.devices.get(name) for name in center.time_servers)
    return tuple(
        str(server.address)
        for server in servers
        if server is not None and server.address is not None and server.name != device.name
    )


def _snmp_protocol(center: Center, device: Device) -> Literal["", "snmp-v2c", "snmp-v3"]:
    credential = center.credentials.get(device.monitoring.snmp or "")
    if credential is None:
        return ""
    return "snmp-v2c" if credential.protocol == "snmp-v2c" else "snmp-v3"

"""Reads everything that a center's controls are judged by, many devices at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from inventory.endpoints import EndpointMap
from inventory.errors import WatchfloorError
from inventory.facts.remote import SshAccess, read_host
from inventory.host_keys import alias
from inventory.model import Center, Device, Purpose
from inventory.secrets import ResolvedCredential, Secrets, SecretText
from monitors.baseline.catalogue import Subject
from monitors.baseline.configuration import read_configuration_facts
from monitors.baseline.judge import Case
from monitors.baseline.plain import plain
from monitors.baseline.redaction import redacted
from monitors.baseline.scope import scope_of
from monitors.baseline.snmp_probing import read_snmp_facts
from monitors.baseline.stored import (
    BmcReading,
    ConfigurationReading,
    FailedReading,
    HostReading,
    Reading,
    SnmpReading,
    StoredSection,
)
from monitors.ipmi.audit_facts import read_bmc_facts
from monitors.ipmi.client import IpmiClient
from monitors.ipmi.target import IPMI_PORT, IpmiTarget
from monitors.snmp.engine import SnmpEngine

SSH_PORT = 22
SNMP_PORT = 161
PURPOSES = (Purpose.AUDIT, Purpose.MONITOR)
"""What an audit may resolve: never the key that deploys."""

Progress = Callable[[str], None]


class NoAccessError(WatchfloorError):
    """The inventory does not say how to read this side of a device."""


@dataclass(frozen=True, slots=True)
class Means:
    """What reading needs beside the center itself."""

    secrets: Secrets
    endpoints: EndpointMap
    known_hosts: Path
    areas: tuple[str, ...]
    """Areas of facts to read from hosts."""
    monitor: str = ""
    """The URL of the monitor that was told of drift; empty: nobody is asked."""
    at_once: int = 16
    progress: Progress = field(default=lambda _: None)
    """Told one line for each side of a device that was read, or was not."""


@dataclass(frozen=True, slots=True)
class _Task:
    device: Device
    subject: Subject
    read: Callable[[], Awaitable[Reading]]


def subjects_of(device: Device, *, watched: bool = False) -> tuple[Subject, ...]:
    """The sides of a device that controls speak of; `watched`: there is a monitor to ask."""
    sides: tuple[tuple[Subject, bool], ...] = (
        ("host", device.is_deployable),
        ("bmc", device.bmc is not None),
        ("snmp", device.monitoring.snmp is not None),
        ("configuration", watched and device.is_deployable),
    )
    return tuple(subject for subject, is_there in sides if is_there)


async def collect(center: Center, devices: Iterable[Device], means: Means) -> list[Case]:
    """Every side of every device, in the order given. What cannot be read is a `FailedReading`."""
    slots = asyncio.Semaphore(means.at_once)
    ipmi = IpmiClient()
    try:
        async with SnmpEngine() as snmp:
            reader = _Reader(center, means, snmp, ipmi)
            tasks = [task for device in devices for task in reader.tasks(device)]
            readings = await asyncio.gather(*(_within(slots, task, means) for task in tasks))
    finally:
        await ipmi.close()
    return [
        Case(scope_of(center, task.device), reading)
        for task, reading in zip(tasks, readings, strict=True)
    ]


async def _within(slots: asyncio.Semaphore, task: _Task, means: Means) -> Reading:
    async with slots:
        try:
            reading = await task.read()
        except WatchfloorError as error:
            text = means.secrets.redactor.scrub(plain(str(error)))
            means.progress(f"{task.device.name}: {task.subject}: {text}")
            return FailedReading(
                device=task.device.name, read_at=_now(), subject=task.subject, problem=text[:2000]
            )
    means.progress(f"{task.device.name}: {task.subject}: read")
    return reading


class _Reader:
    """Knows how each side of a device is read."""

    def __init__(self, center: Center, means: Means, snmp: SnmpEngine, ipmi: IpmiClient) -> None:
        self._center = center
        self._means = means
        self._snmp = snmp
        self._ipmi = ipmi

    def tasks(self, device: Device) -> Iterator[_Task]:
        """One task for each side of the device."""
        ways: dict[Subject, Callable[[Device], Awaitable[Reading]]] = {
            "host": self._host,
            "bmc": self._bmc,
            "snmp": self._agent,
            "configuration": self._configuration,
        }
        for subject in subjects_of(device, watched=bool(self._means.monitor)):
            yield _Task(device, subject, _bound(ways[subject], device))

    async def _host(self, device: Device) -> HostReading:
        credential = self._credential(device, device.monitoring.ssh, "ssh")
        if credential.key_file is None:
            raise NoAccessError(
                f"{device.name}: credential {credential.name} has to be a key file: write"
                " `secret: file:PATH`"
            )
        host, port = self._place(device, "ssh", device.address, SSH_PORT)
        access = SshAccess(
            host=host,
            port=port,
            user=credential.user,
            key_file=credential.key_file,
            known_hosts=self._means.known_hosts,
            host_key_alias=alias(self._center, device),
        )
        facts = await read_host(access, self._means.areas)
        scrub = self._means.secrets.redactor.scrub
        sections = {
            name: StoredSection(text=redacted(section.text, scrub), exit_code=section.exit_code)
            for name, section in facts.sections.items()
            if name in self._means.areas  # a reader kept on the host reads all there are
        }
        return HostReading(device=device.name, read_at=_now(), sections=sections)

    async def _bmc(self, device: Device) -> BmcReading:
        credential = self._credential(device, device.monitoring.ipmi, "ipmi")
        host, port = self._place(device, "ipmi", device.bmc, IPMI_PORT)
        target = IpmiTarget(
            device=device.name,
            host=host,
            port=port,
            user=credential.user,
            password=_Password(credential.secret),
        )
        connection = self._ipmi.connect(target)
        try:
            facts = await read_bmc_facts(connection)
        finally:
            await connection.close()
        return BmcReading(device=device.name, read_at=_now(), facts=facts)

    async def _agent(self, device: Device) -> SnmpReading:
        credential = self._credential(device, device.monitoring.snmp, "snmp")
        host, port = self._place(device, "snmp", device.address, SNMP_PORT)
        facts = await read_snmp_facts(self._snmp, device.name, host, port, credential)
        return SnmpReading(device=device.name, read_at=_now(), facts=facts)

    async def _configuration(self, device: Device) -> ConfigurationReading:
        facts = await read_configuration_facts(self._means.monitor, device.name)
        return ConfigurationReading(device=device.name, read_at=_now(), facts=facts)

    def _credential(self, device: Device, name: str | None, key: str) -> ResolvedCredential:
        credential = self._center.credentials.get(name or "")
        if credential is None:
            raise NoAccessError(
                f"{device.name}: the inventory names no credential to read it with; set"
                f" `monitoring: {{{key}: …}}`"
            )
        return self._means.secrets.resolve(credential)

    def _place(self, device: Device, protocol: str, address: object, port: int) -> tuple[str, int]:
        default = "" if address is None else str(address)
        host, number = self._means.endpoints.resolve(device.name, protocol, default, port)
        if not host:
            raise NoAccessError(f"{device.name}: has no address in the inventory; give it one")
        return host, number


@dataclass(frozen=True, slots=True)
class _Password:
    """A secret in the form that the IPMI client asks for."""

    secret: SecretText

    def get_secret_value(self) -> str:
        return self.secret.reveal()


def _bound(
    way: Callable[[Device], Awaitable[Reading]], device: Device
) -> Callable[[], Awaitable[Reading]]:
    return lambda: way(device)


def _now() -> datetime:
    return datetime.now(UTC)

"""Who is polled, how and how often: probes made from the inventory, its credentials resolved.

What only one protocol needs is loaded with the first device that speaks it: most centers speak few,
and the libraries of ciphers and certificates alone take as much memory as a hundred devices.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING

from inventory.endpoints import EndpointMap
from inventory.errors import WatchfloorError
from inventory.model import Center, Credential, Device
from inventory.secrets import ResolvedCredential, Secrets, SecretText
from monitors.probe import Poll, Probe, Problem, ProblemKind
from monitors.profiles.library import Library, shipped
from monitors.reachability import reachable
from monitors.snmp.engine import SnmpEngine
from monitors.snmp.probe import SnmpProbe
from monitors.snmp.target import SnmpTarget, snmp_credential

if TYPE_CHECKING:
    from monitors.ipmi.client import IpmiClient

SNMP_PORT = 161
SHARE_OF_INTERVAL = 0.8
"""A poll must be over before the next one is due."""
LONGEST_POLL_S = {
    "snmp": 25.0,
    "ipmi": 30.0,
    "redfish": 30.0,
    "pjlink": 10.0,
    "sis": 20.0,
    "reach": 15.0,
}


class TargetProblem(WatchfloorError):  # noqa: N818 - it is reported, and stops nothing
    """One device cannot be polled over one protocol as the inventory stands."""


@dataclass(frozen=True, slots=True)
class Target:
    """One probe and when it is due."""

    probe: Probe
    interval_s: float
    deadline_s: float
    """A poll that lasts longer than this is cancelled by the poller."""

    @property
    def device(self) -> str:
        """The device's name in the inventory."""
        return self.probe.device

    @property
    def protocol(self) -> str:
        """`snmp`, `ipmi`, `redfish`, `pjlink`, `sis`, `reach`."""
        return self.probe.protocol


@dataclass(frozen=True, slots=True)
class Targets:
    """All that can be polled, and one line for each that cannot."""

    targets: tuple[Target, ...]
    problems: tuple[str, ...]

    @property
    def protocols(self) -> Mapping[str, Mapping[str, float]]:
        """Device -> protocol -> polling interval in seconds."""
        found: dict[str, dict[str, float]] = {}
        for target in self.targets:
            found.setdefault(target.device, {})[target.protocol] = target.interval_s
        return found


@dataclass(frozen=True, slots=True)
class RevealedSecret:
    """Lends a `SecretText` to targets that ask for theirs in pydantic's words."""

    secret: SecretText = field(repr=False)

    def get_secret_value(self) -> str:
        """The secret itself."""
        return self.secret.reveal()


@dataclass(frozen=True, slots=True)
class BrokenProbe:
    """A probe that could not be made: every poll says why."""

    device: str
    protocol: str
    why: str

    async def poll(self) -> Poll:
        """Never reads anything."""
        problem = Problem(ProblemKind.FAILED, self.why)
        return Poll(self.device, self.protocol, datetime.now(UTC), 0.0, problem=problem)

    async def close(self) -> None:
        """Has nothing open."""


class Clients:
    """The sockets that all probes share. Use it as `async with Clients() as clients`."""

    def __init__(self) -> None:
        self.snmp = SnmpEngine()
        self._ipmi: IpmiClient | None = None

    @property
    def ipmi(self) -> "IpmiClient":
        """The one socket to all BMCs, from the first one on."""
        if self._ipmi is None:
            from monitors.ipmi.client import IpmiClient  # noqa: PLC0415 - see above

            self._ipmi = IpmiClient()
        return self._ipmi

    async def __aenter__(self) -> "Clients":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.snmp.close()
        if self._ipmi is not None:
            await self._ipmi.close()


def build_targets(
    center: Center,
    secrets: Secrets,
    endpoints: EndpointMap,
    clients: Clients,
    *,
    only: str | None = None,
    profiles: Library | None = None,
) -> Targets:
    """Everything in the center that can be polled; `only` names a single device."""
    builder = _Builder(center, secrets, endpoints, clients, profiles or shipped())
    targets: list[Target] = []
    problems: list[str] = []
    for device in center.devices.values():
        if only is not None and device.name != only:
            continue
        for protocol, make in builder.makers(device):
            try:
                targets.append(make())
            except WatchfloorError as error:
                problems.append(f"{device.name}: {error}")
                targets.append(builder.broken(device, protocol, str(error)))
    return Targets(tuple(targets), tuple(problems))


class _Builder:
    def __init__(
        self,
        center: Center,
        secrets: Secrets,
        endpoints: EndpointMap,
        clients: Clients,
        profiles: Library,
    ) -> None:
        self._center = center
        self._profiles = profiles
        self._secrets = secrets
        self._endpoints = endpoints
        self._clients = clients
        self._resolved: dict[str, ResolvedCredential] = {}
        self._ports = _used_ports(center)

    def makers(self, device: Device) -> Iterator[tuple[str, Callable[[], Target]]]:
        """One for each protocol that the inventory wants the device read over."""
        wanted = device.monitoring
        if wanted.snmp:
            yield "snmp", lambda: self._snmp(device, wanted.snmp or "")
        if wanted.ipmi:
            yield "ipmi", lambda: self._ipmi(device, wanted.ipmi or "")
        if wanted.redfish:
            yield "redfish", lambda: self._redfish(device, wanted.redfish or "")
        if wanted.pjlink:
            yield "pjlink", lambda: self._pjlink(device, wanted.pjlink or "")
        if wanted.sis:
            yield "sis", lambda: self._sis(device, wanted.sis or "")
        if wanted.reach:
            yield "reach", lambda: self._reach(device)

    def broken(self, device: Device, protocol: str, why: str) -> Target:
        """Stands in for a probe that cannot be made, so that nobody takes the device for well."""
        return self._target(device, BrokenProbe(device.name, protocol, why), 1.0)

    def _snmp(self, device: Device, credential: str) -> Target:
        host, port = self._endpoint(device, "snmp", device.address, SNMP_PORT)
        deadline_s = self._deadline(device, "snmp")
        target = SnmpTarget(
            device.name,
            host,
            port,
            snmp_credential(self._resolve(credential)),
            timeout_s=min(2.0, deadline_s / 4),
            deadline_s=deadline_s,
        )
        own = host == str(device.address)

        async def ask() -> bool | None:
            return await reachable(host)

        probe = SnmpProbe(
            self._clients.snmp,
            target,
            self._profiles,
            expected=self._ports.get(device.name, ()),
            # What answers at a simulator's address says nothing about the device.
            reachable=(lambda _: ask()) if own else None,
        )
        return self._target(device, probe, deadline_s)

    def _ipmi(self, device: Device, credential: str) -> Target:
        from monitors.ipmi.probe import IpmiProbe  # noqa: PLC0415 - see above
        from monitors.ipmi.target import IPMI_PORT, IpmiTarget  # noqa: PLC0415

        host, port = self._endpoint(device, "ipmi", device.bmc, IPMI_PORT)
        resolved = self._resolve(credential)
        deadline_s = self._deadline(device, "ipmi")
        target = IpmiTarget(
            device.name,
            host,
            resolved.user,
            RevealedSecret(resolved.secret),
            port,
            timeout_s=min(4.0, deadline_s / 2),
            deadline_s=deadline_s,
        )
        return self._target(device, IpmiProbe(self._clients.ipmi, target), deadline_s)

    def _redfish(self, device: Device, credential: str) -> Target:
        from monitors.net.trust import Trust  # noqa: PLC0415 - see above
        from monitors.redfish.probe import RedfishProbe  # noqa: PLC0415
        from monitors.redfish.target import REDFISH_PORT, RedfishTarget  # noqa: PLC0415

        host, port = self._endpoint(device, "redfish", device.bmc, REDFISH_PORT)
        resolved = self._resolve(credential)
        deadline_s = self._deadline(device, "redfish")
        trust = Trust.of(device.monitoring.redfish_tls, self._secrets.folder, required=True)
        target = RedfishTarget(
            device.name,
            host,
            resolved.user,
            RevealedSecret(resolved.secret),
            # Mapped to elsewhere or not, the certificate is for the address in the inventory.
            replace(trust, name=trust.name or str(device.bmc)),
            port,
            timeout_s=min(5.0, deadline_s / 2),
            deadline_s=deadline_s,
        )
        return self._target(device, RedfishProbe(target), deadline_s)

    def _pjlink(self, device: Device, credential: str) -> Target:
        from monitors.pjlink.probe import PjlinkProbe  # noqa: PLC0415 - see above
        from monitors.pjlink.protocol import PORT as PJLINK_PORT  # noqa: PLC0415
        from monitors.pjlink.target import PjlinkTarget  # noqa: PLC0415

        host, port = self._endpoint(device, "pjlink", device.address, PJLINK_PORT)
        secret = self._resolve(credential).secret
        deadline_s = self._deadline(device, "pjlink")
        target = PjlinkTarget(
            device.name,
            host,
            port,
            RevealedSecret(secret) if secret else None,
            timeout_s=min(3.0, deadline_s / 2),
            deadline_s=deadline_s,
            expected_on=True,
        )
        return self._target(device, PjlinkProbe(target), deadline_s)

    def _sis(self, device: Device, credential: str) -> Target:
        from monitors.sis.probe import SisProbe  # noqa: PLC0415 - see above
        from monitors.sis.protocol import PORT as SIS_PORT  # noqa: PLC0415
        from monitors.sis.target import SisTarget  # noqa: PLC0415

        host, port = self._endpoint(device, "sis", device.address, SIS_PORT)
        resolved = self._resolve(credential)
        deadline_s = self._deadline(device, "sis")
        target = SisTarget(
            device.name,
            host,
            resolved.user,
            RevealedSecret(resolved.secret),
            device.monitoring.sis_host_key,
            port,
            timeout_s=min(3.0, deadline_s / 4),
            answer_s=min(1.5, deadline_s / 8),
            deadline_s=deadline_s,
        )
        return self._target(device, SisProbe(target), deadline_s)

    def _reach(self, device: Device) -> Target:
        from monitors.reach.build import AskerMaker  # noqa: PLC0415 - see above
        from monitors.reach.probe import ReachProbe, ReachTarget  # noqa: PLC0415
        from monitors.reach.rtsp import Login  # noqa: PLC0415

        def resolve(endpoint: str, host: str, port: int) -> tuple[str, int]:
            return self._endpoints.resolve(device.name, endpoint, host, port)

        def login(credential: str) -> Login:
            resolved = self._resolve(credential)
            return Login(resolved.user, resolved.secret)

        deadline_s = self._deadline(device, "reach")
        maker = AskerMaker(device, self._secrets.folder, resolve, login)
        askers = tuple(maker.make(check) for check in device.monitoring.reach)
        return self._target(
            device, ReachProbe(ReachTarget(device.name, askers, deadline_s)), deadline_s
        )

    def _target(self, device: Device, probe: Probe, deadline_s: float) -> Target:
        return Target(probe, self._interval(device), deadline_s)

    def _interval(self, device: Device) -> float:
        return device.monitoring.interval_s or self._center.interval_s

    def _deadline(self, device: Device, protocol: str) -> float:
        return min(LONGEST_POLL_S[protocol], SHARE_OF_INTERVAL * self._interval(device))

    def _endpoint(
        self, device: Device, protocol: str, address: object, port: int
    ) -> tuple[str, int]:
        if address is None and f"{device.name}/{protocol}" not in self._endpoints.endpoints:
            what = "bmc" if protocol in ("ipmi", "redfish") else "address"
            raise TargetProblem(f"has no {what}; {protocol} needs one")
        return self._endpoints.resolve(device.name, protocol, str(address), port)

    def _resolve(self, name: str) -> ResolvedCredential:
        """Each credential once: a vault or an age file is not asked for every device."""
        if name not in self._resolved:
            credential: Credential = self._center.credentials[name]
            self._resolved[name] = self._secrets.resolve(credential)
        return self._resolved[name]


def _used_ports(center: Center) -> dict[str, tuple[str, ...]]:
    """Device -> its ports that something in the inventory hangs from: down is a failure there."""
    used: dict[str, set[str]] = {}
    for device in center.devices.values():
        for uplink in device.uplinks:
            if uplink.port:
                used.setdefault(uplink.device, set()).add(uplink.port)
    return {name: tuple(sorted(ports)) for name, ports in used.items()}

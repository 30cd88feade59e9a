"""How the center is, for the rollout: as its monitor sees it, or as we see its peers ourselves."""

import socket
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from urllib.parse import urlencode, urlsplit

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from inventory import monitor_api
from inventory.endpoints import EndpointMap
from inventory.errors import WatchfloorError
from inventory.model import Center
from inventory.monitor_api import MonitorApiError
from inventory.settings import Settings
from inventory.topology import Health, Topology

TIMEOUT_S = 10.0
LARGEST_ANSWER = 8 * 1024**2
SSH_PORT = 22
CONNECT_S = 3.0
LOOKING_AT_ONCE = 32


class HealthError(WatchfloorError):
    """Nobody can say how the center is."""


class _Part(BaseModel):
    # The monitor may be newer than we are: what it says beyond this is not needed here.
    model_config = ConfigDict(frozen=True, extra="ignore")


class Standing(_Part):
    """One device as it is seen."""

    device: str
    monitored: bool
    state: Literal["ok", "warning", "critical", "unknown", "absent"] = "ok"
    reachable: bool = True
    in_service: bool = True
    silent: bool = False
    polled_at: AwareDatetime | None = None
    text: str = ""

    @property
    def is_well(self) -> bool:
        """Whether others may lean on it."""
        return self.in_service and not self.silent and self.state != "critical"


class MarginChange(_Part):
    """A group or function that survives fewer failures meanwhile; -1 is out."""

    name: str
    title: str
    is_function: bool
    now: int
    during: int


class CriticalPart(_Part):
    """A part that is critical, wherever it is."""

    device: str
    component: str
    text: str = ""


class Incident(_Part):
    """Something is going on; nobody should change anything meanwhile."""

    since: AwareDatetime
    by: str
    reason: str


class Outlook(_Part):
    """How the center is, and how it would be without some devices (`/api/v1/outlook`)."""

    format: Literal[1]
    center: str
    taken_at: AwareDatetime | None = None
    settled: bool = True
    devices: tuple[Standing, ...] = ()
    peers: tuple[Standing, ...] = ()
    margins: tuple[MarginChange, ...] = ()
    takes_out: tuple[str, ...] = ()
    leans_on: tuple[str, ...] = ()
    critical: tuple[CriticalPart, ...] = ()
    incident: Incident | None = None


class HealthSource(Protocol):
    """Whoever can say how the center is."""

    @property
    def name(self) -> str:
        """For the run's record: `monitor http://127.0.0.1:8720`, `bootstrap`."""

    @property
    def is_live(self) -> bool:
        """Whether it goes on watching, so that waiting for its next look makes sense."""

    def outlook(self, devices: Iterable[str]) -> Outlook:
        """How it is, and how it would be without these devices. Raises `HealthError`."""


@dataclass(frozen=True, slots=True)
class MonitorHealth:
    """The center's monitor, over its API."""

    url: str
    center: str
    is_live: bool = True

    @property
    def name(self) -> str:
        return f"monitor {self.url}"

    def outlook(self, devices: Iterable[str]) -> Outlook:
        """See `HealthSource`."""
        query = urlencode({"devices": ",".join(devices)})
        url = f"{self.url}/api/v1/outlook?{query}"
        try:
            text = monitor_api.get(url, timeout_s=TIMEOUT_S, largest=LARGEST_ANSWER)
            found = Outlook.model_validate_json(text)
        except MonitorApiError as error:
            raise HealthError(str(error)) from error
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise HealthError(
                f"{self.url}: the monitor's answer is not understood ({first['msg']}); is it of"
                " another version?"
            ) from error
        if found.center != self.center:
            raise HealthError(
                f"{self.url}: watches {found.center}, not {self.center}; set WATCHFLOOR_MONITOR_URL"
            )
        return found


@dataclass(frozen=True, slots=True)
class EitherMonitor:
    """Several monitors of one center: whoever is not changed itself, and answers first."""

    monitors: tuple[MonitorHealth, ...]
    addresses: Mapping[str, str]
    """Device -> its address: a monitor that runs on a changed device is not asked."""
    is_live: bool = True

    @property
    def name(self) -> str:
        return " or ".join(monitor.name for monitor in self.monitors)

    def outlook(self, devices: Iterable[str]) -> Outlook:
        """See `HealthSource`."""
        asked = tuple(devices)
        changed = {self.addresses.get(name) for name in asked}
        able = [one for one in self.monitors if urlsplit(one.url).hostname not in changed]
        if not able:
            raise HealthError(
                f"{', '.join(asked)}: every monitor that could say whether all is well runs there;"
                " name another one's URL in WATCHFLOOR_MONITOR_URL, too"
            )
        for monitor in able[:-1]:
            with suppress(HealthError):
                return monitor.outlook(asked)
        return able[-1].outlook(asked)


@dataclass(frozen=True, slots=True)
class DirectHealth:
    """Our own look at the peers that run sshd: for the time before there is a monitor."""

    center: Center
    endpoints: EndpointMap
    name: str = "bootstrap"
    is_live: bool = False

    def outlook(self, devices: Iterable[str]) -> Outlook:
        """Peers that can be looked at and do not answer count as down; of others nothing is said.

        See `HealthSource`.
        """
        asked = tuple(devices)
        topology = Topology(self.center)
        peers = self._answering(topology.peers(asked))
        down = [name for name, answers in peers.items() if not answers]
        before = topology.assess(dict.fromkeys(down, Health.DOWN))
        during = topology.assess(dict.fromkeys((*down, *asked), Health.DOWN))
        now = {**before.groups, **before.functions}
        then = {**during.groups, **during.functions}
        return Outlook(
            format=1,
            center=self.center.name,
            devices=tuple(Standing(device=name, monitored=False) for name in asked),
            peers=tuple(
                Standing(
                    device=name,
                    monitored=False,
                    in_service=answers,
                    reachable=answers,
                    text="" if answers else "does not answer on its SSH port",
                )
                for name, answers in peers.items()
            ),
            margins=tuple(
                MarginChange(
                    name=name,
                    title=margin.title or name,
                    is_function=name in self.center.functions,
                    now=margin.margin,
                    during=then[name].margin,
                )
                for name, margin in now.items()
                if then[name].margin < margin.margin
            ),
            takes_out=tuple(
                name
                for name, margin in now.items()
                if margin.in_service and not then[name].in_service
            ),
        )

    def _answering(self, names: Iterable[str]) -> Mapping[str, bool]:
        known = [self.center.devices[name] for name in names]
        hosts = [device for device in known if device.is_deployable and device.address is not None]
        with ThreadPoolExecutor(LOOKING_AT_ONCE) as pool:
            answers = pool.map(
                _answers,
                (
                    self.endpoints.resolve(host.name, "ssh", str(host.address), SSH_PORT)
                    for host in hosts
                ),
            )
            return dict(zip((host.name for host in hosts), answers, strict=True))


def monitors_of(settings: Settings, center: Center) -> EitherMonitor:
    """The monitors that the settings name."""
    addresses = {d.name: str(d.address) for d in center.devices.values() if d.address is not None}
    named = tuple(MonitorHealth(url, center.name) for url in settings.monitor_urls)
    return EitherMonitor(named, addresses)


def watches(source: HealthSource) -> bool:
    """Whether it answers, and watches this center."""
    try:
        source.outlook(())
    except HealthError:
        return False
    return True


def _answers(place: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(place, timeout=CONNECT_S):
            return True
    except OSError:
        return False


def polled_since(standing: Standing, moment: datetime) -> bool:
    """Whether the monitor has read the device wholly after a moment; true of one it never reads."""
    if not standing.monitored:
        return True
    return standing.polled_at is not None and standing.polled_at >= moment

"""What a change would find and leave: a rollout asks it before and after each wave. Pure.

The answer comes from the situation as it is watched, not as it was designed: what is down already
counts, and so does what is degraded among the devices that are redundant with the asked ones.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from inventory.elements import Element
from inventory.model import Center
from inventory.topology import Assessment, DeviceStatus, Health, Margin, Topology
from monitors.health import DeviceHealth
from monitors.incident import Incident
from monitors.reading import State, worst
from monitors.scene import Scene

MOST_CRITICAL = 500
"""Critical parts that one answer lists; a rollout stops long before."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One device as the monitor sees it."""

    device: str
    monitored: bool
    """Whether any probe reads it; of others only the topology speaks."""
    state: State
    reachable: bool
    in_service: bool
    silent: bool
    """A protocol of it does not answer any more, or has not answered yet."""
    polled_at: datetime | None
    """When the oldest of its protocols' last polls began; None before each had one."""
    text: str = ""
    """What is wrong with it, in one line."""

    @property
    def is_well(self) -> bool:
        """Whether others may lean on it."""
        return self.in_service and not self.silent and self.state is not State.CRITICAL


@dataclass(frozen=True, slots=True)
class MarginChange:
    """A group or function that would survive fewer failures meanwhile."""

    name: str
    title: str
    is_function: bool
    now: int
    during: int
    """-1: it would be out."""


@dataclass(frozen=True, slots=True)
class CriticalPart:
    """A part that is critical now, wherever it is."""

    device: str
    component: str
    since: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """The answer; `/api/v1/outlook` gives it as JSON."""

    format: Literal[1]
    center: str
    taken_at: datetime
    settled: bool
    """Every device has answered, or been found silent, since the monitor started."""
    devices: tuple[Standing, ...]
    """Those that were asked about."""
    peers: tuple[Standing, ...]
    """Those that share a group with them."""
    margins: tuple[MarginChange, ...]
    takes_out: tuple[str, ...]
    """Groups and functions that are in service now, and would not be without these devices."""
    leans_on: tuple[str, ...]
    """The same, if the peers that are not well failed meanwhile."""
    critical: tuple[CriticalPart, ...]
    incident: Incident | None


def outlook(
    scene: Scene,
    topology: Topology,
    observer: str | None,
    devices: Iterable[str],
    incident: Incident | None = None,
) -> Outlook:
    """What holds now, and what would hold without these devices."""
    asked = tuple(dict.fromkeys(devices))
    peers = tuple(_standing(scene, name) for name in topology.peers(asked))
    weak = [peer.device for peer in peers if not peer.is_well]
    without = topology.assess({**scene.states, **_down(asked)}, observer)
    worse = topology.assess({**scene.states, **_down((*asked, *weak))}, observer)
    return Outlook(
        format=1,
        center=scene.center.name,
        taken_at=scene.now,
        settled=scene.settled,
        devices=tuple(_standing(scene, name) for name in asked),
        peers=peers,
        margins=tuple(_changes(scene.assessment, without, scene.center)),
        takes_out=_lost(scene.assessment, without),
        leans_on=_lost(scene.assessment, worse),
        critical=tuple(_critical(scene))[:MOST_CRITICAL],
        incident=incident,
    )


def _down(devices: Iterable[str]) -> Mapping[Element, Health]:
    return dict.fromkeys(devices, Health.DOWN)


def _margins(assessment: Assessment) -> Mapping[str, Margin]:
    return {**assessment.groups, **assessment.functions}


def _lost(now: Assessment, then: Assessment) -> tuple[str, ...]:
    after = _margins(then)
    return tuple(
        name
        for name, margin in _margins(now).items()
        if margin.in_service and not after[name].in_service
    )


def _changes(now: Assessment, then: Assessment, center: Center) -> Iterator[MarginChange]:
    after = _margins(then)
    for name, margin in _margins(now).items():
        if after[name].margin < margin.margin:
            is_function = name in center.functions
            yield MarginChange(
                name, margin.title or name, is_function, margin.margin, after[name].margin
            )


def _standing(scene: Scene, name: str) -> Standing:
    status = scene.assessment.devices[name]
    health = scene.devices.get(name)
    if health is None:
        return Standing(
            name,
            monitored=False,
            state=State.OK,
            reachable=status.reachable,
            in_service=status.in_service,
            silent=False,
            polled_at=None,
            text=_because(status),
        )
    last = [p.last.started_at if p.last else None for p in health.protocols.values()]
    bad = [part for part in health.bad_parts if part.state is State.CRITICAL]
    silent = any(p.silent or p.succeeded is None for p in health.protocols.values())
    said = "; ".join(part.text or part.id for part in bad[:3])
    return Standing(
        name,
        monitored=True,
        state=worst(*(part.state for part in health.parts)),
        reachable=status.reachable,
        in_service=status.in_service,
        silent=silent,
        polled_at=None if None in last else min(filter(None, last), default=None),
        text=said or next(_complaints(health), "") or _because(status),
    )


def _because(status: DeviceStatus) -> str:
    return "" if status.in_service else f"out of service, because of {status.cause or status.name}"


def _complaints(health: DeviceHealth) -> Iterator[str]:
    """Why a protocol brings nothing."""
    for protocol in health.protocols.values():
        if protocol.last is None:
            yield f"{protocol.protocol}: not read yet"
        elif protocol.last.problem is not None and (protocol.silent or not protocol.succeeded):
            yield f"{protocol.protocol}: {protocol.last.problem.message}"


def _critical(scene: Scene) -> Iterator[CriticalPart]:
    for name, health in scene.devices.items():
        for part in health.bad_parts:
            if part.state is State.CRITICAL:
                yield CriticalPart(name, part.id, part.since, part.text[:200])

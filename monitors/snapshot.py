"""What the engine knows at one moment, as one immutable value that pages, API and runbooks read.

The engine builds it, JSON carries it (`to_json`, `from_json`), and nobody changes it. Between two
full snapshots the engine sends partial ones, which hold only the devices that have changed:
`Snapshot.updated_by` puts them together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, PlainSerializer, TypeAdapter, ValidationError
from pydantic.main import IncEx

from inventory.errors import WatchfloorError
from inventory.model import Kind
from inventory.topology import Health, Power
from monitors.incident import Incident
from monitors.probe import Identity, ProblemKind
from monitors.reading import Reading, State

FORMAT = 1
"""The snapshot's format version; a reader refuses another one."""

AnyReadings = Annotated[
    Sequence[Reading],
    AfterValidator(tuple),
    PlainSerializer(tuple, return_type=tuple[Reading, ...]),
]
"""Readings in whatever form the engine has them; a tuple once they were received."""

Priority = Literal["P1", "P2", "P3"]


class Phase(StrEnum):
    """Where an alert stands in its life (the shapes of ISA-18.2)."""

    PENDING = "pending"
    """Its condition holds, its on-delay has not passed. Not shown as an alert."""
    UNACKED = "unacked"
    """It fires and nobody has said that they see to it."""
    ACKED = "acked"
    """It fires and somebody sees to it."""
    RETURNED = "returned"
    """Its condition is gone, but nobody had acknowledged it: somebody should know it happened."""


@dataclass(frozen=True, slots=True)
class CenterView:
    """Which center this is."""

    name: str
    title: str
    timezone: str
    """IANA name: pages show its time, every value here is UTC."""


@dataclass(frozen=True, slots=True)
class PollView:
    """How the reading of one device over one protocol goes."""

    protocol: str
    interval_s: float
    at: datetime | None = None
    """When the last poll began; None before the first one."""
    duration_s: float = 0.0
    succeeded_at: datetime | None = None
    """When the last poll that brought readings began."""
    fresh_until: datetime | None = None
    """After this moment, the readings are stale and must lose their emphasis."""
    problem_kind: ProblemKind | None = None
    problem: str = ""
    """One line for people; empty when the last poll read everything."""
    failures: int = 0
    """Failed polls since the last success."""
    partial: bool = False
    """The last poll read some of what the device has and missed some: `problem` says why."""
    silent: bool = False
    """Failed so often in a row that the device counts as silent over this protocol."""


@dataclass(frozen=True, slots=True)
class ComponentView:
    """One part of a device with its settled state (after hysteresis)."""

    id: str
    """Kind and index, `power_supply:2`; empty for the device itself."""
    kind: str
    """`power_supply`, `fan`, `outlet`, `port`, …; `device` for the device itself."""
    name: str
    state: State
    since: datetime
    """When it took this state."""
    text: str = ""
    """Why, in one line: the worst reading in the device's own words."""
    vanished: bool = False
    """Seen before, absent from the last complete poll: expected until someone retires it."""


@dataclass(frozen=True, slots=True)
class DeviceView:
    """One device: what it is, how it is, and what was read from it."""

    name: str
    id: str
    kind: Kind
    title: str
    model: str
    rack: str
    """The rack's name; empty when it stands in none."""
    units: tuple[int, ...]
    place: str
    monitored: bool
    """Whether any probe reads it. Of others only the topology speaks."""
    state: State
    """The worst of its components; unknown when it is silent and does not answer for itself."""
    health: Health
    power: Power
    reachable: bool
    in_service: bool
    cause: str
    """The element whose failure explains that it is out of service or silent; else empty."""
    identity: Identity = field(default_factory=Identity)
    polls: tuple[PollView, ...] = ()
    components: tuple[ComponentView, ...] = ()
    """All of them, or only those that are not well: see `Snapshot.brief`."""
    readings: AnyReadings = ()
    """Of the last poll that brought any, all protocols together; see `PollView.fresh_until`.

    Empty in snapshots: the engine is asked for those of one device.
    """

    def fresh(self, now: datetime) -> bool:
        """Whether every protocol's readings are recent. True of a device that nobody polls."""
        return all(p.fresh_until is not None and now <= p.fresh_until for p in self.polls)

    def brief(self) -> "DeviceView":
        """The same without readings, and of the components those that are not well."""
        bad = [part for part in self.components if part.state is not State.OK or part.vanished]
        return replace(self, components=tuple(bad), readings=())


@dataclass(frozen=True, slots=True)
class MarginView:
    """A group or function: how many more failures it survives."""

    name: str
    title: str
    in_service: bool
    margin: int
    """0: the next failure is an outage. -1: it is out."""
    designed: int
    """The margin when everything works."""
    assured: int
    """The margin if everything that is unknown were down."""
    priority: int = 5
    """A function's rank: 1 is shown first. Groups have 5."""
    critical: tuple[str, ...] = ()
    """At margin 0: the elements of which one more failure is the outage."""
    causes: tuple[str, ...] = ()
    """The failed elements that took margin away."""
    derived: bool = False
    """Of groups: made from the inventory (pairs, feeds), not declared by people."""


@dataclass(frozen=True, slots=True)
class ImpactView:
    """What an alert does to one function or group."""

    kind: Literal["function", "group"]
    name: str
    title: str
    before: int
    """The margin if only this alert's cause were healthy again."""
    after: int
    """The margin now."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing worth knowing about an alert, read from the device."""

    name: str
    value: str
    """Formatted for people, with its unit: `87 %`, `11 min`, `onBattery`."""
    at: datetime | None = None
    """When it was read; None for what does not age (a title, a rack)."""


@dataclass(frozen=True, slots=True)
class AlertView:
    """One occurrence of one alert on one device or component."""

    id: str
    """Names this occurrence in the API and the journal."""
    alert: str
    """The definition's slug, `ups-on-battery`."""
    title: str
    priority: Priority
    phase: Phase
    device: str
    """The device it is about; empty when it is about a function or group."""
    component: str
    """The part, `power_supply:2`; the function's or group's name when `device` is empty."""
    summary: str
    """One line: what is wrong with what."""
    since: datetime
    """When the condition began."""
    fired_at: datetime | None
    """When the on-delay had passed; None while pending."""
    returned_at: datetime | None
    acked_at: datetime | None
    acked_by: str
    comment: str
    cause: str
    """The element that failed; the device itself when it is the cause."""
    impact: tuple[ImpactView, ...]
    suppressed: tuple[str, ...]
    """The devices that are silent or out of service because of this one: not alerts themselves."""
    consequence: str
    action: str
    respond_within_s: float
    runbook: str
    """`<area>/<slug>`, without `.md`."""
    facts: tuple[Fact, ...] = ()
    flapping: bool = False
    """It came and went so often that it is held until it stays quiet."""


@dataclass(frozen=True, slots=True)
class EngineView:
    """How the monitor itself is."""

    version: str
    started_at: datetime
    instance: str
    """Changes with every start of the engine; with `Snapshot.sequence` it orders snapshots."""
    targets: int
    """How many probes are scheduled."""
    polls: int
    """Polls finished since the start."""
    failures: Mapping[str, int]
    """Polls that brought a problem, by `ProblemKind`."""
    running: int
    """Polls under way."""
    late_s: float
    """How late the latest poll began against its schedule."""
    loop_lag_s: float
    """Worst delay of the event loop in the last ten seconds."""
    store_problem: str = ""
    """One line when alerts cannot be written down (disk full, …); empty when they can."""
    inventory_problem: str = ""
    """One line when the last reload failed and the former inventory is still in use."""
    receiver_problem: str = ""
    """One line when the receiver of traps and syslog, where there is one, has not spoken lately."""
    unmonitored: tuple[str, ...] = ()
    """One line for each target that could not be set up (a credential is missing, …)."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole center at one moment. Times are UTC."""

    center: CenterView
    taken_at: datetime
    sequence: int
    engine: EngineView
    devices: Mapping[str, DeviceView]
    groups: Mapping[str, MarginView]
    functions: Mapping[str, MarginView]
    alerts: tuple[AlertView, ...] = ()
    """Pending ones included; priority, then age."""
    incident: Incident | None = None
    """Declared by people: nobody should change anything now."""
    partial: bool = False
    """Holds only the devices that changed since the one before."""
    format: Literal[1] = 1

    def updated_by(self, newer: "Snapshot") -> "Snapshot":
        """This snapshot brought up to date by a newer one, which may be partial."""
        if not newer.partial:
            return newer
        return replace(newer, devices={**self.devices, **newer.devices}, partial=False)

    @property
    def active_alerts(self) -> tuple[AlertView, ...]:
        """The alerts to be shown: without pending ones."""
        return tuple(alert for alert in self.alerts if alert.phase is not Phase.PENDING)

    def brief(self) -> "Snapshot":
        """What readers are told again and again; they ask for all of a device when it is looked at.

        Readings and the parts that are well are most of what is known.
        """
        return replace(self, devices={name: view.brief() for name, view in self.devices.items()})

    def to_json(self) -> bytes:
        """One JSON document; `from_json` reads it back equal."""
        return _ADAPTER.dump_json(self)

    def bare_json(self) -> bytes:
        """The same without readings."""
        return _ADAPTER.dump_json(self, exclude={"devices": _EACH_WITHOUT_READINGS})

    def devices_json(self) -> bytes:
        """A list of the devices, without readings."""
        return _DEVICES.dump_json(list(self.devices.values()), exclude=_EACH_WITHOUT_READINGS)


def device_to_json(device: DeviceView) -> bytes:
    """One device with its readings; `device_from_json` reads it back."""
    return _DEVICE.dump_json(device)


def device_from_json(text: bytes) -> DeviceView:
    """The device in a JSON document. Raises `SnapshotError`."""
    try:
        return _DEVICE.validate_json(text)
    except ValidationError as error:
        raise SnapshotError("device: engine and reader must be the same version") from error


class SnapshotError(WatchfloorError):
    """What was received is no snapshot of a format that this version knows."""


def from_json(text: bytes) -> Snapshot:
    """The snapshot in a JSON document. Raises `SnapshotError` for anything else."""
    try:
        return _ADAPTER.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SnapshotError(
            f"snapshot: {where}: {first['msg']}; engine and reader must be the same version"
        ) from error


_ADAPTER = TypeAdapter(Snapshot)
_DEVICE = TypeAdapter(DeviceView)
_DEVICES = TypeAdapter(list[DeviceView])
_EACH_WITHOUT_READINGS: IncEx = {"__all__": {"readings"}}

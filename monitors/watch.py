"""The engine's mind: polls go in, a snapshot and records for the store come out. No I/O.

Told of the same polls and looks, it always says the same. The engine owns the clock, the probes,
the store and the socket.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from math import isfinite
from typing import NamedTuple

from inventory.elements import Element
from inventory.model import Center
from inventory.topology import Assessment, DeviceStatus, Health, Topology
from monitors.alerts.definition import Definition
from monitors.alerts.desk import AlertDesk, Transition
from monitors.alerts.life import Occurrence
from monitors.alerts.store import Sensors
from monitors.alerts.views import AlertViews
from monitors.device_view import PartViews, view_device, view_margins
from monitors.elements import ElementReader
from monitors.events import FINDINGS, Event, EventKind, latest, standing
from monitors.health import DeviceHealth
from monitors.incident import Incident, incident_of
from monitors.metrics import Metrics
from monitors.outlook import Outlook, outlook
from monitors.presence import Expected
from monitors.probe import Poll, Problem
from monitors.protocol_health import Damping
from monitors.readings import Readings
from monitors.retirement import Retirement, to_retire
from monitors.scene import Scene
from monitors.sensors import SensorKey
from monitors.snapshot import CenterView, DeviceView, EngineView, Snapshot

MOST_FINDINGS = 10_000
"""Events of drift and discovery that are kept in memory; the store has them all."""
SETTLE_INTERVALS = 3.5
"""Polling intervals after which what a cause has brought about is well again, or ill by itself."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What an earlier run has left in the store."""

    occurrences: Sequence[Occurrence] = ()
    sensors: Mapping[tuple[str, str], Sequence[SensorKey]] = field(default_factory=dict)
    """By device and protocol."""
    found: Sequence[Event] = ()


class Watch:
    """One center, watched."""

    def __init__(
        self,
        center: Center,
        definitions: Mapping[str, Definition],
        protocols: Mapping[str, Mapping[str, float]],
        *,
        now: datetime,
        memory: Memory | None = None,
        observer: str | None = None,
        damping: Damping | None = None,
        longest_on_delay_s: float | None = None,
    ) -> None:
        """`protocols` is device -> protocol -> polling interval in seconds."""
        memory = memory or Memory()
        self.center = center
        self.topology = Topology(center)
        self.observer = observer
        self.devices = {
            name: DeviceHealth(name, spoken, damping, Expected.of(center.devices[name]))
            for name, spoken in protocols.items()
        }
        for (device, protocol), keys in memory.sensors.items():
            known = self.devices.get(device)
            if known is not None and protocol in known.protocols:
                known.protocols[protocol].expect(keys, now)
        self.desk = AlertDesk(
            definitions,
            center.on_delay_s,
            memory.occurrences,
            longest_on_delay_s=longest_on_delay_s,
            settle_s=SETTLE_INTERVALS * center.interval_s,
        )
        self.metrics = Metrics(center.name)
        self._alerts = AlertViews(self.topology)
        self._upstream = cache(self.topology.upstream)
        self._elements = ElementReader(self.topology, observer)
        self._found = [event for event in memory.found if event.kind in FINDINGS]
        self._last_incident = max(
            (event for event in memory.found if event.kind is EventKind.INCIDENT),
            key=lambda event: event.at,
            default=None,
        )
        self._stand()
        self._states: Mapping[Element, Health] = {}
        self._assessment: Assessment | None = None
        self._views: dict[str, DeviceView] = {}
        self._shown: dict[str, _Standing] = {}
        """What the last view of a device says, but for when it was asked and what it measures."""
        self._parts = PartViews()
        self._polled: set[str] = set()
        self._changed: set[str] = set()
        """Devices of which the last snapshot does not show the state."""
        self._asked: set[str] = set()
        """Devices that were polled since, and nothing came of it: that can wait."""
        self._news = False
        self._sequence = 0

    def acknowledge(
        self, identifier: str, by: str, comment: str, now: datetime
    ) -> Transition | None:
        """Notes who sees to an alert; None when it was noted before. Raises `AlertError`."""
        self._news = True
        return self.desk.acknowledge(identifier, by, comment, now)

    def absorb(self, poll: Poll) -> Sensors | None:
        """Takes in one poll; returns what the store must learn of its sensors, if anything."""
        poll = _with_finite(poll)
        health = self.devices[poll.device]
        sighting = health.absorb(poll)
        self._polled.add(poll.device)
        self.metrics.put_poll(poll, health)
        seen = (*sighting.new, *sighting.moved.values())
        gone = tuple(sighting.moved)
        return Sensors(poll.device, poll.protocol, seen, poll.started_at, gone) if seen else None

    def retire(self, wanted: Retirement, now: datetime) -> list[Sensors]:
        """Forgets sensors that are no longer reported; returns what the store must forget.

        Raises `RetirementError` when there is nothing to retire.
        """
        health = self.devices.get(wanted.device)
        chosen = to_retire(health, wanted)
        assert health is not None
        for protocol, sensors in chosen.items():
            health.retire(protocol, sensors)
        self._polled.add(wanted.device)
        return [
            Sensors(wanted.device, protocol, (), now, tuple(sensors))
            for protocol, sensors in chosen.items()
        ]

    @property
    def has_news(self) -> bool:
        """Whether something was concluded since the last snapshot that it does not show."""
        return self._news or bool(self._changed) or self._alerts.behind

    def note(self, event: Event) -> None:
        """Takes in an event that the store has accepted."""
        if event.kind in FINDINGS:
            self._found = [*self._found[-MOST_FINDINGS:], event]
            self._stand()
        elif event.kind is EventKind.INCIDENT:
            self._last_incident = max(self._last_incident or event, event, key=lambda one: one.at)
            self._news = True

    def look(self, elapsed_s: float, now: datetime) -> list[Transition]:
        """Draws the conclusions from all that is known, `elapsed_s` after the look before."""
        self._assess()
        transitions = self.desk.look(self._scene(now), elapsed_s, now)
        self._news = self._news or bool(transitions)
        self._renew_views(now)
        return transitions

    @property
    def incident(self) -> Incident | None:
        """What people have declared, until they end it."""
        return incident_of(self._last_incident)

    def outlook(self, devices: Iterable[str], now: datetime) -> Outlook:
        """What a change of these devices would find and leave; all are in the inventory."""
        self._assess()
        return outlook(self._scene(now), self.topology, self.observer, devices, self.incident)

    def _stand(self) -> None:
        """What the last events say; worked out when one comes, not at every look."""
        self._drifted = standing(self._found, EventKind.DRIFT)
        self.metrics.put_drift(latest(self._found, EventKind.DRIFT))
        self._discovered = standing(self._found, EventKind.DISCOVERY)

    def _scene(self, now: datetime) -> Scene:
        """What alert conditions look at."""
        assert self._assessment is not None
        return Scene(
            self.center,
            self.devices,
            self._states,
            self._assessment,
            self._upstream,
            now,
            self._drifted,
            self._discovered,
        )

    def snapshot(self, engine: EngineView, now: datetime, *, partial: bool = False) -> Snapshot:
        """What is known now; a partial one holds the devices changed since the one before."""
        assert self._assessment is not None
        self._sequence += 1
        alerts = self._alerts.of(self.desk, self._scene(now))
        self.metrics.put_overview(self._assessment, alerts, engine)
        self.metrics.put_incident(self.incident)
        for name in self._asked:
            self._show(name)
        names = self._changed | self._asked if partial else self._views.keys()
        devices = {name: self._views[name] for name in self._views if name in names}
        self._changed, self._asked = set(), set()
        self._news = False
        return Snapshot(
            center=CenterView(self.center.name, self.center.title, self.center.timezone),
            taken_at=now,
            sequence=self._sequence,
            engine=engine,
            devices=devices,
            groups=view_margins(self.center, self._assessment.groups),
            functions=view_margins(self.center, self._assessment.functions),
            alerts=alerts,
            incident=self.incident,
            partial=partial,
        )

    def continue_from(self, older: "Watch") -> None:
        """Takes over what an older inventory's watch has learned of devices that are still here."""
        for name, health in self.devices.items():
            before = older.devices.get(name)
            for protocol in health.protocols.values() if before else ():
                assert before is not None
                known = before.protocols.get(protocol.protocol)
                if known is not None:
                    known.follow(protocol)
                    health.protocols[protocol.protocol] = known
                    if known.last is not None:
                        self.metrics.put_poll(known.last, health)
        self.desk.occurrences = dict(older.desk.occurrences)
        self._found = list(older._found)
        self._last_incident = older._last_incident
        self._stand()
        self._sequence = older._sequence

    def _assess(self) -> None:
        states = self._elements.states(self.devices)
        if self._assessment is None or states != self._states:
            self._states = states
            self._assessment = self.topology.assess(states, self.observer)

    def _renew_views(self, now: datetime) -> None:
        assert self._assessment is not None
        for name, status in self._assessment.devices.items():
            known = self._shown.get(name)
            if name not in self._polled and known is not None and known.status == status:
                continue
            standing = _Standing.of(self.devices.get(name), status)
            if standing == known:
                self._asked.add(name)
            else:
                self._shown[name] = standing
                self._changed.add(name)
                self._show(name)
        for health in self.devices.values():
            self.metrics.put_freshness(health, now)
        self._polled = set()

    def _show(self, name: str) -> None:
        assert self._assessment is not None
        device, status = self.center.devices[name], self._assessment.devices[name]
        view = view_device(device, self.devices.get(name), status, self._parts)
        self._views[name] = view
        self.metrics.put_view(view)


class _Standing(NamedTuple):
    """All that a device's view is made of, but for when it was asked and what it measures."""

    status: DeviceStatus
    judged: int
    polls: tuple[tuple[bool, Problem | None, int, bool], ...]

    @classmethod
    def of(cls, health: DeviceHealth | None, status: DeviceStatus) -> "_Standing":
        if health is None:
            return cls(status, 0, ())
        polls = [
            (p.last is None, p.last.problem if p.last else None, p.failures, p.succeeded is None)
            for p in health.protocols.values()
        ]
        return cls(status, health.judged, tuple(polls))


def _with_finite(poll: Poll) -> Poll:
    """Neither JSON nor people can do anything with others: their sensors count as absent."""
    readings = poll.readings
    if isinstance(readings, Readings) and _all_finite(readings.values):
        return poll
    return replace(poll, readings=Readings.of([r for r in readings if isfinite(r.value)]))


def _all_finite(values: Sequence[float]) -> bool:
    # The sum, which is quick, is finite only if all are; of finite ones, it may still overflow.
    return isfinite(sum(values)) or all(map(isfinite, values))

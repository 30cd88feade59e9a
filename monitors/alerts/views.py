"""How open alerts are shown: each with its impact on the room, its facts and what it hides."""

from collections.abc import Iterator, Mapping

from inventory.elements import Element
from inventory.topology import Health, Topology
from monitors.alerts.definition import Definition, FactWanted
from monitors.alerts.desk import AlertDesk
from monitors.alerts.findings import said
from monitors.alerts.life import Occurrence
from monitors.protocol_health import ProtocolHealth
from monitors.readings import Readings
from monitors.scene import Scene
from monitors.sensors import kind_of
from monitors.snapshot import AlertView, Fact, ImpactView

MOST_FACTS = 12
MOST_REMEMBERED = 512
MOST_WEIGHED = 3
"""New impacts that one snapshot works out. Each costs tens of milliseconds, in which the engine
does nothing else; when a whole side of the room fails, the others follow in the next snapshots."""


_Weighed = tuple[Element, int]
"""A failed element, and the hash of all the states with which its impact was worked out."""


class AlertViews:
    """Remembers impacts between looks, since they change only with the topology's states."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology
        self._known: dict[_Weighed, tuple[ImpactView, ...]] = {}
        self._last: dict[Element, tuple[ImpactView, ...]] = {}
        self._states: Mapping[Element, Health] = {}
        self._hash = 0
        self._left = 0
        self.behind = False
        """Whether some impacts are of an earlier moment, and the next snapshot goes on."""

    def of(self, desk: AlertDesk, scene: Scene) -> tuple[AlertView, ...]:
        """Every open alert, pending ones too: by priority, then the oldest first."""
        if scene.states is not self._states:  # which nobody changes: others take their place
            self._states = scene.states
            self._hash = hash(frozenset(scene.states.items()))
        self._left, self.behind = MOST_WEIGHED, False
        # What nothing is known of comes first, and of that the most urgent.
        urgent = sorted(
            desk.occurrences.values(),
            key=lambda o: (o.element in self._last, desk.priority(o.key), o.since, o.id),
        )
        views = [self._view(desk, occurrence, scene) for occurrence in urgent]
        return tuple(sorted(views, key=lambda view: (view.priority, view.since, view.id)))

    def _view(self, desk: AlertDesk, occurrence: Occurrence, scene: Scene) -> AlertView:
        key = occurrence.key
        definition = desk.definitions[key.alert]
        hidden = desk.suppressed.get(key, ())
        return AlertView(
            id=occurrence.id,
            alert=key.alert,
            title=definition.title,
            priority=desk.priority(key),
            phase=occurrence.phase,
            device=key.device,
            component=key.component,
            summary=occurrence.summary,
            since=occurrence.since,
            fired_at=occurrence.fired_at,
            returned_at=occurrence.returned_at,
            acked_at=occurrence.acked_at,
            acked_by=occurrence.acked_by,
            comment=occurrence.comment,
            cause=occurrence.cause,
            impact=self._impact(occurrence, scene),
            suppressed=tuple(dict.fromkeys(f.key.device for f in hidden if f.key.device)),
            consequence=definition.consequence,
            action=definition.action,
            respond_within_s=desk.respond_within(key),
            runbook=definition.runbook,
            facts=tuple(_facts(definition, occurrence, scene))[:MOST_FACTS],
            flapping=desk.is_flapping(key),
        )

    def _impact(self, occurrence: Occurrence, scene: Scene) -> tuple[ImpactView, ...]:
        kind, _, name = occurrence.key.component.partition(":")
        if not occurrence.key.device:
            return _own_margin(scene, kind, name)
        if not occurrence.element:
            return ()
        element, at = occurrence.element, (occurrence.element, self._hash)
        if at not in self._known:
            if not self._left:
                self.behind = True
                return self._last.get(element, ())
            self._left -= 1
            for full in (self._known, self._last):
                if len(full) >= MOST_REMEMBERED:
                    full.clear()
            self._known[at] = self._weigh(element, scene)
        self._last[element] = self._known[at]
        return self._known[at]

    def _weigh(self, element: Element, scene: Scene) -> tuple[ImpactView, ...]:
        return tuple(
            ImpactView(
                "function" if impact.is_function else "group",
                impact.name,
                impact.title or impact.name,
                impact.before,
                impact.after,
            )
            for impact in self._topology.impact(element, scene.states)
        )


def _own_margin(scene: Scene, kind: str, name: str) -> tuple[ImpactView, ...]:
    """An alert about a function or group is its own impact: from its design to now."""
    of_functions = kind == "function"
    margins = scene.assessment.functions if of_functions else scene.assessment.groups
    margin = margins.get(name)
    if margin is None:
        return ()
    return (
        ImpactView(
            "function" if of_functions else "group",
            name,
            margin.title or name,
            margin.designed,
            margin.margin,
        ),
    )


def _facts(definition: Definition, occurrence: Occurrence, scene: Scene) -> Iterator[Fact]:
    device = occurrence.key.device
    if drift := scene.drifted.get((device, "")):
        yield Fact("drift", drift)
    health = scene.devices.get(device)
    for wanted in definition.facts if health else ():
        assert health is not None
        for protocol in health.protocols.values():
            yield from _wanted(wanted, protocol)


def _wanted(wanted: FactWanted, protocol: ProtocolHealth) -> Iterator[Fact]:
    poll = protocol.succeeded
    if poll is None:
        return
    for reading in Readings.of(poll.readings).of_class(wanted.reading):
        if not wanted.components or kind_of(reading.component) in wanted.components:
            yield Fact(reading.name, said(reading), poll.started_at)

"""Which alert conditions hold at one moment, on what, and what is behind each. Pure."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass

from inventory.elements import Element, owner_of
from inventory.model import Device, Kind
from inventory.topology import Health, Margin, Power
from monitors.alerts.conditions import (
    ComponentCondition,
    Condition,
    ElementCondition,
    EventCondition,
    MarginCondition,
    ReadingCondition,
    SilenceCondition,
)
from monitors.alerts.definition import Definition
from monitors.elements import element_of, on_battery
from monitors.health import DeviceHealth, Part
from monitors.protocol_health import ProtocolHealth
from monitors.quantity import quantity
from monitors.reading import Reading, SensorClass, State
from monitors.scene import Scene
from monitors.sensors import kind_of

_BAD = frozenset({State.WARNING, State.CRITICAL})


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What makes two findings the same alert."""

    alert: str
    device: str
    component: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One condition that holds now."""

    key: Key
    element: Element
    """What of the topology it is about; empty for what the topology does not know."""
    summary: str
    causes: tuple[Element, ...] = ()
    """Elements upstream that explain it; empty when it explains itself."""
    name: str = ""
    """What people call the part."""
    why: str = ""
    """The reason in the device's words, without the part's name."""
    classes: frozenset[SensorClass] = frozenset()
    """The classes of the readings that are bad."""


def said(reading: Reading) -> str:
    """A reading for people: the device's word for a state, else the value with its unit."""
    if reading.sensor_class is SensorClass.STATE:
        return reading.text or f"{reading.value:g}"
    return quantity(reading.value, reading.unit)


def find(definitions: Mapping[str, Definition], scene: Scene, held: Set[Key]) -> list[Finding]:
    """Every condition that holds; `held` names those that held before, for their deadbands."""
    found: dict[Key, Finding] = {}
    for definition in definitions.values():
        for condition in definition.when:
            for hit in _hits(definition.id, condition, scene, held):
                key = Key(definition.id, hit.device, hit.component)
                found.setdefault(key, _finding(definition, key, hit))
    return list(found.values())


def is_decidable(definition: Definition, key: Key, scene: Scene) -> bool:
    """Whether enough was read since the start to say that an alert's condition is gone."""
    if any(isinstance(condition, MarginCondition) for condition in definition.when):
        return scene.settled
    return scene.has_spoken(key.device)


@dataclass(frozen=True, slots=True)
class _Hit:
    device: str
    component: str = ""
    name: str = ""
    why: str = ""
    element: Element = ""
    causes: tuple[Element, ...] = ()
    classes: frozenset[SensorClass] = frozenset()


def _finding(definition: Definition, key: Key, hit: _Hit) -> Finding:
    summary = definition.summary.format(
        device=hit.device,
        component=hit.component,
        name=hit.name or hit.component or hit.device,
        why=hit.why,
    )
    return Finding(
        key, hit.element, summary.rstrip(" :"), hit.causes, hit.name, hit.why, hit.classes
    )


def _hits(alert: str, condition: Condition, scene: Scene, held: Set[Key]) -> Iterator[_Hit]:
    match condition:
        case MarginCondition():
            yield from _margins(condition, scene)
        case ElementCondition():
            yield from _elements(condition, scene)
        case EventCondition():
            yield from _events(condition, scene)
        case SilenceCondition():
            for device, health in _polled(condition, scene):
                yield from _silence(condition, scene, device, health)
        case ComponentCondition():
            for device, health in _polled(condition, scene):
                yield from _components(condition, scene, device, health)
        case ReadingCondition():
            for device, health in _polled(condition, scene):
                yield from _readings(alert, condition, device, health, held)


def _events(condition: EventCondition, scene: Scene) -> Iterator[_Hit]:
    found = scene.drifted if condition.event == "drift" else scene.discovered
    for (device, scope), why in found.items():
        yield _Hit(device, f"network:{scope}" if scope else "", why=why)


def _polled(condition: Condition, scene: Scene) -> Iterator[tuple[Device, DeviceHealth]]:
    for name, health in scene.devices.items():
        device = scene.center.devices[name]
        if condition.concerns(device.kind):
            yield device, health


def _elements(condition: ElementCondition, scene: Scene) -> Iterator[_Hit]:
    """One hit per device: which of its feeds is lost is said in the summary, not by two alerts."""
    hit: dict[str, list[Element]] = {}
    for element, health in sorted(scene.states.items()):
        kind = element.partition(":")[0] if ":" in element else "device"
        if health is Health.DOWN and kind == condition.element:
            hit.setdefault(owner_of(element), []).append(element)
    for name, elements in hit.items():
        device = scene.center.devices.get(name)
        if device is not None and condition.concerns(device.kind):
            yield _Hit(
                name,
                why=", ".join(elements),
                element=elements[0],
                causes=_behind(scene, device, elements[0]),
            )


def _silence(
    condition: SilenceCondition, scene: Scene, device: Device, health: DeviceHealth
) -> Iterator[_Hit]:
    if condition.silence == "refused" and not health.silent:
        yield from _refusals(device, health)
    if condition.silence == "silent" and health.silent:
        said = next(
            (
                p.last.problem.message
                for p in health.protocols.values()
                if p.last and p.last.problem
            ),
            "",
        )
        causes = _behind(scene, device, device.name)
        yield _Hit(device.name, why=said, element=device.name, causes=causes)


def _refusals(device: Device, health: DeviceHealth) -> Iterator[_Hit]:
    """One hit for each kind of problem: what has garbled one protocol has garbled the other."""
    failing: dict[str, list[ProtocolHealth]] = {}
    for protocol in health.protocols.values():
        if protocol.failing:
            problem = protocol.last.problem if protocol.last else None
            failing.setdefault(problem.kind if problem else "", []).append(protocol)
    for alike in failing.values():
        first, *others = alike
        said = first.last.problem.message if first.last and first.last.problem else ""
        also = f"; so does {', '.join(p.protocol for p in others)}" if others else ""
        yield _Hit(device.name, first.protocol, first.protocol, said + also)


def _components(
    condition: ComponentCondition, scene: Scene, device: Device, health: DeviceHealth
) -> Iterator[_Hit]:
    for part in health.bad_parts:
        if part.kind in condition.except_components:
            continue
        if condition.components and part.kind not in condition.components:
            continue
        if _is_missed(part) if condition.vanished else part.state in condition.states:
            element = element_of(device, health, part, scene.down)
            yield _Hit(
                device.name,
                part.id,
                _name_missed(part) if condition.vanished else part.name or part.id,
                part.text,
                element,
                _behind_part(scene, device, health, part, element),
                _bad_classes(health, part),
            )


def _bad_classes(health: DeviceHealth, part: Part) -> frozenset[SensorClass]:
    bad = (r for r in health.bad_readings if r.component == part.id and r.state in _BAD)
    return frozenset(r.sensor_class for r in bad)


def _is_missed(part: Part) -> bool:
    """A part that is gone, or of which a sensor is: a part that has failed says enough itself."""
    return part.vanished or bool(part.missing and part.state is State.UNKNOWN)


def _name_missed(part: Part) -> str:
    return part.name or part.id if part.vanished else ", ".join(part.missing[:3])


def _readings(
    alert: str,
    condition: ReadingCondition,
    device: Device,
    health: DeviceHealth,
    held: Set[Key],
) -> Iterator[_Hit]:
    for reading in health.of_class(condition.reading):
        if condition.components and kind_of(reading.component) not in condition.components:
            continue
        component = reading.component or reading.name
        before = Key(alert, device.name, component) in held
        if condition.holds(reading.value, reading.state, held_before=before):
            yield _Hit(
                device.name,
                component,
                reading.name,
                said(reading),
                classes=frozenset({reading.sensor_class}),
            )


def _margins(condition: MarginCondition, scene: Scene) -> Iterator[_Hit]:
    if condition.margin == "function":
        margins = list(scene.assessment.functions.values())
    else:
        margins = [
            margin
            for name, margin in scene.assessment.groups.items()
            # What a lost feed does to one device is the business of the alert on that feed.
            if not name.startswith(("feeds:", "uplinks:"))
        ]
    for margin in margins:
        if _is_in(condition, margin):
            component = f"{condition.margin}:{margin.name}"
            causes = _roots(scene, margin.causes)
            why = ", ".join(causes[:5]) or "for reasons above it"
            yield _Hit("", component, margin.title or margin.name, why, "", causes)


def _roots(scene: Scene, causes: tuple[Element, ...]) -> tuple[Element, ...]:
    """The causes, each replaced by what is behind it, if something is."""
    roots: dict[Element, None] = {}
    for element in causes:
        device = scene.center.devices[owner_of(element)]
        roots |= dict.fromkeys(_behind(scene, device, element) or (element,))
    return tuple(roots)


def _is_in(condition: MarginCondition, margin: Margin) -> bool:
    if condition.state == "outage":
        return not margin.in_service
    return margin.in_service and margin.margin == 0 < margin.designed


def _behind(scene: Scene, device: Device, element: Element) -> tuple[Element, ...]:
    """What upstream explains that an element is down; empty when it is the root itself."""
    status = scene.assessment.devices
    if element.startswith(("supply:", "feed:")):
        return _behind_feeds(scene, device, element)
    cause = status[device.name].cause
    lost = not status[device.name].reachable or status[device.name].power is Power.LOST
    return (cause,) if lost and cause and owner_of(cause) != device.name else ()


def _behind_part(
    scene: Scene, device: Device, health: DeviceHealth, part: Part, element: Element
) -> tuple[Element, ...]:
    """As `_behind`; and a battery that empties does so because of the feed that is lost."""
    if device.kind is Kind.UPS and part.kind == "battery" and on_battery(health):
        feeds = (f"feed:{device.name}/{feed}" for feed in device.feeds)
        return tuple(feed for feed in feeds if scene.states.get(feed) is Health.DOWN)
    return _behind(scene, device, element) if element else ()


def _behind_feeds(scene: Scene, device: Device, element: Element) -> tuple[Element, ...]:
    """What is wrong with the source of a lost feed or of a supply without input."""
    for number, feed in enumerate(device.feeds, 1):
        if element not in (f"feed:{device.name}/{feed}", f"supply:{device.name}/{number}"):
            continue
        for part in (f"outlet:{feed}", feed.device):
            if scene.states.get(part) is Health.DOWN:
                return (part,)
        source = scene.assessment.devices[feed.device]
        if source.power is Power.LOST and source.cause:
            return (source.cause,)
    return ()

"""How one device, group or function is shown: what was read joined with what follows from it."""

from collections.abc import Mapping
from sys import intern

from inventory.model import Center, Device
from inventory.topology import DeviceStatus, Health, Margin
from monitors.health import DeviceHealth, Part
from monitors.probe import Identity
from monitors.protocol_health import ProtocolHealth
from monitors.reading import State, worst
from monitors.snapshot import ComponentView, DeviceView, MarginView, PollView


class PartViews:
    """The components of each device, made anew only when its parts have changed."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[tuple[Part, ...], tuple[ComponentView, ...]]] = {}

    def of(self, health: DeviceHealth) -> tuple[ComponentView, ...]:
        """The components of one device; the same object as long as they are what they were."""
        parts = health.parts
        known = self._known.get(health.name)
        if known is None or known[0] is not parts:
            known = self._known[health.name] = (parts, tuple(map(_view_part, parts)))
        return known[1]


def view_device(
    device: Device,
    health: DeviceHealth | None,
    status: DeviceStatus,
    parts: PartViews | None = None,
) -> DeviceView:
    """One device, without readings; `health` is None when nobody polls it.

    `parts` remembers from view to view. A view outlives the readings of which it is made.
    """
    parts = parts or PartViews()
    return DeviceView(
        name=device.name,
        id=device.id,
        kind=device.kind,
        title=device.title,
        model=device.model,
        rack=device.rack or "",
        units=device.units,
        place=device.place,
        monitored=health is not None,
        state=_state(health, status),
        health=status.health,
        power=status.power,
        reachable=status.reachable,
        in_service=status.in_service,
        cause=status.cause,
        identity=health.identity if health else Identity(),
        polls=tuple(_view_poll(p) for p in health.protocols.values()) if health else (),
        components=parts.of(health) if health else (),
    )


def view_margins(center: Center, margins: Mapping[str, Margin]) -> dict[str, MarginView]:
    """Groups or functions, by name."""
    return {name: _view_margin(center, margin) for name, margin in margins.items()}


def _state(health: DeviceHealth | None, status: DeviceStatus) -> State:
    """What a device says of itself counts; of one that is not polled, whether it is in service."""
    if status.health is Health.DOWN:
        return State.CRITICAL
    if health is None:
        return State.OK if status.in_service else State.UNKNOWN
    return worst(health.state, State.UNKNOWN if status.health is Health.UNKNOWN else State.OK)


def _view_poll(protocol: ProtocolHealth) -> PollView:
    last, succeeded = protocol.last, protocol.succeeded
    problem = last.problem if last else None
    return PollView(
        protocol=protocol.protocol,
        interval_s=protocol.interval_s,
        at=last.started_at if last else None,
        duration_s=last.duration_s if last else 0.0,
        succeeded_at=succeeded.started_at if succeeded else None,
        fresh_until=protocol.fresh_until,
        problem_kind=problem.kind if problem else None,
        problem=problem.message if problem else "",
        failures=protocol.failures,
        partial=last is not None and last.partial,
        silent=protocol.silent,
    )


def _view_part(part: Part) -> ComponentView:
    return ComponentView(
        id=part.id,
        kind=intern(part.kind),
        name=part.name or part.id or "device",
        state=part.state,
        since=part.since,
        text=part.text,
        vanished=part.vanished,
    )


def _view_margin(center: Center, margin: Margin) -> MarginView:
    function = center.functions.get(margin.name)
    group = center.groups.get(margin.name)
    return MarginView(
        name=margin.name,
        title=margin.title or margin.name,
        in_service=margin.in_service,
        margin=margin.margin,
        designed=margin.designed,
        assured=margin.assured,
        priority=function.priority if function else 5,
        critical=margin.critical,
        causes=margin.causes,
        derived=group.derived if group and not function else False,
    )

"""What it takes to forget a sensor: somebody says that a part was taken out for good. Pure."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from inventory.errors import WatchfloorError
from monitors.alerts.store import Sensors
from monitors.events import Event, EventKind
from monitors.health import DeviceHealth
from monitors.reading import SensorClass
from monitors.sensors import SensorKey


class RetirementError(WatchfloorError):
    """There is nothing to retire."""


@dataclass(frozen=True, slots=True)
class MissingSensor:
    """A sensor that was seen once and is no longer reported, or whose part is gone."""

    device: str
    protocol: str
    component: str
    sensor_class: SensorClass
    name: str


class Retirement(BaseModel):
    """Who retires what, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: Annotated[str, StringConstraints(min_length=1, max_length=63)]
    component: Annotated[str, StringConstraints(max_length=200)] = ""
    """Empty: every part of the device that is no longer reported."""
    by: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    reason: Annotated[str, StringConstraints(max_length=500)] = ""


def retirement_event(wanted: Retirement, gone: Sequence[Sensors], at: datetime) -> Event:
    """What is kept of it for the auditor."""
    parts = sorted({key.component for record in gone for key in record.gone})
    return Event(
        id=f"retirement-{uuid.uuid4()}",
        kind=EventKind.RETIREMENT,
        at=at,
        actor=wanted.by,
        device=wanted.device,
        payload={
            "summary": f"retired {', '.join(parts)}"[:300],
            "sensors": [
                f"{key.component} {key.sensor_class} {key.name}" for r in gone for key in r.gone
            ],
            "reason": wanted.reason,
        },
    )


def missing_of(devices: Iterable[DeviceHealth]) -> list[MissingSensor]:
    """The missing sensors of all devices."""
    return [
        MissingSensor(health.name, protocol, key.component, key.sensor_class, key.name)
        for health in devices
        for protocol, keys in missing_sensors(health).items()
        for key in keys
    ]


def missing_sensors(health: DeviceHealth) -> dict[str, list[SensorKey]]:
    """Protocol -> sensors that were seen once: no longer reported, or of a part that is gone."""
    found = {name: sorted(protocol.missing) for name, protocol in health.protocols.items()}
    return {name: keys for name, keys in found.items() if keys}


def to_retire(health: DeviceHealth | None, wanted: Retirement) -> dict[str, list[SensorKey]]:
    """Protocol -> the sensors that are meant.

    What is still reported cannot be retired: it would be back with the next poll.

    Raises `RetirementError` with one line when nothing is meant.
    """
    if health is None:
        raise RetirementError(f"{wanted.device}: is not monitored; `watchfloor sensors` lists")
    missing = missing_sensors(health)
    chosen = {
        name: kept
        for name, keys in missing.items()
        if (kept := [key for key in keys if wanted.component in ("", key.component)])
    }
    if chosen:
        return chosen
    what = f"{wanted.device} {wanted.component}".strip()
    if health.is_expected(wanted.component):
        raise RetirementError(f"{what}: the inventory expects it; say otherwise there first")
    if wanted.component and any(part.id == wanted.component for part in health.parts):
        raise RetirementError(f"{what}: is still reported; take the part out first")
    if wanted.component and missing:
        others = ", ".join(sorted({key.component for keys in missing.values() for key in keys}))
        raise RetirementError(f"{what}: no such part is missing; missing are: {others}")
    raise RetirementError(f"{what}: nothing is missing, so there is nothing to retire")

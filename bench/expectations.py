"""What another tool made of a recording: the sensors that the JSON beside it expects."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitors.reading import SensorClass, State

_TO_BASE_UNIT: dict[str, float] = {
    "humidity": 0.01,
    "charge": 0.01,
    "load": 0.01,
    "percent": 0.01,
    "runtime": 60,
    "power_consumed": 3.6e6,
    "pressure": 1000,
    "airflow": 0.3048**3 / 60,
    "waterflow": 0.001 / 60,
}
"""The files' unit of a class in our base unit; 1 where it stands for nothing."""
_CLASSES = frozenset(SensorClass)
_SEVERITIES = {0: State.OK, 1: State.WARNING, 2: State.CRITICAL, 3: State.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Expected:
    """One sensor that should be found."""

    oid: str
    sensor_class: SensorClass
    name: str
    value: float | None
    """In the base unit; None where the file does not say."""
    state: State | None
    """The severity of a state; None for numbers, and for values that the file does not grade."""


@dataclass(frozen=True, slots=True)
class Expectations:
    """Everything that one file expects."""

    sensors: tuple[Expected, ...]
    foreign: int
    """Sensors of classes that Watchfloor does not have."""


def load_expectations(path: Path) -> Expectations:
    """Reads one JSON file; what has no sensors expects none."""
    module = json.loads(path.read_text()).get("sensors", {})
    discovered = module.get("discovery", {})
    states = _states(discovered.get("state_indexes", []))
    polled = _polled(module.get("poller"))
    sensors: dict[tuple[str, str, str], Expected] = {}
    foreign = 0
    for row in discovered.get("sensors", []):
        if row["sensor_class"] not in _CLASSES:
            foreign += 1
            continue
        # States of texts are told apart by their index alone.
        key = (row["sensor_oid"], row["sensor_class"], str(row["sensor_index"]))
        sensors[key] = _expected({**row, **polled.get(key, {})}, states)
    return Expectations(tuple(sensors.values()), foreign)


def _states(rows: list[dict[str, Any]]) -> dict[tuple[str, float], State]:
    return {
        (row["state_name"], float(row["state_value"])): _SEVERITIES.get(
            row["state_generic_value"], State.UNKNOWN
        )
        for row in rows
    }


def _polled(module: object) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Values that a later poll has changed; a text says that none has."""
    if not isinstance(module, dict):
        return {}
    return {
        (row["sensor_oid"], row["sensor_class"], str(row["sensor_index"])): row
        for row in module.get("sensors", [])
    }


def _expected(row: dict[str, Any], states: dict[tuple[str, float], State]) -> Expected:
    current = row["sensor_current"]
    value = None if current is None else float(current)
    state = None
    if row["sensor_class"] == "state" and value is not None:
        state = states.get((row["state_name"], value))
    elif value is not None:
        value *= _TO_BASE_UNIT.get(row["sensor_class"], 1)
    return Expected(
        oid=row["sensor_oid"].lstrip("."),
        sensor_class=SensorClass(row["sensor_class"]),
        name=row["sensor_descr"],
        value=value,
        state=state,
    )

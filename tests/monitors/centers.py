"""Small centers and polls for tests of the monitor: plain words in, the real models out."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from inventory.model import Center, Device, Function, Group, Kind
from inventory.references import FeedRef, Need, UplinkRef
from monitors.probe import Poll, Problem, ProblemKind
from monitors.reading import UNITS, Reading, SensorClass, State

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """So many seconds after the test's beginning."""
    return START + timedelta(seconds=seconds)


def device(name: str, kind: str, feeds: Iterable[str] = (), uplinks: Iterable[str] = ()) -> Device:
    return Device(
        name=name,
        id=name,
        kind=Kind(kind),
        feeds=tuple(FeedRef.model_validate(feed) for feed in feeds),
        uplinks=tuple(UplinkRef.model_validate(uplink) for uplink in uplinks),
    )


def center(
    *devices: Device,
    groups: Mapping[str, tuple[int, Iterable[str]]] | None = None,
    functions: Mapping[str, Iterable[str]] | None = None,
) -> Center:
    return Center(
        name="tiny",
        title="Tiny center",
        timezone="UTC",
        interval_s=30,
        on_delay_s=60,
        devices={d.name: d for d in devices},
        groups={
            name: Group(name=name, title=name.title(), needs=needs, of=tuple(members))
            for name, (needs, members) in (groups or {}).items()
        },
        functions={
            name: Function(name=name, title=name.title(), needs=tuple(Need(name=n) for n in needs))
            for name, needs in (functions or {}).items()
        },
    )


def small_center() -> Center:
    """Two of everything that matters, and a switch from which two servers hang."""
    return center(
        device("utility", "utility"),
        device("ups-a", "ups", ["utility"]),
        device("gen-1", "generator"),
        device("ups-b", "ups", ["gen-1"]),
        device("pdu-a", "pdu", ["ups-a"]),
        device("pdu-b", "pdu", ["ups-b"]),
        device("sw-a", "switch", ["pdu-a/1", "pdu-b/1"]),
        device("sw-b", "switch", ["pdu-a/2", "pdu-b/2"]),
        device("srv-1", "server", ["pdu-a/5", "pdu-b/5"], ["sw-a/Gi1/0/1", "sw-b/Gi1/0/1"]),
        device("srv-2", "server", ["pdu-a/6", "pdu-b/6"], ["sw-b/Gi1/0/2"]),
        device("mon-1", "server", ["pdu-a/7", "pdu-b/7"], ["sw-a/Gi1/0/7", "sw-b/Gi1/0/7"]),
        groups={"cad": (1, ["srv-1", "srv-2"])},
        functions={"dispatch": ["cad"]},
    )


def reading(
    component: str = "",
    state: State = State.OK,
    *,
    sensor_class: SensorClass = SensorClass.STATE,
    name: str = "",
    value: float = 1.0,
    text: str = "",
    oid: str = "1.3.6.1",
) -> Reading:
    return Reading(
        sensor_class,
        name or component or "device",
        value,
        UNITS[sensor_class],
        state,
        component,
        oid,
        "test",
        text or state.value,
    )


def poll(
    device_name: str,
    *readings: Reading,
    seconds: float = 0.0,
    problem: ProblemKind | None = None,
    protocol: str = "snmp",
) -> Poll:
    return Poll(
        device_name,
        protocol,
        at(seconds),
        0.1,
        readings,
        problem=Problem(problem, f"{problem} on purpose") if problem else None,
    )

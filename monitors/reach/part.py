"""Which part of a device a check speaks for, and how its answers become readings. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from inventory.model import Device, Kind
from inventory.reach import (
    Check,
    HttpCheck,
    Limits,
    NtpCheck,
    PingCheck,
    RtspCheck,
    TcpCheck,
    TlsCheck,
    locate,
)
from monitors.reading import UNITS, Reading, SensorClass, State

PROTOCOL = "reach"
_VITAL = {(Kind.CAMERA, "rtsp"), (Kind.CLOCK, "ntp"), (Kind.LINK, "icmp")}
"""Whose failure means that a device of the kind does not do its work."""


@dataclass(frozen=True, slots=True)
class Part:
    """The part that one check speaks for."""

    component: str
    """`stream:live`, `path:icmp`."""
    name: str
    """What people call it."""
    word: str
    """The check's word, `rtsp`."""

    def stated(self, name: str, value: float, state: State, text: str) -> Reading:
        """A state."""
        return self._reading(SensorClass.STATE, name, value, state, text)

    def measured(
        self, sensor_class: SensorClass, name: str, value: float, state: State = State.OK
    ) -> Reading:
        """A value in the base unit."""
        return self._reading(sensor_class, name, value, state, "")

    def answers(self, text: str, state: State = State.OK) -> Reading:
        """That the check brought an answer."""
        return self.stated(self.name, 1.0, state, text)

    def fails(self, text: str, state: State = State.CRITICAL) -> Reading:
        """That it brought none, or a wrong one."""
        return self.stated(self.name, 0.0, state, text)

    def _reading(
        self, sensor_class: SensorClass, name: str, value: float, state: State, text: str
    ) -> Reading:
        return Reading(
            sensor_class=sensor_class,
            name=name,
            value=value,
            unit=UNITS[sensor_class],
            state=state,
            component=self.component,
            oid=f"{PROTOCOL}:{self.word}",
            profile=PROTOCOL,
            text=text,
        )


def part_of(check: Check) -> Part:
    """The part that a check speaks for; different for any two checks of a device."""
    component, name = _described(check)
    return Part(component, check.title or name, check.word)


def _described(check: Check) -> tuple[str, str]:
    match check:
        case PingCheck():
            far = "" if check.icmp is True else str(check.icmp)
            return f"path:{far or 'icmp'}", f"Echo of {far}" if far else "Echo"
        case TcpCheck():
            return f"service:tcp-{check.tcp}", f"TCP port {check.tcp}"
        case TlsCheck():
            return f"certificate:{check.tls}", f"TLS port {check.tls}"
        case HttpCheck():
            return f"service:{_slug(check.http)}", f"Web {check.http}"
        case RtspCheck():
            target = locate(check.rtsp, "rtsp").target
            shown = target.partition("?")[0] if check.rtsp.startswith("/") else check.rtsp
            return f"stream:{_slug(check.rtsp)}", f"Stream {shown}"
        case NtpCheck():
            return "time:ntp", "NTP"


def _slug(url: str) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "-", url).strip("-") or "root"


def vital_parts(device: Device) -> frozenset[str]:
    """The components without which the device does not do its work."""
    return frozenset(
        part_of(check).component
        for check in device.monitoring.reach
        if (check.vital if check.vital is not None else (device.kind, check.word) in _VITAL)
    )


def graded(value: float, limits: Limits) -> State:
    """The state of a value of which more is worse."""
    if limits.critical is not None and value >= limits.critical:
        return State.CRITICAL
    if limits.warning is not None and value >= limits.warning:
        return State.WARNING
    return State.OK


def graded_down(value: float, limits: Limits) -> State:
    """The state of a value of which less is worse."""
    if limits.critical is not None and value <= limits.critical:
        return State.CRITICAL
    if limits.warning is not None and value <= limits.warning:
        return State.WARNING
    return State.OK


def joined(readings: Iterable[Reading | None]) -> tuple[Reading, ...]:
    """The readings that there are."""
    return tuple(reading for reading in readings if reading is not None)

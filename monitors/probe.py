"""What every probe looks like to the engine: poll one device over one protocol, never raise."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from monitors.quantity import duration
from monitors.reading import Reading, State


class ProblemKind(StrEnum):
    """What the wire told apart when a poll failed."""

    SILENT = "silent"
    """No answer within the deadline."""
    MUTE = "mute"
    """The host is there, and this protocol gives no answer: a credential or access list that is
    met with silence, or a dead agent."""
    CLOSED = "closed"
    """The host answered that the port is closed (ICMP port unreachable, TCP reset)."""
    UNREACHABLE = "unreachable"
    """A router or the own host said that there is no way to the address."""
    CREDENTIAL = "credential"
    """The device named the user, key or password as wrong."""
    GARBAGE = "garbage"
    """Something answered that is not the protocol."""
    FAILED = "failed"
    """The device answered with an error of its own, or our side failed."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a poll brought nothing, or only a part."""

    kind: ProblemKind
    message: str
    """One line for people: what was seen and where to look. Never holds a secret."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a device says it is; empty where it does not say."""

    name: str = ""
    description: str = ""
    object_id: str = ""
    vendor: str = ""
    model: str = ""
    serial: str = ""
    firmware: str = ""
    uptime_s: float | None = None

    def after(self, uptime_s: float | None) -> "Identity":
        """The same device at another moment; for every poll, so without `dataclasses.replace`."""
        return Identity(
            self.name,
            self.description,
            self.object_id,
            self.vendor,
            self.model,
            self.serial,
            self.firmware,
            uptime_s,
        )


@dataclass(frozen=True, slots=True)
class Pace:
    """How an agent is asked, as far as polls have taught it."""

    repetitions: int
    """Values that are asked for at once (SNMP max-repetitions); 0: one row at a time (GETNEXT)."""
    timeout_s: float
    """Until a request is sent again."""
    round_trip_s: float | None = None
    """Smoothed, RFC 6298; None before it was measured."""


@dataclass(frozen=True, slots=True)
class Poll:
    """One poll of one device over one protocol."""

    device: str
    protocol: str
    """`snmp`, `ipmi`, `pjlink`, `ssh`, …"""
    started_at: datetime
    """UTC."""
    duration_s: float
    readings: Sequence[Reading] = ()
    identity: Identity = field(default_factory=Identity)
    problem: Problem | None = None
    """None when all was read. With readings beside it, the answer was partial."""
    settling: bool = False
    """The device has just started: what it does not show may still come."""
    pace: Pace | None = None
    """How it was asked, where that is learned."""

    @property
    def partial(self) -> bool:
        """Whether some of what the profile asks for was read and some was not."""
        return self.problem is not None and bool(self.readings)


class Probe(Protocol):
    """Reads one device over one protocol. Made once per device; keeps its session between polls."""

    @property
    def device(self) -> str:
        """The device's name in the inventory."""

    @property
    def protocol(self) -> str:
        """The protocol's short name, as in `Poll.protocol`."""

    async def poll(self) -> Poll:
        """Polls once within the probe's own deadline. Failures are `Poll.problem`, not raised."""

    async def close(self) -> None:
        """Ends the session, if any. Safe to call twice."""


class LogEntry(Protocol):
    """One entry of a log that a device keeps itself. A frozen value: equal entries are one."""

    @property
    def at(self) -> datetime | None:
        """By the device's own clock; None where it did not know the time."""

    @property
    def sensor(self) -> str:
        """What it is about, in the device's words; may be empty."""

    @property
    def text(self) -> str:
        """What happened, in one line."""

    @property
    def state(self) -> State:
        """How bad the device thinks that is."""


@dataclass(frozen=True, slots=True)
class Restarted:
    """A log entry that a probe makes itself: the device has started anew."""

    at: datetime | None
    """When it started, as far as its uptime tells."""
    before_s: float | None
    """Its uptime when it was last seen before."""
    now_s: float | None
    """Its uptime now."""
    sensor: str = ""
    state: State = State.OK

    @property
    def text(self) -> str:
        """What happened, in one line."""
        words = [("up", self.now_s), ("before that", self.before_s)]
        known = [f"{word} {duration(seconds)}" for word, seconds in words if seconds is not None]
        return ", ".join(["restarted", *known])


@runtime_checkable
class KeepsLog(Protocol):
    """A probe that reads the device's own log as it polls."""

    def take_events(self) -> Sequence[LogEntry]:
        """What polls have found that is new since the last call, oldest first."""

"""What a simulated device answers when it is asked from outside: streams, time, echoes, web."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from watchfloor.simulate.circuit import CircuitFaults, SimulatedCircuit
from watchfloor.simulate.streams import SimulatedStreams, StreamFaults
from watchfloor.simulate.time_server import SimulatedTimeServer, TimeFaults
from watchfloor.simulate.web import DAYS, SimulatedWeb, WebFaults

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Services:
    """Which services a device has; every port is any free one."""

    host: str = "127.0.0.1"
    echo: bool = False
    time: bool = False
    streams: tuple[str, ...] = ()
    """Paths of video streams."""
    user: str = ""
    password: str | None = field(default=None, repr=False)
    """Of the streams."""
    web: tuple[str, ...] = ()
    """Endpoints of one web page over TLS: `http-8443`, `tls-8443`."""


class RunningServices:
    """The simulators of a device's services."""

    def __init__(self, name: str, services: Services) -> None:
        host = services.host
        self.circuit = SimulatedCircuit(host=host) if services.echo else None
        self.clock = SimulatedTimeServer(host=host) if services.time else None
        self.web = SimulatedWeb(name, host=host) if services.web else None
        self.streams = (
            SimulatedStreams(
                services.streams, host=host, user=services.user, password=services.password
            )
            if services.streams
            else None
        )
        self._services = services

    @property
    def words(self) -> Iterator[str]:
        """What its faults are chosen by."""
        if self.circuit is not None:
            yield "circuit"
        if self.clock is not None:
            yield "time"
        if self.web is not None:
            yield "web"
        if self.streams is not None:
            yield "stream"

    async def start(self, stack: AsyncExitStack) -> None:
        """Starts every simulator; the stack ends them."""
        for simulator in (self.circuit, self.clock, self.web, self.streams):
            if simulator is not None:
                await stack.enter_async_context(simulator)

    def addresses(self) -> Mapping[str, Address]:
        """Endpoint (`rtsp-554`, `ntp`, `icmp`, `http-8443`) to where it answers."""
        found: dict[str, Address] = {}
        if self.circuit is not None:
            found["icmp"] = self.circuit.address
        if self.clock is not None:
            found["ntp"] = self.clock.address
        if self.streams is not None:
            found["rtsp-554"] = self.streams.address
        if self.web is not None:
            found |= dict.fromkeys(self._services.web, self.web.address)
        return found

    def restore(self) -> None:
        """Takes every fault away."""
        if self.circuit is not None:
            self.circuit.faults = CircuitFaults()
        if self.clock is not None:
            self.clock.faults = TimeFaults()
        if self.streams is not None:
            self.streams.faults = StreamFaults()
        if self.web is not None:
            self.web.faults = WebFaults()
            self.web.show_certificate(DAYS)

    def on_the_wire(self, *, silence: bool, delay_s: float, garbage: bytes | None) -> None:
        """One misbehaviour on all of them."""
        for simulator in (self.circuit, self.clock, self.web, self.streams):
            if simulator is not None:
                faults = simulator.faults
                faults.silence, faults.delay_s, faults.garbage = silence, delay_s, garbage

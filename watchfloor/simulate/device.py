"""A simulated device as data, and the same device while its simulators run."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from watchfloor.simulate.bmc import BmcFaults, SimulatedBmc
from watchfloor.simulate.display import DisplayState
from watchfloor.simulate.families import Instance, family_recording
from watchfloor.simulate.fru import Fru
from watchfloor.simulate.pjlink import DisplayFaults, SimulatedDisplay
from watchfloor.simulate.services import RunningServices, Services
from watchfloor.simulate.snmp_agent import SnmpAgent, SnmpFaults
from watchfloor.simulate.usm import SimulatedUser

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class SnmpService:
    """An agent of one family; port 0 takes any free port."""

    family: str
    host: str = "127.0.0.1"
    port: int = 0
    community: str | None = field(default=None, repr=False)
    users: tuple[SimulatedUser, ...] = ()
    instance: Instance | None = None
    """None names the agent after its device and leaves the rest as recorded."""


@dataclass(frozen=True, slots=True)
class IpmiService:
    """A BMC."""

    user: str
    password: str = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 0
    cipher_suites: tuple[int, ...] = (3, 17)


@dataclass(frozen=True, slots=True)
class PjlinkService:
    """A display's control port."""

    password: str | None = field(default=None, repr=False)
    host: str = "127.0.0.1"
    port: int = 0


@dataclass(frozen=True, slots=True)
class SimulatedDevice:
    """One device of the center, and what feeds it."""

    name: str
    kind: str
    feeds: tuple[str, ...] = ()
    """`device` or `device/outlet`, in the order of its power supplies."""
    uplinks: tuple[str, ...] = ()
    """The devices above it in the network; when all of them are dead, nothing reaches it."""
    snmp: SnmpService | None = None
    ipmi: IpmiService | None = None
    pjlink: PjlinkService | None = None
    services: Services = field(default_factory=Services)
    """What it answers when it is asked from outside."""


class RunningDevice:
    """A device's simulators. A device without any is only a place in the power paths."""

    def __init__(self, device: SimulatedDevice) -> None:
        self.device = device
        self.agent = _agent(device)
        self.bmc = _bmc(device)
        self.display = _display(device)
        self.services = RunningServices(device.name, device.services)

    @property
    def family(self) -> str:
        """The family of its recording; empty when it speaks no SNMP."""
        return self.device.snmp.family if self.device.snmp is not None else ""

    @property
    def families(self) -> frozenset[str]:
        """What its faults are chosen by: its recording's family, `bmc`, `display`, `stream`, …"""
        spoken = {self.family: self.agent, "bmc": self.bmc, "display": self.display}
        own = {name for name, simulator in spoken.items() if simulator is not None}
        return frozenset({*own, *self.services.words})

    async def start(self, stack: AsyncExitStack) -> None:
        """Starts every simulator; the stack ends them."""
        for simulator in (self.agent, self.bmc, self.display):
            if simulator is not None:
                await stack.enter_async_context(simulator)
        await self.services.start(stack)

    def addresses(self) -> Mapping[str, Address]:
        """Protocol (`snmp`, `ipmi`, `pjlink`, `ntp`, `rtsp-554`) to where it is spoken."""
        simulators = {"snmp": self.agent, "ipmi": self.bmc, "pjlink": self.display}
        own = {name: each.address for name, each in simulators.items() if each is not None}
        return {**own, **self.services.addresses()}

    def restore(self) -> None:
        """Takes every fault away."""
        self.services.restore()
        if self.agent is not None:
            self.agent.restore()
            _reset(self.agent.faults, SnmpFaults())
        if self.bmc is not None:
            self.bmc.restore()
            _reset(self.bmc.faults, BmcFaults())
        if self.display is not None:
            _reset(self.display.state, DisplayState(name=self.device.name))
            _reset(self.display.faults, DisplayFaults())

    def on_the_wire(
        self, *, silence: bool = False, delay_s: float = 0.0, garbage: bytes | None = None
    ) -> None:
        """One misbehaviour on all its protocols."""
        self.services.on_the_wire(silence=silence, delay_s=delay_s, garbage=garbage)
        for simulator in (self.agent, self.bmc, self.display):
            if simulator is not None:
                faults = simulator.faults
                faults.silence, faults.delay_s, faults.garbage = silence, delay_s, garbage


def _agent(device: SimulatedDevice) -> SnmpAgent | None:
    snmp = device.snmp
    if snmp is None:
        return None
    recording = family_recording(snmp.family, snmp.instance or Instance(device.name))
    return SnmpAgent(
        recording, host=snmp.host, port=snmp.port, community=snmp.community, users=snmp.users
    )


def _bmc(device: SimulatedDevice) -> SimulatedBmc | None:
    ipmi = device.ipmi
    if ipmi is None:
        return None
    return SimulatedBmc(
        host=ipmi.host,
        port=ipmi.port,
        user=ipmi.user,
        password=ipmi.password,
        cipher_suites=ipmi.cipher_suites,
        fru=Fru(asset_tag=device.name),
    )


def _display(device: SimulatedDevice) -> SimulatedDisplay | None:
    pjlink = device.pjlink
    if pjlink is None:
        return None
    state = DisplayState(name=device.name)
    return SimulatedDisplay(
        host=pjlink.host, port=pjlink.port, password=pjlink.password, state=state
    )


def _reset(current: object, fresh: object) -> None:
    """Sets every field back, in place: the simulator holds on to the object."""
    for name in getattr(type(fresh), "__dataclass_fields__", {}):
        setattr(current, name, getattr(fresh, name))

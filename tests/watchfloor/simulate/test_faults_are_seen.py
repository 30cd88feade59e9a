"""No fault that people can inject goes unseen: every fault of every family, through real probes."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from monitors.ipmi.client import IpmiClient
from monitors.ipmi.probe import IpmiProbe
from monitors.ipmi.target import IpmiTarget
from monitors.pjlink.probe import PjlinkProbe
from monitors.pjlink.target import PjlinkTarget
from monitors.probe import Poll, Probe
from monitors.profiles.library import shipped
from monitors.reading import Reading, State
from monitors.snmp.engine import SnmpEngine
from monitors.snmp.probe import SnmpProbe
from monitors.snmp.target import Community, SnmpTarget
from watchfloor.simulate.device import (
    IpmiService,
    PjlinkService,
    RunningDevice,
    SimulatedDevice,
    SnmpService,
)
from watchfloor.simulate.families import FAMILIES, port_names
from watchfloor.simulate.faults import FAULTS
from watchfloor.simulate.gear import Gear

USER, PASSWORD = "watch", "simulated"
BMC, DISPLAY = "bmc", "display"
UNSEEN: Mapping[str, str] = {
    "rebooted": "a restart shows in the uptime alone, which is part of the identity",
    "running": "a generator that runs is no failure; its values change, its state is ok",
}
"""Faults that change no state, each with its reason."""
BAD = frozenset({State.WARNING, State.CRITICAL})


@dataclass(frozen=True)
class Secret:
    """A password as targets want it."""

    value: str = field(repr=False)

    def get_secret_value(self) -> str:
        return self.value


def device_of(family: str) -> SimulatedDevice:
    if family == BMC:
        return SimulatedDevice("gear", "server", ipmi=IpmiService(USER, PASSWORD))
    if family == DISPLAY:
        return SimulatedDevice("gear", "display", pjlink=PjlinkService(PASSWORD))
    return SimulatedDevice("gear", "device", snmp=SnmpService(family, community="public"))


def ports_up(family: str) -> list[str]:
    """The ports that a family's recording shows as working, so that they can go down."""
    running = RunningDevice(device_of(family))
    assert running.agent is not None
    recording = running.agent.recording
    names = {
        row.name[-1]: bytes(row.value).decode()
        for row in recording.under("1.3.6.1.2.1.31.1.1.1.1")
        if isinstance(row.value, bytes)
    }
    up = {row.name[-1] for row in recording.under("1.3.6.1.2.1.2.2.1.8") if row.value == 1}
    kinds = {row.name[-1]: row.value for row in recording.under("1.3.6.1.2.1.2.2.1.3")}
    return [name for number, name in names.items() if number in up and kinds[number] == 6]


def arguments(fault: str, family: str) -> list[str]:
    argument = FAULTS[fault].argument
    if argument == "port":
        return ports_up(family)[:1]
    if argument == "outlet":
        return ["1"]
    if argument == "output":
        return ["", "DP-2"]
    if argument == "tile":
        return ["", "cam-lobby"]
    if " or " in argument:
        return argument.split(" or ")
    assert not argument, f"{fault}: say here what stands for {argument}"
    return [""]


def cases() -> Iterator[tuple[str, str]]:
    for family in (*FAMILIES, BMC, DISPLAY):
        running = RunningDevice(device_of(family))
        for name, fault in FAULTS.items():
            if fault.fits(running) and name not in UNSEEN:
                for what in arguments(name, family):
                    yield family, f"{name}={what}" if what else name


@asynccontextmanager
async def probe_of(family: str, address: tuple[str, int]) -> AsyncIterator[Probe]:
    """A probe with deadlines so short that slowness shows at once."""
    host, port = address
    if family == BMC:
        client = IpmiClient()
        target = IpmiTarget(
            "gear", host, USER, Secret(PASSWORD), port, timeout_s=0.4, deadline_s=3.0
        )
        probe: Probe = IpmiProbe(client, target)
        yield probe
        await probe.close()
        await client.close()
    elif family == DISPLAY:
        yield PjlinkProbe(
            PjlinkTarget(
                "gear", host, port, Secret(PASSWORD),
                timeout_s=0.5, deadline_s=1.5, expected_on=True,
            )
        )  # fmt: skip
    else:
        async with SnmpEngine() as engine:
            snmp = SnmpTarget(
                "gear", host, port, Community("public"), timeout_s=0.4, retries=0, deadline_s=3.0
            )
            yield SnmpProbe(engine, snmp, shipped(), expected=port_names(family))


def states(poll: Poll) -> dict[tuple[str, str], tuple[State, float]]:
    """What would be seen of each reading; a number alone is not a state."""
    return {(r.sensor_class, r.name): (r.state, _word(r)) for r in poll.readings}


def _word(reading: Reading) -> float:
    return reading.value if reading.unit == "state" else 0.0


@pytest.mark.parametrize(("family", "fault"), list(cases()), ids=str)
async def test_a_fault_shows_in_a_state_or_as_a_problem(family: str, fault: str) -> None:
    async with Gear([device_of(family)]) as gear:
        (address,) = gear.addresses().values()
        async with probe_of(family, address) as probe:
            before = await probe.poll()
            assert before.problem is None
            gear.inject(f"gear:{fault}")
            after = await probe.poll()
            worse = [
                key
                for key, (state, word) in states(after).items()
                if (state, word) != states(before).get(key) and (state in BAD or word)
            ]
            assert after.problem is not None or worse, f"{family}: nobody sees {fault}"


@pytest.mark.parametrize("family", [*FAMILIES, BMC, DISPLAY])
async def test_gear_without_a_fault_is_well(family: str) -> None:
    async with Gear([device_of(family)]) as gear:
        (address,) = gear.addresses().values()
        async with probe_of(family, address) as probe:
            poll = await probe.poll()
    assert poll.problem is None
    expected = (
        set() if family in (BMC, DISPLAY) else set(port_names(family)) - set(ports_up(family))
    )
    bad = [
        r for r in poll.readings if r.state in BAD and r.component.partition(":")[2] not in expected
    ]
    assert bad == []

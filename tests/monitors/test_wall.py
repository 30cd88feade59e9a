"""A wall processor's faults, from its agent to the elements of the topology."""

import pytest

from inventory.topology import Health, Topology
from monitors.elements import ElementReader
from monitors.health import DeviceHealth
from monitors.profiles.library import shipped
from monitors.reading import State
from monitors.snmp.engine import SnmpEngine
from monitors.snmp.probe import SnmpProbe
from monitors.snmp.target import Community, SnmpTarget
from tests.monitors.centers import center, device
from watchfloor.simulate.device import SimulatedDevice, SnmpService
from watchfloor.simulate.errors import FaultError
from watchfloor.simulate.gear import Gear

WALL = SimulatedDevice(
    "wp-1", "wall-processor", snmp=SnmpService("wall-processor", community="public")
)


@pytest.mark.parametrize(
    ("fault", "part", "text", "out"),
    [
        ("frozen-tile", "vital_tile:cam-city-1", "frozen", True),
        ("frozen-tile=cam-lobby", "tile:cam-lobby", "frozen", False),
        ("dark-output=DP-3", "output:DP-3", "powered off", True),
        ("compositor-gone", "compositor:sway", "not running", True),
    ],
)
async def test_a_fault_of_the_wall_names_its_part(
    fault: str, part: str, text: str, out: bool
) -> None:
    site = center(device("wp-1", "wall-processor"), device("mon-1", "server"))
    reader = ElementReader(Topology(site), "mon-1")
    health = DeviceHealth("wp-1", {"snmp": 30.0})
    async with Gear([WALL]) as gear, SnmpEngine() as engine:
        host, port = gear.addresses()["wp-1/snmp"]
        probe = SnmpProbe(engine, SnmpTarget("wp-1", host, port, Community("public")), shipped())
        health.absorb(await probe.poll())
        assert reader.states({"wp-1": health}) == {}
        gear.inject(f"wp-1:{fault}")
        health.absorb(await probe.poll())
        bad = {p.id: p.text for p in health.parts if p.state is State.CRITICAL}
        assert bad == {part: text}
        assert reader.states({"wp-1": health}) == ({"wp-1": Health.DOWN} if out else {})
        gear.clear()
        for _ in range(2):  # a better state is believed after two polls
            health.absorb(await probe.poll())
        assert [p.id for p in health.bad_parts] == []


async def test_a_fault_of_what_the_wall_does_not_show_is_refused() -> None:
    async with Gear([WALL]) as gear:
        with pytest.raises(FaultError, match="it shows DP-1"):
            gear.inject("wp-1:frozen-tile=nowhere")

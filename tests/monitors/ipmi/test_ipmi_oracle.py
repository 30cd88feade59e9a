"""The readings of a real simulator, compared with what pyghmi reads from the same one."""

import json
import subprocess
import sys
from collections.abc import Callable

import pytest

from monitors.ipmi.discrete import state_of_health
from monitors.ipmi.transport import Address
from monitors.reading import SensorClass, State
from tests.monitors.ipmi import ipmi_sim, pyghmi_oracle
from tests.monitors.ipmi.conftest import MakeProbe
from tests.monitors.ipmi.ipmi_sim import IpmiSim

pytestmark = pytest.mark.gear

_UNITS = {"°C": "celsius", "RPM": "rpm", "V": "volts", "W": "watts", "%": "ratio"}


def pyghmi_reads(sim: IpmiSim) -> dict[str, dict[str, object]]:
    argv = [sys.executable, pyghmi_oracle.__file__, str(sim.port), ipmi_sim.USER, ipmi_sim.PASSWORD]
    done = subprocess.run(argv, capture_output=True, check=True, timeout=60)
    return {each["name"]: each for each in json.loads(done.stdout)}


def disturb(sim: IpmiSim) -> None:
    sim.set_value(ipmi_sim.INLET, 65)
    sim.set_value(ipmi_sim.FAN_1, 9)
    sim.set_states(ipmi_sim.PSU_2, 0, 3, able=range(4))
    sim.set_states(ipmi_sim.SUPPLIES, 1, able=range(4))


@pytest.mark.parametrize("change", [None, disturb], ids=["well", "disturbed"])
async def test_values_units_and_states_are_those_of_pyghmi(
    sim: IpmiSim, make_probe: MakeProbe, change: Callable[[IpmiSim], None] | None
) -> None:
    if change:
        change(sim)
    poll = await make_probe(sim.port).poll()
    assert poll.problem is None
    ours = {reading.name: reading for reading in poll.readings}
    theirs = pyghmi_reads(sim)
    for name, expected in theirs.items():
        if name == "Disk 3":
            assert ours[name].state is State.ABSENT
            continue
        reading = ours[name]
        assert reading.state is state_of_health(int(str(expected["health"]))), name
        if expected["value"] is None:
            assert reading.sensor_class is SensorClass.STATE
            continue
        unit = str(expected["units"]).strip()
        factor = 0.01 if unit == "%" else 1.0
        assert reading.unit == _UNITS[unit]
        assert reading.value == pytest.approx(float(str(expected["value"])) * factor, rel=1e-8)
    assert set(theirs) <= set(ours)


async def test_a_steady_poll_asks_little_more_than_the_sensors(
    sim: IpmiSim, make_probe: MakeProbe, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe = make_probe(sim.port)
    await probe.poll()
    sent: list[bytes] = []
    transport = probe._connection.link._transport
    real = transport.send

    def counting(address: Address, packet: bytes) -> None:
        sent.append(packet)
        real(address, packet)

    monkeypatch.setattr(transport, "send", counting)
    poll = await probe.poll()
    assert poll.problem is None
    assert len(sent) <= len(ipmi_sim.SERVER) + 3
